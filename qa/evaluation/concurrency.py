"""How a service answers many clients at once."""

import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import httpx
import numpy as np
from prometheus_client.parser import text_string_to_metric_families

SECONDS_TO_ANSWER = 60.0
LAG = "article_qa_event_loop_lag_seconds"


@dataclass(frozen=True, slots=True)
class ConcurrencyResult:
    """What `clients` clients saw, each asking one question after another. Errors are responses
    other than 200, and requests that got none."""

    clients: int
    answers_per_second: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    errors: Counter[str]
    late: float
    """The share of the event loop's turns that were more than 50 ms late."""


def measure_clients(
    url: str, path: str, questions: Sequence[str], clients: int, seconds: float
) -> ConcurrencyResult:
    """Ask a running service at /ask or /search. It must serve /metrics."""
    late, turns = _turns(url)
    started = time.perf_counter()
    asking = [_Client(n, url, path, questions, started + seconds) for n in range(clients)]
    for each in asking:
        each.start()
    for each in asking:
        each.join()
    took = time.perf_counter() - started
    late_after, turns_after = _turns(url)
    times = np.array([each for client in asking for each in client.times])
    if not len(times):
        raise SystemExit("The service answered no question. Run `qa serve` to see why.")
    p50, p95, p99 = 1_000 * np.percentile(times, (50, 95, 99))
    errors = sum((each.errors for each in asking), Counter[str]())
    share = (late_after - late) / max(1, turns_after - turns)
    return ConcurrencyResult(clients, len(times) / took, p50, p95, p99, errors, share)


def _turns(url: str) -> tuple[float, float]:
    """How many turns of the event loop were more than 50 ms late, and how many there were."""
    text = httpx.get(f"{url}/metrics", timeout=SECONDS_TO_ANSWER, trust_env=False).text
    samples = {
        (sample.name, sample.labels.get("le")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith(LAG)
    }
    turns = samples[f"{LAG}_count", None]
    return turns - samples[f"{LAG}_bucket", "0.05"], turns


class _Client(threading.Thread):
    """Asks the questions in its own order until the time is up."""

    def __init__(self, number: int, url: str, path: str, questions: Sequence[str], until: float):
        super().__init__()
        self._url, self._path, self._until = url, path, until
        chance = random.Random(number)  # noqa: S311  # the same order every time
        self._questions = chance.sample(questions, len(questions))
        self.times: list[float] = []
        self.errors: Counter[str] = Counter()

    def run(self) -> None:
        with httpx.Client(base_url=self._url, timeout=SECONDS_TO_ANSWER, trust_env=False) as http:
            asked = 0
            while time.perf_counter() < self._until:
                question = self._questions[asked % len(self._questions)]
                asked += 1
                started = time.perf_counter()
                try:
                    response = self._send(http, question)
                except httpx.HTTPError as error:
                    self.errors[type(error).__name__] += 1
                    continue
                if response.is_success:
                    self.times.append(time.perf_counter() - started)
                else:
                    self.errors[str(response.status_code)] += 1

    def _send(self, http: httpx.Client, question: str) -> httpx.Response:
        if self._path == "/search":
            return http.get("/search", params={"q": question})
        return http.post("/ask", json={"question": question})
