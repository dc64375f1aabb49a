"""GET /metrics: what the service does, as Prometheus metrics."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from qa.collections.service_pool import ServicePool
from qa.http.capacity import Capacity
from qa.http.loop_lag import LoopLag
from qa.http.problems import Problem
from qa.service import Service
from qa.types import Answer, Event, Question

router = APIRouter(include_in_schema=False)

SECONDS = (0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120)


class Metrics:
    """The counters of one application, and gauges that are read when requested."""

    def __init__(self, pool: ServicePool, capacity: Capacity) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_State(pool, capacity))
        self._requests = self._counter("requests", "Requests.", "method", "route", "status")
        self._seconds = self._histogram("request_seconds", "Time to respond.", "route")
        self._stages = self._histogram("stage_seconds", "Time of an answer's stages.", "stage")
        self._answers = self._counter("answers", "Answers.", "collection", "answerer", "outcome")
        self._fallbacks = self._counter(
            "fallbacks", "Answers that are extractive because the chat model failed."
        )
        self._sentences = self._counter("sentences", "Sentences, as checked.", "outcome")
        self._lag = self._histogram("event_loop_lag_seconds", "How late the event loop was.")
        self._tokens = self._counter("tokens", "Tokens of the chat model.", "direction")
        self._cost = self._counter("cost", "Cost of the chat model, by QA_MODEL_PRICES.")

    @asynccontextmanager
    async def watching_the_loop(self, app: object) -> AsyncIterator[None]:
        """The lifespan of an application, during which its event loop's lag is measured."""
        lag = LoopLag(self._lag.observe)
        try:
            yield
        finally:
            lag.stop()

    def responded(self, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def answered(self, service: Service, question: Question, answer: Answer) -> None:
        outcome = "answered" if answer.answered else "declined"
        self._answers.labels(service.info.name, answer.answerer, outcome).inc()
        wanted = question.answerer or service.answerers[-1]
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
        self, service: Service, question: Question, events: AsyncIterator[Event]
    ) -> AsyncIterator[Event]:
        """Passes the events on, counting the answer among them."""
        async for event in events:
            if isinstance(event, Answer):
                self.answered(service, question, event)
            yield event

    def _counter(self, name: str, documentation: str, *labels: str) -> Counter:
        return Counter(f"article_qa_{name}", documentation, labels, registry=self.registry)

    def _histogram(self, name: str, documentation: str, *labels: str) -> Histogram:
        return Histogram(
            f"article_qa_{name}", documentation, labels, registry=self.registry, buckets=SECONDS
        )


class _State(Collector):
    """The current state."""

    def __init__(self, pool: ServicePool, capacity: Capacity) -> None:
        self._pool = pool
        self._capacity = capacity

    def collect(self) -> Iterator[Metric]:
        yield from self._of_collections()
        spared = self._pool.default.vitals().model_is_spared
        yield GaugeMetricFamily(
            "article_qa_model_spared", "Whether the chat model is left alone.", float(spared)
        )
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

    def _of_collections(self) -> Iterator[Metric]:
        """Of the open ones: others are not opened just to be counted."""
        articles, passages, ready = (
            GaugeMetricFamily(f"article_qa_{name}", documentation, labels=["collection"])
            for name, documentation in (
                ("articles", "Articles in the index."),
                ("passages", "Passages in the index."),
                ("ready", "Whether it can answer."),
            )
        )
        lookups = CounterMetricFamily(
            "article_qa_cache_lookups",
            "Lookups in the cache of answers.",
            labels=["collection", "outcome"],
        )
        for name in self._pool.opened():
            with self._pool.if_open(name) as service:
                if service is None:  # closed meanwhile
                    continue
                readiness, vitals = service.readiness(), service.vitals()
            articles.add_metric([name], readiness.articles)
            passages.add_metric([name], readiness.passages)
            ready.add_metric([name], float(readiness.reason is None))
            lookups.add_metric([name, "hit"], vitals.cache_hits)
            lookups.add_metric([name, "miss"], vitals.cache_misses)
        yield from (articles, passages, ready, lookups)


@router.get("/metrics")
async def metrics(request: Request) -> Response:
    key = getattr(request.state, "key", None)
    if key is not None and key.collections is not None:
        raise Problem(403, "This key is for some collections only, and these numbers for all.")
    counted: Metrics = request.app.state.article_qa.metrics
    content = await run_in_threadpool(generate_latest, counted.registry)
    return Response(content, media_type=CONTENT_TYPE_PLAIN_0_0_4)
