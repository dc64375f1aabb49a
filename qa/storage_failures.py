"""Failures to write the index, as sentences: a full disk, a folder that is not writable."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vectorstore.errors import UserError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_DENIED = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})
_NEARLY_FULL = 1_000_000
"""Bytes. With less than this free, a failure to write is attributed to a full disk."""


class StorageFailed(UserError):
    """The index could not be written."""


@contextmanager
def told_as_sentences(folder: Path) -> Iterator[None]:
    """Raises StorageFailed for a failure to write the index in `folder`; others pass through."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        reason = storage_failure(error, folder)
        if reason is None:
            raise
        raise StorageFailed(reason) from error


def storage_failure(error: Exception, folder: Path) -> str | None:
    """A sentence if the error means that the index in `folder` could not be written, else None.

    Chroma's errors are recognised by their messages: their class says nothing.
    """
    words = str(error)
    is_ours = isinstance(error, sqlite3.Error | OSError) or "chromadb" in type(error).__module__
    if not is_ours:
        return None
    number = error.errno if isinstance(error, OSError) else None
    if number in _FULL or "disk is full" in words or "No space left" in words or _is_full(folder):
        return (
            f"The disk with the index in {folder} is full. What was added before is kept. Free "
            "some space, then do it again."
        )
    if number in _DENIED or "readonly database" in words or "read-only" in words.lower():
        return (
            f"The index in {folder} may not be written. Change its permissions, or choose another "
            "folder with QA_DATA."
        )
    return None


def _is_full(folder: Path) -> bool:
    try:
        return shutil.disk_usage(folder).free < _NEARLY_FULL
    except OSError:
        return False
