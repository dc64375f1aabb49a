"""Turns paths and uploads into articles, each with its own id."""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from vectorstore.readers.containers.expansion import MOST_NESTED, Expansion, MemberReader
from vectorstore.readers.containers.mail_reader import read_eml, read_mbox, read_mhtml
from vectorstore.readers.containers.tar_archive import members_of_tar
from vectorstore.readers.containers.warc_archive import members_of_warc
from vectorstore.readers.containers.zip_archive import members_of_zip
from vectorstore.readers.documents.docx_reader import read_docx
from vectorstore.readers.documents.epub_reader import read_epub
from vectorstore.readers.documents.odt_reader import read_odt
from vectorstore.readers.documents.pdf_reader import read_pdf
from vectorstore.readers.documents.rtf_reader import read_rtf
from vectorstore.readers.files import (
    FoundFile,
    find_files,
    open_file,
    relative_name,
    shown,
    supported_suffix,
    unknown_format,
    why,
)
from vectorstore.readers.html_reader import read_html
from vectorstore.readers.json_reader import parse_object, read_json, read_json_lines
from vectorstore.readers.markdown_reader import read_markdown
from vectorstore.readers.metadata import at_address, clean
from vectorstore.readers.parsed_article import (
    Attachment,
    FormatReader,
    ParsedArticle,
    ParseFailure,
    Unreadable,
    UnreadableFileError,
)
from vectorstore.readers.table_reader import read_csv, read_tsv
from vectorstore.readers.text_reader import read_text
from vectorstore.readers.titles import shortened, title_of
from vectorstore.text.boilerplate import promotional_spans
from vectorstore.text.paragraphs import paragraph_spans
from vectorstore.types import Article, ArticleInfo, SkippedSpan, Span

MAX_BYTES = 100_000_000
"""The largest article that is read by default."""

LONGEST_ID = 2_000
"""In characters. An id is sent in URLs, and accompanies every passage."""

_READERS: Mapping[str, FormatReader] = {
    ".txt": read_text,
    ".text": read_text,
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".xhtml": read_html,
    ".mhtml": read_mhtml,
    ".mht": read_mhtml,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".json": read_json,
    ".csv": read_csv,
    ".tsv": read_tsv,
    ".pdf": read_pdf,
    ".docx": read_docx,
    ".odt": read_odt,
    ".rtf": read_rtf,
    ".epub": read_epub,
    ".eml": read_eml,
    ".mbox": read_mbox,
}
_ARCHIVES: Mapping[str, MemberReader] = {
    ".zip": members_of_zip,
    ".tar": members_of_tar,
    ".tar.gz": members_of_tar,
    ".tgz": members_of_tar,
    ".tar.bz2": members_of_tar,
    ".tar.xz": members_of_tar,
    ".warc": members_of_warc,
    ".warc.gz": members_of_warc,
}

SUFFIXES = frozenset((*_READERS, *_ARCHIVES))
"""The supported formats, as file name suffixes in lower case."""

_PARTS = {".json": "article", ".csv": "row", ".tsv": "row", ".mbox": "message", ".epub": "chapter"}


class Place(NamedTuple):
    """Where an article came from: a file, and the line or position in one that holds several."""

    where: str
    part: int | None = None

    def __str__(self) -> str:
        if self.part is None:
            return self.where
        unit = _PARTS.get(PurePosixPath(self.where.lower()).suffix, "line")
        return f"{self.where}, {unit} {self.part}"


class _File(NamedTuple):
    """An open file: its `name`, from which ids are derived, and `where` it is, for messages."""

    file: BinaryIO
    name: str
    where: str
    suffix: str
    address: str | None = None
    depth: int = 0
    """How many archives it is nested in."""


_EMPTY = "It is empty: nothing in it is prose."
_UNSTORABLE = (
    "Its text holds half of a surrogate pair (U+{:04X} at character {:,}), which cannot be stored."
    " Replace it."
)
_NOTHING_IN_IT = "It holds no file in a supported format."
_TOO_DEEP = "It lies in an archive in an archive in an archive. Extract it, and add the files."
_ATTACHED_TOO_DEEP = (
    "It is attached to a message that lies in others. Save it, and add it as a file."
)
_LONG_ID = "Its id has {:,} characters, and may have {:,}. Give it a shorter one."
_TAKEN = "Its id {!r} is taken by another article, {}. Give each an id or a URL of its own."


def read_articles(
    paths: Sequence[Path],
    *,
    keep_all: bool = False,
    follow_links: bool = False,
    max_bytes: int = MAX_BYTES,
) -> Iterator[Article | Unreadable]:
    """The articles in files and folders, one at a time, and what could not be read and why.

    Paths are read in the order given, a folder's files sorted by name. No two articles have the
    same id: a second one is Unreadable, or left out if its content is the same. Nothing in a file
    raises an error or prevents the rest from being read.

    With `keep_all`, only metadata and page headers and footers are skipped. Links that point
    outside a given folder are Unreadable unless `follow_links`.
    """
    ids = _Ids()
    for found in find_files(paths, SUFFIXES, follow_links=follow_links):
        if isinstance(found, Unreadable):
            yield found
        else:
            yield from _read_found(found, ids, keep_all, max_bytes)


def read_found(found: FoundFile, *, keep_all: bool = False) -> Iterator[Article | Unreadable]:
    """The articles in one file, as `read_articles` would read them in its folder."""
    yield from _read_found(found, _Ids(), keep_all, MAX_BYTES)


def _read_found(
    found: FoundFile, ids: "_Ids", keep_all: bool, max_bytes: int
) -> Iterator[Article | Unreadable]:
    where = shown(found.path)
    suffix = supported_suffix(found.name, SUFFIXES) or ""
    try:
        with open_file(found.path) as file:
            opened = _File(file, found.name, where, suffix)
            yield from _read(opened, ids, keep_all, Expansion(max_bytes))
    except UnreadableFileError as fault:
        yield Unreadable(where, str(fault))
    except OSError as error:
        yield Unreadable(where, why(error))


def count_candidates(paths: Sequence[Path], *, follow_links: bool = False) -> int:
    """How many files `read_articles` will open, or report as unreadable."""
    return sum(1 for _ in find_files(paths, SUFFIXES, follow_links=follow_links))


def parse_upload(
    name: str, data: bytes, *, keep_all: bool = False, max_bytes: int = MAX_BYTES
) -> Iterator[Article | Unreadable]:
    """The articles in an uploaded file, as `read_articles` would read them.

    The name may contain folders, with either slash; they become part of the id.
    """
    where = relative_name(name) or "upload"
    suffix = supported_suffix(where, SUFFIXES)
    if suffix is None:
        yield Unreadable(where, unknown_format(SUFFIXES))
        return
    opened = _File(io.BytesIO(data), where, where, suffix)
    yield from _read(opened, _Ids(), keep_all, Expansion(max_bytes))


def parse_fetched(
    address: str,
    suffix: str,
    data: bytes,
    *,
    keep_all: bool = False,
    max_bytes: int = MAX_BYTES,
) -> Iterator[Article | Unreadable]:
    """The articles in data fetched from `address`, in the format given by `suffix`.

    An article's id is its address, whatever id it states itself.
    """
    opened = _File(io.BytesIO(data), address, address, suffix, address)
    yield from _read(opened, _Ids(), keep_all, Expansion(max_bytes))


def parse_record(
    value: object, *, where: str, fallback_id: str | None = None, keep_all: bool = False
) -> Article | Unreadable:
    """The article in a parsed JSON object: `text`, and optionally id, title and so on.

    Without an id or a URL it gets `fallback_id`, or else an id derived from its text.
    """
    parsed = parse_object(value, None)
    if fallback_id is None and isinstance(parsed, ParsedArticle):
        text = parsed.text.encode("utf-8", "surrogatepass")
        fallback_id = f"text-{blake2b(text, digest_size=8).hexdigest()}"
    return _article(parsed, fallback_id or "", Place(where), keep_all)


def _read(
    opened: _File, ids: "_Ids", keep_all: bool, expansion: Expansion
) -> Iterator[Article | Unreadable]:
    """The articles in a file, or in the files of an archive. Raises OSError."""
    try:
        if opened.suffix in _ARCHIVES:
            yield from _read_archive(opened, ids, keep_all, expansion)
            return
        for parsed in _READERS[opened.suffix](opened.file, expansion.max_bytes):
            place = Place(opened.where, parsed.part)
            if isinstance(parsed, Attachment):
                yield from _read_attachment(parsed, opened, ids, keep_all, expansion)
                continue
            located = _located(parsed, opened.address)
            yield from ids.admit(_article(located, opened.name, place, keep_all), place)
    except UnreadableFileError as fault:
        yield Unreadable(opened.where, str(fault))


def _read_archive(
    opened: _File, ids: "_Ids", keep_all: bool, expansion: Expansion
) -> Iterator[Article | Unreadable]:
    """The readable articles in an archive, and what is wrong with the rest."""
    if opened.depth == MOST_NESTED:
        raise UnreadableFileError(_TOO_DEEP)
    empty = True
    for member in _ARCHIVES[opened.suffix](opened.file, _wanted, expansion):
        empty = False
        if isinstance(member, Unreadable):
            yield Unreadable(f"{opened.where}/{member.where}", member.reason)
            continue
        inner = _File(
            io.BytesIO(member.data),
            member.address or f"{opened.name}/{member.name}",
            member.address or f"{opened.where}/{member.name}",
            member.suffix,
            member.address or (opened.address and f"{opened.address}#{member.name}"),
            opened.depth + 1,
        )
        yield from _read(inner, ids, keep_all, expansion)
    if empty:
        raise UnreadableFileError(_NOTHING_IN_IT)


def _read_attachment(
    attached: Attachment, opened: _File, ids: "_Ids", keep_all: bool, expansion: Expansion
) -> Iterator[Article | Unreadable]:
    """The articles in an attachment. Their ids extend the message's, and they take its date and
    source if they state none."""
    where = f"{Place(opened.where, attached.part)}/{attached.name}"
    suffix = _wanted(attached.name)
    if suffix is None:
        yield Unreadable(where, unknown_format(SUFFIXES))
        return
    if opened.depth == MOST_NESTED:
        yield Unreadable(where, _ATTACHED_TOO_DEEP)
        return
    expansion.count_member()
    expansion.count(len(attached.data))
    part = "" if attached.part is None else f"#{attached.part}"
    name = f"{attached.about.id or opened.name + part}/{attached.name}"
    address = opened.address and f"{opened.address}{part or '#'}/{attached.name}"
    inner = _File(io.BytesIO(attached.data), name, where, suffix, address, opened.depth + 1)
    for outcome in _read(inner, ids, keep_all, expansion):
        if isinstance(outcome, Article):
            info, about = outcome.info, attached.about
            published, source = info.published or about.published, info.source or about.source
            yield replace(outcome, info=replace(info, published=published, source=source))
        else:
            yield outcome


def _wanted(name: str) -> str | None:
    return supported_suffix(name, SUFFIXES)


def _located(
    parsed: ParsedArticle | ParseFailure, address: str | None
) -> ParsedArticle | ParseFailure:
    """The article with its address, if any, as its id, plus its part if several share the
    address."""
    if address is None or isinstance(parsed, ParseFailure):
        return parsed
    about = at_address(parsed.about, address)
    if parsed.part is not None:
        about = replace(about, id=f"{address}#{parsed.part}")
    return replace(parsed, about=about)


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
        skipped = [span for span in skipped if span.reason in ("metadata", "page")]
    if not any(_has_words(text, paragraph) for paragraph in (paragraphs if keep_all else prose)):
        return Unreadable(str(place), _EMPTY)
    fallback_id = name if parsed.part is None else f"{name}#{parsed.part}"
    title = shortened(about.title) or title_of(text, prose or paragraphs)
    article_id = about.id or about.url or fallback_id
    if len(article_id) > LONGEST_ID:
        return Unreadable(str(place), _LONG_ID.format(len(article_id), LONGEST_ID))
    info = ArticleInfo(
        article_id,
        pages=parsed.pages,
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
    """The spans that are not wholly inside a skipped one; both are in order."""
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
