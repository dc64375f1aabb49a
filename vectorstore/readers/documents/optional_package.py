"""Packages that not every installation has, and what is said if one is missing."""

import importlib
from types import ModuleType

from vectorstore.readers.parsed_article import UnreadableFileError

EXTRA = "documents"


def import_optional(package: str, what: str) -> ModuleType:
    """Import `package`, which reads `what`. Raises UnreadableFileError, naming the extra."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        raise UnreadableFileError(
            f"Reading {what} needs an optional package. Install it with"
            f" `pip install 'article-qa[{EXTRA}]'`, and add the file again."
        ) from error
