"""Questions in, answers with checked citations out.

import qa

articles = qa.open()                # nothing is kept; qa.open("folder") or qa.open("http://...")
articles.add("seeds/articles")      # files, folders, addresses, or {"text": "..."}
articles.ask("When was Binance.US admitted?")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qa.cited_answer import CitedAnswer
    from qa.python_api import AnswerStream, Articles, open
    from vectorstore.errors import UserError

__all__ = ["AnswerStream", "Articles", "CitedAnswer", "UserError", "open"]

_HOMES = {
    "AnswerStream": "qa.python_api",
    "Articles": "qa.python_api",
    "CitedAnswer": "qa.cited_answer",
    "UserError": "vectorstore.errors",
    "open": "qa.python_api",
}


def __getattr__(name: str) -> Any:
    """What is public, imported when it is first used: the packages beneath import this one."""
    if name not in _HOMES:
        raise AttributeError(f"module 'qa' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
