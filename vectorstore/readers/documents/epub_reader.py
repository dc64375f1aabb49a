"""EPUB books and magazines: one article per chapter."""

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote
from zipfile import ZipFile

from vectorstore.readers.documents.zip_package import damaged, open_package, read_part
from vectorstore.readers.metadata import FileMetadata, clean
from vectorstore.readers.parsed_article import (
    ParsedArticle,
    ParseFailure,
    UnreadableFileError,
    read_whole,
)
from vectorstore.readers.plain_html import heading_of, plain_text
from vectorstore.readers.publication_date import parse_published

if TYPE_CHECKING:
    from lxml.etree import _Element as XmlElement

_CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
_OPF = "{http://www.idpf.org/2007/opf}"
_DC = "{http://purl.org/dc/elements/1.1/}"
_PAGES = ("application/xhtml+xml", "text/html")
# Covers, title pages and colophons have fewer words, chapters more.
_FEWEST_WORDS = 30
_PROTECTED = "Its chapters are encrypted against copying (DRM), and cannot be read."
_NO_CHAPTER = (
    "None of its chapters has text. If its pages are pictures, recognise their text first."
)


def read_epub(file: BinaryIO, max_bytes: int) -> Iterator[ParsedArticle | ParseFailure]:
    """One article per chapter with text, in reading order; `part` counts the book's documents."""
    with open_package(read_whole(file, max_bytes), "EPUB") as book:
        if "META-INF/encryption.xml" in book.namelist() and _encrypts_pages(book):
            raise UnreadableFileError(_PROTECTED)
        path = _package_path(book)
        package = _xml(book, path)
        about = _about(package)
        chapters = [
            (number, chapter, heading)
            for number, name in enumerate(_spine(package, path), 1)
            for chapter, heading in [_chapter(book, name)]
            if len(chapter.split()) >= _FEWEST_WORDS
        ]
    if not chapters:
        raise UnreadableFileError(_NO_CHAPTER)
    only = len(chapters) == 1
    for number, chapter, heading in chapters:
        title = about.title if only else heading or f"{about.title}, part {number}"
        source = about.source if only else about.title or about.source
        yield ParsedArticle(
            chapter, replace(about, title=title, source=source), part=None if only else number
        )


def _package_path(book: ZipFile) -> str:
    for root in _xml(book, "META-INF/container.xml").iter(f"{_CONTAINER}rootfile"):
        return root.get("full-path", "")
    raise damaged("EPUB")


def _about(package: "XmlElement") -> FileMetadata:
    said: dict[str, list[str]] = {}
    for element in package.iter(f"{_DC}*"):
        if element.text:
            said.setdefault(element.tag.removeprefix(_DC), []).append(element.text)
    first = {name: values[0] for name, values in said.items()}
    return FileMetadata(
        title=clean(first.get("title")) or "",
        author=clean(", ".join(said.get("creator", ()))),
        published=parse_published(first.get("date")),
        source=clean(first.get("publisher")),
    )


def _spine(package: "XmlElement", path: str) -> Iterator[str]:
    """The names of the package's documents in reading order, without the table of contents."""
    manifest = {item.get("id"): item for item in package.iter(f"{_OPF}item")}
    for reference in package.iter(f"{_OPF}itemref"):
        item = manifest.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _PAGES:
            continue
        if "nav" in item.get("properties", "").split():
            continue
        yield posixpath.normpath(
            posixpath.join(posixpath.dirname(path), unquote(item.get("href", "")))
        )


def _chapter(book: ZipFile, name: str) -> tuple[str, str | None]:
    """The text of a chapter, empty if it is missing from the package, and its first heading."""
    if name not in book.namelist():
        return "", None
    page = read_part(book, name, "EPUB")
    return plain_text(page), heading_of(page)


def _encrypts_pages(book: ZipFile) -> bool:
    """Whether anything but fonts is encrypted: many books only scramble their fonts."""
    listed = read_part(book, "META-INF/encryption.xml", "EPUB").lower()
    return any(suffix in listed for suffix in (b".xhtml", b".html", b".htm"))


def _xml(book: ZipFile, name: str) -> "XmlElement":
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, no_network=True, recover=True)
    root = etree.fromstring(read_part(book, name, "EPUB"), parser)
    if root is None:
        raise damaged("EPUB")
    return root
