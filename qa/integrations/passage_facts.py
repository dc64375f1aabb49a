"""What other frameworks store beside the text of a passage."""

from typing import Any

from qa.types import PassageResult


def facts_of(passage: PassageResult) -> dict[str, Any]:
    """What is known about a passage and its article, as JSON values."""
    known = {
        "article_id": passage.article_id,
        **passage.metadata(),
        "published": passage.published.isoformat() if passage.published else None,
        "start": passage.start,
        "end": passage.end,
        "page": passage.page,
        "score": passage.score,
    }
    return {name: value for name, value in known.items() if value is not None}
