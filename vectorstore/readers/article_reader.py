"""From paths, or from what was uploaded, to articles: each under an id of its own."""

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from vectorstore.readers.files import find_files, open_file, portable, shown, unknown_format, why
from vectorstore.readers.html_reader import read_html
from vectorstore.readers.json_reader import article_from, read_json, read_json_lines
from vectorstore.readers.markdown_reader import read_markdown
from vectorstore.readers.metadata import clean
from vectorstore.readers.parsed_article import (
    FormatReader,
    ParsedArticle,
    ReadFailure,
    Unreadable,
    UnreadableFileError,
)
from vectorstore.readers.text_reader import read_text
from vectorstore.readers.titles import shortened, title_of
from vectorstore.text.boilerplate import promotional_spans
from vectorstore.text.paragraphs import paragraph_spans
from vectorstore.types import Article, ArticleInfo, Span

MAX_BYTES = 100_000_000
"""The longest article that is read, unless told otherwise."""

_READERS: Mapping[str, FormatReader] = {
    ".txt": read_text,
    ".text": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json,
}

SUFFIXES = frozenset(_READERS)
"""The formats that are read, as the ends of file names in lower case."""


class Place(NamedTuple):
    """Where an article was read: a file, and the line or the position in it when it holds many."""

    where: str
    part: int | None = None

    def __str__(self) -> str:
        if self.part is None:
            return self.where
        unit = "article" if self.where.lower().endswith(".json") else "line"
        return f"{self.where}, {unit} {self.part}"


_LINE_END = re.compile(r"[\r\n]")
_EMPTY = "It is empty: nothing in it is prose."
_UNSTORABLE = (
    "Its text holds half of a surrogate pair (U+{:04X} at character {:,}), which cannot be stored."
    " Replace it."
)
_TAKEN = "Its id {!r} is taken by another article, {}. Give each an id or a URL of its own."


def read_articles(
    paths: Sequence[Path], *, max_bytes: int = MAX_BYTES
) -> Iterator[Article | Unreadable]:
    """The articles of files and folders, one after the other, and what was no article and why.

    Paths are read in the order given, a folder's files sorted by name. No two articles have the
    same id: a second one is Unreadable, or left out when its content is the same. Nothing that a
    file holds raises an error or keeps what comes after it from being read.
    """
    ids = _Ids()
    for found in find_files(paths, SUFFIXES):
        if isinstance(found, Unreadable):
            yield found
            continue
        where = shown(found.path)
        try:
            with open_file(found.path) as file:
                for read in _read(file, found.name, max_bytes):
                    place = Place(where, read.part)
                    yield from ids.admit(_article(read, found.name, place), place)
        except UnreadableFileError as fault:
            yield Unreadable(where, str(fault))
        except OSError as error:
            yield Unreadable(where, why(error))


def count_candidates(paths: Sequence[Path]) -> int:
    """How many files `read_articles` will open, or name as unreadable."""
    return sum(1 for _ in find_files(paths, SUFFIXES))


def parse_upload(
    name: str, data: bytes, *, max_bytes: int = MAX_BYTES
) -> Iterator[Article | Unreadable]:
    """The articles in a file that was sent under a name, as `read_articles` would read them.

    The name may have folders in it, with either slash; they become part of the id.
    """
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    where = portable(clean("/".join(parts)) or "upload")
    if _suffix(where) not in SUFFIXES:
        yield Unreadable(where, unknown_format(SUFFIXES))
        return
    ids = _Ids()
    try:
        for read in _read(io.BytesIO(data), where, max_bytes):
            place = Place(where, read.part)
            yield from ids.admit(_article(read, where, place), place)
    except UnreadableFileError as fault:
        yield Unreadable(where, str(fault))


def parse_record(
    value: object, *, where: str, fallback_id: str | None = None
) -> Article | Unreadable:
    """The article that a parsed JSON object is: `text`, and optional id, title and so on.

    Without an id or URL of its own it gets `fallback_id`; without that, one made from its text.
    """
    read = article_from(value, None)
    if fallback_id is None and isinstance(read, ParsedArticle):
        text = read.text.encode("utf-8", "surrogatepass")
        fallback_id = f"text-{blake2b(text, digest_size=8).hexdigest()}"
    return _article(read, fallback_id or "", Place(where))


def _read(file: BinaryIO, name: str, max_bytes: int) -> Iterator[ParsedArticle | ReadFailure]:
    return _READERS[_suffix(name)](file, max_bytes)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _article(read: ParsedArticle | ReadFailure, name: str, place: Place) -> Article | Unreadable:
    """What was read, made whole: its promotional lines skipped, its title and its id found."""
    if isinstance(read, ReadFailure):
        return Unreadable(str(place), read.reason)
    if (lone := _lone_surrogate(read.text)) is not None:
        return Unreadable(str(place), _UNSTORABLE.format(ord(read.text[lone]), lone))
    paragraphs = _outside(paragraph_spans(read.text, read.body), read.skipped)
    promotional = promotional_spans(read.text, paragraphs, after_date=read.dateline)
    prose = _outside(paragraphs, promotional)
    if not any(_has_words(read.text, paragraph) for paragraph in prose):
        return Unreadable(str(place), _EMPTY)
    fallback_id = name if read.part is None else f"{name}#{read.part}"
    title = shortened(read.title) if read.title else title_of(read.text, prose)
    info = ArticleInfo(
        id=read.id or read.url or fallback_id,
        title=clean(title) or fallback_id,
        published=read.published,
        source=read.source,
        author=read.author,
        url=read.url,
    )
    return Article(info, read.text, tuple(sorted((*read.skipped, *promotional))))


def _lone_surrogate(text: str) -> int | None:
    """Where the first character is that UTF-8 cannot express."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return error.start
    return None


def _outside(spans: Sequence[Span], skipped: Sequence[Span]) -> list[Span]:
    """The spans that do not lie wholly in a skipped one; both in order."""
    kept: list[Span] = []
    later = iter(skipped)
    skip = next(later, None)
    for span in spans:
        while skip is not None and skip.end <= span.start:
            skip = next(later, None)
        if skip is None or not (skip.start <= span.start and span.end <= skip.end):
            kept.append(span)
    return kept


def _has_words(text: str, span: Span) -> bool:
    return any(text[at].isalnum() for at in range(span.start, span.end))


class _Ids:
    """Which ids are taken, and where. Holds no text: there may be millions of articles."""

    def __init__(self) -> None:
        self._taken: dict[bytes, tuple[Place, bytes]] = {}

    def admit(self, article: Article | Unreadable, place: Place) -> Iterator[Article | Unreadable]:
        """The article if its id is free, nothing if the same one has it, else what is wrong."""
        if isinstance(article, Unreadable):
            yield article
            return
        key = blake2b(article.id.encode("utf-8"), digest_size=16).digest()
        content = bytes.fromhex(article.content_hash)[:16]
        if key not in self._taken:
            self._taken[key] = (place, content)
            yield article
            return
        first, first_content = self._taken[key]
        if content != first_content:
            yield Unreadable(str(place), _TAKEN.format(article.id, first))
