"""OpenTelemetry spans. Without `start_tracing` they cost nothing and go nowhere.

Names and attributes follow the conventions for HTTP and for generative AI. Questions and answers
are recorded only if asked for.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import propagate, trace
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from vectorstore.errors import UserError

_NAME = "article-qa"


class TracingUnavailable(UserError):
    """Traces cannot be sent."""


def start_tracing(endpoint: str) -> None:
    """Send spans to a collector that speaks OTLP over HTTP at `endpoint`, in the background.

    Raises TracingUnavailable if the extra is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TracingUnavailable(
            "QA_OTEL_ENDPOINT is set, but what sends traces is not installed: install "
            "article-qa[otel]."
        ) from error
    provider = TracerProvider(resource=Resource.create({"service.name": _NAME}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


@contextmanager
def step(name: str) -> Iterator[Span]:
    """A span around a block of code that never yields to its caller."""
    with trace.get_tracer(_NAME).start_as_current_span(name) as span:
        yield span


@contextmanager
def server_span(name: str, headers: Mapping[str, str]) -> Iterator[Span]:
    """The span of an HTTP request, a child of the one named in its headers."""
    context = propagate.extract(headers)
    with trace.get_tracer(_NAME).start_as_current_span(
        name, context=context, kind=SpanKind.SERVER
    ) as span:
        yield span


@contextmanager
def detached_step(name: str, kind: SpanKind = SpanKind.INTERNAL) -> Iterator[Span]:
    """A span around part of a generator. It is not made the current one: a generator may be closed
    in a different context from the one it started in."""
    span = trace.get_tracer(_NAME).start_span(name, kind=kind)
    try:
        yield span
    except Exception as error:
        span.set_status(Status(StatusCode.ERROR, type(error).__name__))
        raise
    finally:
        span.end()


@contextmanager
def chat_span(model: str) -> Iterator[Span]:
    """The span of one call of a chat model, such as openai:gpt-5-mini."""
    provider, _, name = model.partition(":")
    with detached_step(f"chat {name}", SpanKind.CLIENT) as span:
        span.set_attribute("gen_ai.operation.name", "chat")
        span.set_attribute("gen_ai.provider.name", provider)
        span.set_attribute("gen_ai.request.model", name)
        yield span
