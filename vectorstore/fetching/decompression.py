"""Compressed response bodies, expanded no further than a limit."""

import zlib

_GZIP_OR_ZLIB = zlib.MAX_WBITS | 32


class TooLarge(Exception):
    """A body is larger than the limit."""


class Decompressor:
    """Expands a body piece by piece and counts the output, so that a bomb never fills memory."""

    def __init__(self, encoding: str | None, limit: int) -> None:
        """Raises ValueError for an encoding that cannot be read."""
        named = (encoding or "identity").strip().lower()
        if named not in ("identity", "gzip", "x-gzip", "deflate"):
            raise ValueError(named)
        self._zlib = None if named == "identity" else zlib.decompressobj(_GZIP_OR_ZLIB)
        self._limit = limit
        self._size = 0
        self._pieces: list[bytes] = []

    def feed(self, data: bytes) -> None:
        """Raises TooLarge, or zlib.error for data that is not compressed as declared."""
        if self._zlib is None:
            self._keep(data)
            return
        while data and not self._zlib.eof:
            self._keep(self._zlib.decompress(data, self._limit - self._size + 1))
            data = self._zlib.unconsumed_tail

    def finish(self) -> bytes:
        """The whole body. Raises zlib.error for one that was cut off."""
        if self._zlib is not None and not self._zlib.eof and self._size:
            raise zlib.error("incomplete")
        return self.beginning()

    def beginning(self) -> bytes:
        """What there is of the body so far, up to the limit."""
        return b"".join(self._pieces)

    def _keep(self, data: bytes) -> None:
        self._pieces.append(data[: self._limit - self._size])
        self._size += len(data)
        if self._size > self._limit:
            raise TooLarge
