"""TAR archives, compressed or not."""

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from typing import IO, BinaryIO, cast

from vectorstore.readers.containers.expansion import Expansion, Member, TooMuchExpanded, Wanted
from vectorstore.readers.files import is_hidden, relative_name
from vectorstore.readers.parsed_article import Unreadable, UnreadableFileError

_TRUNCATED = (
    "It is not a complete TAR archive: it was cut off or damaged. What came before was read."
    " Download or copy it again."
)


class _Counted:
    """A stream whose bytes count as expanded, including those of members passed over."""

    def __init__(self, stream: IO[bytes], expansion: Expansion) -> None:
        self._stream = stream
        self._expansion = expansion

    def read(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._expansion.count(len(data))
        return data


def members_of_tar(
    file: BinaryIO, wanted: Wanted, expansion: Expansion
) -> Iterator[Member | Unreadable]:
    """Read as a stream: nothing after the current member is unpacked."""
    counted = cast(IO[bytes], _Counted(_decompressed(file), expansion))
    members = Expansion(expansion.max_bytes)  # their bytes are counted by the stream
    try:
        with tarfile.open(fileobj=counted, mode="r|") as archive:
            for entry in archive:
                expansion.count_member()
                name = relative_name(entry.name)
                if not entry.isreg() or name is None or is_hidden(name):
                    continue
                suffix, member = wanted(name), archive.extractfile(entry)
                if suffix is None or member is None:
                    continue
                try:
                    yield Member(name, suffix, members.read(cast(BinaryIO, member)))
                except TooMuchExpanded:
                    raise
                except UnreadableFileError as fault:
                    yield Unreadable(name, str(fault))
    except (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError, ValueError) as error:
        raise UnreadableFileError(_TRUNCATED) from error


def _decompressed(file: BinaryIO) -> IO[bytes]:
    start = file.read(6)
    file.seek(0)
    if start.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.GzipFile(fileobj=file))
    if start.startswith(b"BZh"):
        return bz2.BZ2File(file)
    if start.startswith(b"\xfd7zXZ\x00"):
        return lzma.LZMAFile(file)
    return file
