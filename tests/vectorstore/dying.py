"""A process that opens an index, starts an ingest, and waits at a named point to be killed.

python -m tests.vectorstore.dying POINT FOLDER
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.ingest import ingest
from vectorstore.store import Store


def wait_to_be_killed(point: str) -> None:
    print(point, flush=True)  # noqa: T201  # what the test waits for
    sys.stdin.readline()


def waiting(point: str, when: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def waits(*arguments: Any) -> Any:
        if when == "before":
            wait_to_be_killed(point)
        answer = method(*arguments)
        if when == "after":
            wait_to_be_killed(point)
        return answer

    return waits


def main(point: str, folder: Path) -> None:
    from tests.vectorstore.test_crashes import NEW

    embedder = HashingEmbedder()
    store = Store(folder, embedder)
    if point == "serving":
        store.serve_at("http://127.0.0.1:8123")
        wait_to_be_killed(point)
    elif point == "in the transaction":
        from vectorstore.catalog import publishing

        publishing._publish_paragraphs = waiting(point, "after", publishing._publish_paragraphs)
    elif point == "after the vectors":
        store.vectors.put = waiting(point, "after", store.vectors.put)  # type: ignore[method-assign]
    elif point == "after the transaction":
        store.vectors.delete = waiting(point, "before", store.vectors.delete)  # type: ignore[method-assign]
    elif point == "while embedding":
        embedder.embed = waiting(point, "before", embedder.embed)  # type: ignore[method-assign]
    ingest(store, NEW)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
