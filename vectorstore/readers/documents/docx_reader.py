"""Word documents: paragraphs, lists, tables and footnotes, in document order."""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from vectorstore.readers.documents.optional_package import import_optional
from vectorstore.readers.documents.zip_package import damaged, open_package
from vectorstore.readers.metadata import FileMetadata, clean
from vectorstore.readers.parsed_article import ParsedArticle, ParseFailure, read_whole

if TYPE_CHECKING:
    from docx.document import Document
    from docx.table import Table

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_NOTES = ("footnotes", "endnotes")


def read_docx(file: BinaryIO, max_bytes: int) -> Iterator[ParsedArticle | ParseFailure]:
    """One article: a blank line between paragraphs, a line per table row, notes at the end.

    Page headers and footers are separate parts of a document, and are not read. The document's own
    dates are not used as its publication date: they are often those of its template.
    """
    docx = import_optional("docx", "Word documents")
    data = read_whole(file, max_bytes)
    open_package(data, "DOCX").close()
    try:
        document: Document = docx.Document(io.BytesIO(data))
        blocks = [*_blocks(document), *_notes(document)]
        about = document.core_properties
        title = clean(about.title) or clean(_first_title(document)) or ""
        author = clean(about.author)
    except Exception as error:  # a damaged document may fail anywhere; only that file is lost
        raise damaged("DOCX") from error
    # The name that python-docx's own template puts into every document.
    author = None if author == "python-docx" else author
    text = "\n\n".join(block for block in blocks if block.strip())
    yield ParsedArticle(text, FileMetadata(title=title, author=author))


def _blocks(document: "Document") -> Iterator[str]:
    from docx.table import Table

    for block in document.iter_inner_content():
        yield _table(block) if isinstance(block, Table) else block.text


def _table(table: "Table") -> str:
    """A line per row; a cell that spans several columns appears once."""
    lines = []
    for row in table.rows:
        cells = {id(cell._tc): " ".join(cell.text.split()) for cell in row.cells}  # noqa: SLF001  # its identity
        lines.append(" | ".join(cells.values()))
    return "\n".join(lines)


def _notes(document: "Document") -> Iterator[str]:
    """Footnotes and endnotes, which python-docx does not read."""
    from lxml import etree

    for relation in document.part.rels.values():
        if relation.is_external or relation.reltype.rsplit("/", 1)[-1] not in _NOTES:
            continue
        for note in etree.fromstring(relation.target_part.blob).iter(
            f"{_W}footnote", f"{_W}endnote"
        ):
            if note.get(f"{_W}type") in (None, "normal"):
                yield "".join(part.text or "" for part in note.iter(f"{_W}t")).strip()


def _first_title(document: "Document") -> str | None:
    """The first paragraph styled as a title or a top-level heading."""
    for paragraph in document.paragraphs:
        style = paragraph.style
        if style is not None and style.name in ("Title", "Heading 1") and paragraph.text.strip():
            return paragraph.text
    return None
