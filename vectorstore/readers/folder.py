"""The files of one folder, one at a time, with ids as if the folder were read as a whole."""

from collections.abc import Iterator
from pathlib import Path

from vectorstore.readers.article_reader import SUFFIXES, read_found
from vectorstore.readers.files import FoundFile, find_files
from vectorstore.readers.parsed_article import Unreadable
from vectorstore.types import Article


def file_versions(folder: Path) -> Iterator[tuple[str, str]]:
    """The name of each file that may hold articles, and a value that changes when the file does."""
    for found in find_files([folder], SUFFIXES):
        if isinstance(found, Unreadable):
            continue
        try:
            status = found.path.stat()
        except OSError:
            continue
        yield found.name, f"{status.st_mtime_ns} {status.st_size}"


def is_gone(folder: Path, name: str) -> bool:
    """Whether a file that `file_versions` named before is gone, not only out of reach for now."""
    try:
        (folder / name).lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return True


def read_in_folder(
    folder: Path, name: str, *, keep_all: bool = False
) -> list[Article | Unreadable]:
    """The articles in a file, given its name from `file_versions`."""
    return list(read_found(FoundFile(folder / name, name), keep_all=keep_all))
