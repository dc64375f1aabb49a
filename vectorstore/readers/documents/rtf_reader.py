"""Rich Text Format: its text and notes, and the title and author that it states."""

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
_NOTE = re.compile(r"\{(?:\\\*\s?)?\\footnote(?![a-z])")
_BRACES = re.compile(r"\\[\\{}]|[{}]")
_CODE_PAGE = re.compile(r"\\ansicpg\d+")
_LINE_ENDS = re.compile(r"[^\S\n]*\n\s*")
_CELL_ENDS = re.compile(r"\s*\n\s*(?=\|)")


def read_rtf(file: BinaryIO, max_bytes: int) -> Iterator[ParsedArticle | ParseFailure]:
    """One article, with a blank line between paragraphs, and footnotes and endnotes at the end."""
    data = read_whole(file, max_bytes)
    if not data.lstrip().startswith(b"{\\rtf"):
        raise UnreadableFileError(_NOT_RTF)
    # RTF is ASCII; anything beyond it is in the writing program's code page, usually this one.
    source = data.decode("cp1252", "replace")
    about = {
        each["name"]: clean(_plain(f"{{\\rtf1 {each['value']}}}"))
        for each in _INFO.finditer(source[:_LONGEST_INFO])
    }
    code_page = _CODE_PAGE.search(source[:_LONGEST_INFO])
    head = f"{{\\rtf1\\ansi{code_page[0] if code_page else ''} "
    blocks = [_plain(source), *(_plain(f"{head}{note}}}") for note in _notes(source))]
    yield ParsedArticle(
        "\n\n".join(filter(None, map(_paragraphs, blocks))),
        FileMetadata(title=about.get("title") or "", author=about.get("author")),
    )


def _notes(source: str) -> Iterator[str]:
    """The footnotes and endnotes, which striprtf leaves out: the source inside their groups."""
    end = 0
    for note in _NOTE.finditer(source):
        if note.start() < end:
            continue
        depth = 1
        for brace in _BRACES.finditer(source, note.end()):
            depth += {"{": 1, "}": -1}.get(brace[0], 0)
            if depth == 0:
                end = brace.end()
                yield source[note.end() : brace.start()]
                break


def _paragraphs(text: str) -> str:
    return _LINE_ENDS.sub("\n\n", _CELL_ENDS.sub(" ", text)).strip()


def _plain(source: str) -> str:
    """Raises UnreadableFileError."""
    try:
        text: str = rtf_to_text(source, errors="replace")  # type: ignore[no-untyped-call]  # has no types
    except Exception as error:  # damaged RTF may fail anywhere; only that file is lost
        raise UnreadableFileError(_DAMAGED) from error
    # RTF writes characters beyond U+FFFF as surrogate pairs.
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
