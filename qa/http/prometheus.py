"""GET /metrics: what the service does, counted for Prometheus."""

from collections.abc import AsyncIterator, Iterator

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from qa.http.capacity import Capacity
from qa.service import Service
from qa.types import Answer, Event, Question

router = APIRouter(include_in_schema=False)

SECONDS = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120)


class Metrics:
    """The counts of one application, and gauges that are read when they are asked for."""

    def __init__(self, service: Service, capacity: Capacity) -> None:
        self._service = service
        self.registry = CollectorRegistry()
        self.registry.register(_State(service, capacity))
        self._requests = self._counter("requests", "Requests.", "method", "route", "status")
        self._seconds = self._histogram("request_seconds", "Time to respond.", "route")
        self._stages = self._histogram("stage_seconds", "Time of an answer's stages.", "stage")
        self._answers = self._counter("answers", "Answers.", "answerer", "outcome")
        self._fallbacks = self._counter(
            "fallbacks", "Answers that are extractive because the chat model failed."
        )
        self._sentences = self._counter("sentences", "Sentences, as checked.", "outcome")
        self._tokens = self._counter("tokens", "Tokens of the chat model.", "direction")
        self._cost = self._counter("cost", "Cost of the chat model, by QA_MODEL_PRICES.")

    def responded(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def answered(self, question: Question, answer: Answer) -> None:
        outcome = "answered" if answer.answered else "declined"
        self._answers.labels(answer.answerer, outcome).inc()
        wanted = question.answerer or self._service.answerers[-1]
        if answer.answerer != wanted:
            self._fallbacks.inc()
        for sentence in answer.sentences:
            self._sentences.labels(sentence.outcome).inc()
        self._tokens.labels("in").inc(answer.usage.input_tokens)
        self._tokens.labels("out").inc(answer.usage.output_tokens)
        self._cost.inc(answer.usage.cost or 0)
        for stage, milliseconds in answer.timings_ms.items():
            self._stages.labels(stage).observe(milliseconds / 1_000)

    async def observed(
        self, question: Question, events: AsyncIterator[Event]
    ) -> AsyncIterator[Event]:
        """The events; the answer among them is counted."""
        async for event in events:
            if isinstance(event, Answer):
                self.answered(question, event)
            yield event

    def _counter(self, name: str, documentation: str, *labels: str) -> Counter:
        return Counter(f"article_qa_{name}", documentation, labels, registry=self.registry)

    def _histogram(self, name: str, documentation: str, *labels: str) -> Histogram:
        return Histogram(
            f"article_qa_{name}", documentation, labels, registry=self.registry, buckets=SECONDS
        )


class _State(Collector):
    """What is the case at the moment."""

    def __init__(self, service: Service, capacity: Capacity) -> None:
        self._service = service
        self._capacity = capacity

    def collect(self) -> Iterator[Metric]:
        readiness = self._service.readiness()
        vitals = self._service.vitals()
        gauges = {
            "articles": ("Articles in the index.", readiness.articles),
            "passages": ("Passages in the index.", readiness.passages),
            "ready": ("Whether it can answer.", readiness.reason is None),
            "model_spared": ("Whether the chat model is left alone.", vitals.model_is_spared),
        }
        for name, (documentation, value) in gauges.items():
            yield GaugeMetricFamily(f"article_qa_{name}", documentation, float(value))
        lookups = CounterMetricFamily(
            "article_qa_cache_lookups", "Lookups in the cache of answers.", labels=["outcome"]
        )
        lookups.add_metric(["hit"], vitals.cache_hits)
        lookups.add_metric(["miss"], vitals.cache_misses)
        yield lookups
        taken = GaugeMetricFamily(
            "article_qa_in_progress", "Requests being worked on.", labels=["kind"]
        )
        most = GaugeMetricFamily(
            "article_qa_places", "The most that are worked on at once.", labels=["kind"]
        )
        for kind, places in self._capacity.places.items():
            taken.add_metric([kind], places.taken)
            most.add_metric([kind], places.most)
        yield taken
        yield most


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    counted: Metrics = request.app.state.article_qa.metrics
    content = await run_in_threadpool(generate_latest, counted.registry)
    return Response(content, media_type=CONTENT_TYPE_PLAIN_0_0_4)
