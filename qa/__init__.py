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
    from qa.receipts.receipt import Receipt
    from qa.receipts.receipt_file import save_receipt
    from vectorstore.errors import UserError

__all__ = [
    "AnswerStream",
    "Articles",
    "CitedAnswer",
    "Receipt",
    "UserError",
    "open",
    "save_receipt",
]

_HOMES = {
    "AnswerStream": "qa.python_api",
    "Articles": "qa.python_api",
    "CitedAnswer": "qa.cited_answer",
    "Receipt": "qa.receipts.receipt",
    "UserError": "vectorstore.errors",
    "open": "qa.python_api",
    "save_receipt": "qa.receipts.receipt_file",
}


def __getattr__(name: str) -> Any:
    """Import public names on first use, since the subpackages import this package."""
    if name not in _HOMES:
        raise AttributeError(f"module 'qa' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
