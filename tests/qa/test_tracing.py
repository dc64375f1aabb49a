"""Traces of a served question, as a collector receives them."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.openai_server import OpenAIServer, Say
from tests.qa.processes import finished, line_with, started

SECRET = "Where did the swordfish sit?"


class Collector:
    """Collects the spans that are sent to it."""

    def __init__(self) -> None:
        self.spans: list[Any] = []


@contextmanager
def collecting() -> Iterator[tuple[str, Collector]]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            request = ExportTraceServiceRequest.FromString(body)
            for resource in request.resource_spans:
                for scope in resource.scope_spans:
                    collector.spans += scope.spans
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", collector
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("recorded", [False, True])
def test_a_question_is_traced_and_recorded_only_if_asked_for(
    tmp_path: Path, recorded: bool
) -> None:
    (tmp_path / "cat.txt").write_text("The swordfish sat on the mat.")
    with (
        collecting() as (endpoint, collector),
        OpenAIServer([Say("The swordfish sat on the mat [1].")]) as model,
    ):
        settings = {
            "QA_OTEL_ENDPOINT": endpoint,
            "QA_MODEL": "openai:scripted",
            "QA_MODEL_BASE_URL": model.url,
            "QA_CHECKER": "rules",
            "QA_TRACE_QUESTIONS": str(recorded),
        }
        with started(tmp_path, "serve", "--port", "0", "--seed", "cat.txt", **settings) as server:
            url = line_with(server, "Article QA is at ").split()[-1]
            assert httpx.post(f"{url}/ask", json={"question": SECRET}, timeout=60).is_success
            server.terminate()
            assert finished(server)[0] == 0
    (asked,) = [span for span in collector.spans if span.name == "POST /ask"]
    spans = {span.name: span for span in collector.spans if span.trace_id == asked.trace_id}
    for name in ("rewrite", "retrieve", "answer", "chat scripted"):
        assert spans[name].parent_span_id == asked.span_id
    chat = {each.key: each.value for each in spans["chat scripted"].attributes}
    assert chat["gen_ai.provider.name"].string_value == "openai"
    assert chat["gen_ai.request.model"].string_value == "scripted"
    assert chat["gen_ai.usage.input_tokens"].int_value == 900
    assert (SECRET in str(collector.spans)) is recorded
