"""OpenDocument text: paragraphs, lists, tables and notes, in document order."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from vectorstore.readers.documents.optional_package import import_optional
from vectorstore.readers.documents.zip_package import damaged, open_package, read_part
from vectorstore.readers.metadata import FileMetadata, clean
from vectorstore.readers.parsed_article import (
    ParsedArticle,
    ParseFailure,
    UnreadableFileError,
    read_whole,
)

if TYPE_CHECKING:
    from lxml.etree import _Element as XmlElement
    from odfdo import Document

_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_ENCRYPTED = "It is encrypted with a password. Save it without one, and add it again."
_LEFT_OUT = frozenset(
    {f"{_TEXT}tracked-changes", f"{_OFFICE}annotation", f"{_TEXT}table-of-content"}
)


def read_odt(file: BinaryIO, max_bytes: int) -> Iterator[ParsedArticle | ParseFailure]:
    """One article: a blank line between paragraphs, a line per table row, notes at the end.

    Deleted text, comments and tables of contents are left out.
    """
    odfdo = import_optional("odfdo", "OpenDocument files")
    data = read_whole(file, max_bytes)
    with open_package(data, "ODT") as package:
        manifest = read_part(package, "META-INF/manifest.xml", "ODT")
    if b"encryption-data" in manifest:
        raise UnreadableFileError(_ENCRYPTED)
    try:
        document: Document = odfdo.Document(io.BytesIO(data))
        notes: list[str] = []
        # Walks the lxml element behind odfdo's own element for the body.
        blocks = list(_blocks(document.body._xml_element, notes))  # noqa: SLF001  # no other way
        title, author = clean(document.meta.title), clean(document.meta.creator)
        title = title or clean(_first_heading(document))
    except Exception as error:  # a damaged document may fail anywhere; only that file is lost
        raise damaged("ODT") from error
    text = "\n\n".join(block for block in (*blocks, *notes) if block.strip())
    yield ParsedArticle(text, FileMetadata(title=title or "", author=author))


def _blocks(parent: "XmlElement", notes: list[str]) -> Iterator[str]:
    """The paragraphs and tables in an element; the texts of their notes are added to `notes`."""
    for element in parent:
        if element.tag in _LEFT_OUT:
            continue
        if element.tag in (f"{_TEXT}p", f"{_TEXT}h"):
            yield _words(element, notes)
        elif element.tag == f"{_TABLE}table":
            yield "\n".join(_rows(element, notes))
        else:
            yield from _blocks(element, notes)


def _rows(table: "XmlElement", notes: list[str]) -> Iterator[str]:
    for row in table.iter(f"{_TABLE}table-row"):
        cells = (
            " ".join(_blocks(cell, notes)) for cell in row if cell.tag == f"{_TABLE}table-cell"
        )
        line = " | ".join(" ".join(cell.split()) for cell in cells)
        if line.strip(" |"):
            yield line


def _words(element: "XmlElement", notes: list[str]) -> str:
    """The text of a paragraph, with the spaces and line breaks that ODF encodes as elements."""
    from lxml import etree

    words = [element.text or ""]
    for child in element:
        if child.tag == f"{_TEXT}s":
            words.append(" " * min(int(child.get(f"{_TEXT}c", "1")), 100))
        elif child.tag == f"{_TEXT}tab":
            words.append("\t")
        elif child.tag == f"{_TEXT}line-break":
            words.append("\n")
        elif child.tag == f"{_TEXT}note":
            body = child.find(f"{_TEXT}note-body")
            notes.extend(_blocks(body, notes) if body is not None else ())
        elif child.tag not in (*_LEFT_OUT, etree.Comment, etree.ProcessingInstruction):
            words.append(_words(child, notes))
        words.append(child.tail or "")
    return "".join(words)


def _first_heading(document: "Document") -> str | None:
    heading = document.body.get_header(position=0)
    return None if heading is None else heading.inner_text
