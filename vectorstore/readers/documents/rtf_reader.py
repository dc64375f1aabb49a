"""Rich Text Format: its text, and the title and author that it states."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from striprtf.striprtf import rtf_to_text

from vectorstore.readers.metadata import FileMetadata, clean
from vectorstore.readers.parsed_article import (
    ParsedArticle,
    ParseFailure,
    UnreadableFileError,
    read_whole,
)

_NOT_RTF = "It does not begin as RTF does. If it is another format, give it that format's suffix."
_DAMAGED = "It is not valid RTF. Save it again, or save it as text."
_INFO = re.compile(r"\{\\(?P<name>title|author)\s(?P<value>(?:[^{}\\]|\\[^{}]|\\[{}])*)\}")
_LONGEST_INFO = 20_000
_LINE_ENDS = re.compile(r"[^\S\n]*\n\s*")
_CELL_ENDS = re.compile(r"\s*\n\s*(?=\|)")


def read_rtf(file: BinaryIO, max_bytes: int) -> Iterator[ParsedArticle | ParseFailure]:
    """One article, with a blank line between paragraphs."""
    data = read_whole(file, max_bytes)
    if not data.lstrip().startswith(b"{\\rtf"):
        raise UnreadableFileError(_NOT_RTF)
    # RTF is ASCII; what a program wrote beyond it is in its code page, most often this one.
    source = data.decode("cp1252", "replace")
    about = {
        each["name"]: clean(_plain(f"{{\\rtf1 {each['value']}}}"))
        for each in _INFO.finditer(source[:_LONGEST_INFO])
    }
    yield ParsedArticle(
        _LINE_ENDS.sub("\n\n", _CELL_ENDS.sub(" ", _plain(source))).strip(),
        FileMetadata(title=about.get("title") or "", author=about.get("author")),
    )


def _plain(source: str) -> str:
    """Raises UnreadableFileError."""
    try:
        text: str = rtf_to_text(source, errors="replace")  # type: ignore[no-untyped-call]  # has no types
    except Exception as error:  # damaged RTF may fail anywhere; only that file is lost
        raise UnreadableFileError(_DAMAGED) from error
    # RTF writes characters beyond U+FFFF as two halves.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
