"""From paths, or from what was uploaded, to articles: each with an id of its own."""

import io
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from vectorstore.readers.files import find_files, open_file, portable, shown, unknown_format, why
from vectorstore.readers.html_reader import read_html
from vectorstore.readers.json_reader import parse_object, read_json, read_json_lines
from vectorstore.readers.markdown_reader import read_markdown
from vectorstore.readers.metadata import clean
from vectorstore.readers.parsed_article import (
    FormatReader,
    ParsedArticle,
    ParseFailure,
    Unreadable,
    UnreadableFileError,
)
from vectorstore.readers.text_reader import read_text
from vectorstore.readers.titles import shortened, title_of
from vectorstore.text.boilerplate import promotional_spans
from vectorstore.text.paragraphs import paragraph_spans
from vectorstore.types import Article, ArticleInfo, SkippedSpan, Span

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
"""The supported formats, as file name suffixes in lower case."""


class Place(NamedTuple):
    """Where an article was read: a file, and a line or position in a file that holds several."""

    where: str
    part: int | None = None

    def __str__(self) -> str:
        if self.part is None:
            return self.where
        unit = "article" if self.where.lower().endswith(".json") else "line"
        return f"{self.where}, {unit} {self.part}"


_EMPTY = "It is empty: nothing in it is prose."
_UNSTORABLE = (
    "Its text holds half of a surrogate pair (U+{:04X} at character {:,}), which cannot be stored."
    " Replace it."
)
_TAKEN = "Its id {!r} is taken by another article, {}. Give each an id or a URL of its own."


def read_articles(
    paths: Sequence[Path], *, keep_all: bool = False, max_bytes: int = MAX_BYTES
) -> Iterator[Article | Unreadable]:
    """The articles of files and folders, one after the other, and what could not be read and why.

    Paths are read in the order given, a folder's files sorted by name. No two articles have the
    same id: a second one is Unreadable, or left out if its content is the same. Nothing in a file
    raises an error or keeps what comes after it from being read.

    With `keep_all`, an article's metadata is skipped and nothing else.
    """
    ids = _Ids()
    for found in find_files(paths, SUFFIXES):
        if isinstance(found, Unreadable):
            yield found
            continue
        where = shown(found.path)
        try:
            with open_file(found.path) as file:
                for parsed in _parse(file, found.name, max_bytes):
                    place = Place(where, parsed.part)
                    yield from ids.admit(_article(parsed, found.name, place, keep_all), place)
        except UnreadableFileError as fault:
            yield Unreadable(where, str(fault))
        except OSError as error:
            yield Unreadable(where, why(error))


def count_candidates(paths: Sequence[Path]) -> int:
    """How many files `read_articles` will open, or report as unreadable."""
    return sum(1 for _ in find_files(paths, SUFFIXES))


def parse_upload(
    name: str, data: bytes, *, keep_all: bool = False, max_bytes: int = MAX_BYTES
) -> Iterator[Article | Unreadable]:
    """The articles in an uploaded file, as `read_articles` would read them.

    The name may contain folders, with either slash; they become part of the id.
    """
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    where = portable(clean("/".join(parts)) or "upload")
    if _suffix(where) not in SUFFIXES:
        yield Unreadable(where, unknown_format(SUFFIXES))
        return
    ids = _Ids()
    try:
        for parsed in _parse(io.BytesIO(data), where, max_bytes):
            place = Place(where, parsed.part)
            yield from ids.admit(_article(parsed, where, place, keep_all), place)
    except UnreadableFileError as fault:
        yield Unreadable(where, str(fault))


def parse_record(
    value: object, *, where: str, fallback_id: str | None = None, keep_all: bool = False
) -> Article | Unreadable:
    """The article in a parsed JSON object: `text`, and optionally id, title and so on.

    Without an id or a URL it gets `fallback_id`, or else an id made from its text.
    """
    parsed = parse_object(value, None)
    if fallback_id is None and isinstance(parsed, ParsedArticle):
        text = parsed.text.encode("utf-8", "surrogatepass")
        fallback_id = f"text-{blake2b(text, digest_size=8).hexdigest()}"
    return _article(parsed, fallback_id or "", Place(where), keep_all)


def _parse(file: BinaryIO, name: str, max_bytes: int) -> Iterator[ParsedArticle | ParseFailure]:
    return _READERS[_suffix(name)](file, max_bytes)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _article(
    parsed: ParsedArticle | ParseFailure, name: str, place: Place, keep_all: bool
) -> Article | Unreadable:
    """The parsed article with its promotional lines skipped, and with a title and an id."""
    if isinstance(parsed, ParseFailure):
        return Unreadable(str(place), parsed.reason)
    text, about = parsed.text, parsed.about
    if (lone := _lone_surrogate(text)) is not None:
        return Unreadable(str(place), _UNSTORABLE.format(ord(text[lone]), lone))
    paragraphs = _outside(paragraph_spans(text, parsed.body), parsed.skipped)
    promotional = promotional_spans(text, paragraphs, after_date=parsed.has_date_line)
    prose = _outside(paragraphs, promotional)
    skipped = sorted(
        (*parsed.skipped, *(SkippedSpan(*span, "promotional") for span in promotional))
    )
    if keep_all:
        skipped = [span for span in skipped if span.reason == "metadata"]
    if not any(_has_words(text, paragraph) for paragraph in (paragraphs if keep_all else prose)):
        return Unreadable(str(place), _EMPTY)
    fallback_id = name if parsed.part is None else f"{name}#{parsed.part}"
    title = shortened(about.title) or title_of(text, prose or paragraphs)
    info = ArticleInfo(
        about.id or about.url or fallback_id,
        **about.metadata() | {"title": clean(title) or fallback_id},
    )
    return Article(info, text, tuple(skipped), keep_all)


def _lone_surrogate(text: str) -> int | None:
    """The position of the first character that UTF-8 cannot encode."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        return error.start
    return None


def _outside(spans: Sequence[Span], skipped: Sequence[Span | SkippedSpan]) -> list[Span]:
    """The spans that are not wholly inside a skipped one; both in order."""
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
    """Which ids are taken, and where. Keeps no text: there may be millions of articles."""

    def __init__(self) -> None:
        self._taken: dict[bytes, tuple[Place, bytes]] = {}

    def admit(self, article: Article | Unreadable, place: Place) -> Iterator[Article | Unreadable]:
        """The article if its id is free, nothing if it is a duplicate, or else what is wrong."""
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
