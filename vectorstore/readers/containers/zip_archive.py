"""ZIP archives."""

import lzma
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from vectorstore.readers.containers.expansion import Expansion, Member, TooMuchExpanded, Wanted
from vectorstore.readers.files import is_hidden, relative_name
from vectorstore.readers.parsed_article import Unreadable, UnreadableFileError

_TRUNCATED = (
    "It is not a complete ZIP archive: it was cut off or damaged. Download or copy it again."
)
_ENCRYPTED = "It is encrypted with a password. Extract it, and add the extracted file."
_METHOD = "It is compressed in a way that cannot be read here. Extract it, and add the file."
_DAMAGED = "It is damaged inside the archive. Copy the archive again."
_ENCRYPTED_FLAG = 1

ZIP_ERRORS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)
"""What zipfile raises for an archive or a member that is damaged, encrypted, or compressed in a way
it does not know: NotImplementedError is a RuntimeError."""


def members_of_zip(
    file: BinaryIO, wanted: Wanted, expansion: Expansion
) -> Iterator[Member | Unreadable]:
    try:
        archive = zipfile.ZipFile(file)
    except ZIP_ERRORS as error:
        raise UnreadableFileError(_TRUNCATED) from error
    with archive:
        for entry in archive.infolist():
            expansion.count_member()
            name = relative_name(entry.filename)
            if name is None or entry.is_dir() or is_hidden(name):
                continue
            if (suffix := wanted(name)) is None:
                continue
            if entry.flag_bits & _ENCRYPTED_FLAG:
                yield Unreadable(name, _ENCRYPTED)
                continue
            try:
                with archive.open(entry) as member:
                    yield Member(name, suffix, expansion.read(member))  # type: ignore[arg-type]  # IO[bytes]
            except TooMuchExpanded:
                raise
            except UnreadableFileError as fault:
                yield Unreadable(name, str(fault))
            except NotImplementedError:
                yield Unreadable(name, _METHOD)
            except ZIP_ERRORS:
                yield Unreadable(name, _DAMAGED)
