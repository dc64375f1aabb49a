"""Finds the files to read: walks folders, and reports whatever cannot be opened."""

import os
import stat
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from vectorstore.readers.metadata import clean
from vectorstore.readers.parsed_article import Unreadable, UnreadableFileError

_OPEN = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)

INDEX = frozenset({"catalog.sqlite", "lock"})
"""Files that mark an index folder, whose other files are not articles either."""

_Identity = tuple[int, int]
"""Device and inode: the same for every name that a file or folder has."""


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to read. `name` is its path relative to the given folder, with forward slashes."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class _Waiting:
    path: Path
    name: str
    inside: tuple[_Identity, ...]
    """The folders that contain it."""


def find_files(
    paths: Sequence[Path], suffixes: Collection[str], *, follow_links: bool = False
) -> Iterator[FoundFile | Unreadable]:
    """The files in the order given, those in a folder sorted by name, each file once.

    Hidden files, other suffixes and indexes inside folders are ignored. Links are followed, but not
    into a loop, and not out of the given folder unless `follow_links`: write access to a folder
    must not be a way to have other files read.
    """
    seen: set[_Identity] = set()
    for path in paths:
        if supported_suffix(path.name, suffixes) or path.is_dir() or not os.path.lexists(path):
            yield from _walk(path, suffixes, seen, follow_links)
        else:
            yield Unreadable(shown(path), unknown_format(suffixes))


def _walk(
    given: Path, suffixes: Collection[str], seen: set[_Identity], follow_links: bool
) -> Iterator[FoundFile | Unreadable]:
    # A stack instead of recursion: folders can be nested deeper than Python can recurse.
    waiting = [_Waiting(given, "", ())]
    while waiting:
        here = waiting.pop()
        try:
            status = here.path.stat()
            identity = (status.st_dev, status.st_ino)
            if identity in here.inside:
                yield Unreadable(
                    shown(here.path),
                    "It is a link back to a folder that contains it, and is ignored.",
                )
            elif identity in seen:
                continue
            elif not follow_links and _leads_out(here.path, given):
                yield Unreadable(shown(here.path), _LEADS_OUT)
            elif stat.S_ISDIR(status.st_mode):
                seen.add(identity)
                waiting.extend(_entries(here, identity, suffixes))
            elif stat.S_ISREG(status.st_mode):
                seen.add(identity)
                yield FoundFile(here.path, portable(here.name or here.path.name))
            else:
                yield Unreadable(shown(here.path), _NOT_A_FILE)
        except (OSError, ValueError) as error:
            yield Unreadable(shown(here.path), why(error))


def _leads_out(path: Path, given: Path) -> bool:
    """Whether a path inside a given folder is a link to something outside it."""
    is_link = path != given and path.is_symlink()
    return is_link and not path.resolve().is_relative_to(given.resolve())


def _entries(folder: _Waiting, identity: _Identity, suffixes: Collection[str]) -> list[_Waiting]:
    """The files and folders in a folder that may hold articles, in reverse order."""
    with os.scandir(folder.path) as found:
        entries = sorted(found, key=lambda entry: entry.name, reverse=True)
    if folder.name and INDEX.issubset(entry.name for entry in entries):
        return []
    inside = (*folder.inside, identity)
    return [
        _Waiting(
            folder.path / entry.name,
            f"{folder.name}/{entry.name}" if folder.name else entry.name,
            inside,
        )
        for entry in entries
        if not entry.name.startswith(".")
        and (supported_suffix(entry.name, suffixes) or _may_be_folder(entry))
    ]


def _may_be_folder(entry: os.DirEntry[str]) -> bool:
    """False for what is surely no folder; what cannot be examined is reported when it is opened."""
    try:
        return entry.is_dir()
    except OSError:
        return True


def open_file(path: Path) -> BinaryIO:
    """Opens a file for reading.

    Raises OSError, or UnreadableFileError for a file that may never end.
    """
    descriptor = os.open(path, _OPEN)
    # Checked on the open file: another may have taken its place since it was found.
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise UnreadableFileError(_NOT_A_FILE)
    return os.fdopen(descriptor, "rb")


_LEADS_OUT = (
    "It is a link that leads out of the folder, and is ignored. Follow such links with "
    "--follow-links."
)
_NOT_A_FILE = "It is not a regular file, but a pipe, a socket or a device."


def unknown_format(suffixes: Collection[str]) -> str:
    return f"Its format is not supported. Supported are {', '.join(sorted(suffixes))}."


def why(error: OSError | ValueError) -> str:
    """Why a file could not be read, as a sentence."""
    if isinstance(error, FileNotFoundError):
        return "There is no such file. It was moved or removed, or it is a broken link."
    if isinstance(error, PermissionError):
        return "There is no permission to read it. Change its permissions, or leave it out."
    reason = getattr(error, "strerror", None) or str(error)
    return f"It could not be read: {reason}."


def shown(path: Path) -> str:
    """The path in a form that can be printed and stored, whatever bytes it contains."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def portable(name: str) -> str:
    """A relative path that is the same on every system: some decompose accented letters."""
    whole = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return unicodedata.normalize("NFC", whole)


def supported_suffix(name: str, suffixes: Collection[str]) -> str | None:
    """The longest suffix of a file name that is one of `suffixes`, in lower case.

    >>> supported_suffix("news/2022.TAR.GZ", {".gz", ".tar.gz"})
    '.tar.gz'
    """
    parts = PurePosixPath(name.lower()).suffixes
    for suffix in ("".join(parts[-2:]), "".join(parts[-1:])):
        if suffix in suffixes:
            return suffix
    return None


def relative_name(given: str) -> str | None:
    """A name from another machine as a relative path that stays in its folder; None if empty.

    >>> relative_name("/news/../../a.txt"), relative_name("./")
    ('news/a.txt', None)
    """
    parts = [part for part in given.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    name = clean("/".join(parts))
    return None if name is None else portable(name)


def is_hidden(name: str) -> bool:
    """Whether a file in an archive is hidden, or put there by macOS for its own use."""
    return any(part.startswith(".") or part == "__MACOSX" for part in name.split("/"))
