"""PDF: its text in reading order, and where each page begins in it."""

import ctypes
import threading
from collections.abc import Iterator, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, BinaryIO

from vectorstore.bert_session import bundled_words
from vectorstore.readers.documents.optional_package import import_optional
from vectorstore.readers.documents.page_layout import Character, PageLines, split_lines
from vectorstore.readers.documents.page_text import text_of_pages, title_of_pages
from vectorstore.readers.metadata import FileMetadata, clean
from vectorstore.readers.parsed_article import (
    ParsedArticle,
    ParseFailure,
    UnreadableFileError,
    read_whole,
)

if TYPE_CHECKING:
    from pypdfium2 import PdfDocument, PdfPage, PdfTextPage

# PDFium is not thread-safe, not even across documents.
_PDFIUM = threading.Lock()

_MOST_CHARACTERS_ON_A_PAGE = 200_000
_DEEPEST_OBJECT = 3
_ENCRYPTED = (
    "It is encrypted with a password. Remove the password, by printing it to another PDF for"
    " example, and add that."
)
_DAMAGED = "It is not a complete PDF: it is damaged or was cut off. Download or copy it again."
_EMPTY = "It has no text on its {:,} pages."
_RECOGNISE = "Recognise their text first (OCR), with `ocrmypdf` for example, and add the result."
_SCAN = "Its {:,} pages are pictures without text, as a scanner makes them. " + _RECOGNISE
_PICTURES = "{} {} without text, and could not be read; the other pages were. " + _RECOGNISE


def read_pdf(file: BinaryIO, max_bytes: int) -> Iterator[ParsedArticle | ParseFailure]:
    """One article, and a ParseFailure that names the pages that are only pictures.

    Lines are rejoined into paragraphs, columns are read one after the other, and words broken at
    the end of a line are joined. Headers and footers become skipped ranges. The file's date is not
    used as its publication date.
    """
    pdfium = import_optional("pypdfium2", "PDF")
    data = read_whole(file, max_bytes)
    with _PDFIUM:
        document = _open(pdfium, data)
        try:
            pages = [_page(pdfium, document, number) for number in range(len(document))]
            stated = document.get_metadata_dict(skip_empty=True)
        except pdfium.PdfiumError as error:
            raise UnreadableFileError(_DAMAGED) from error
        finally:
            document.close()
    pictures = [number for number, page in enumerate(pages, 1) if page.is_picture]
    if not any(page.lines for page in pages):
        raise UnreadableFileError((_SCAN if pictures else _EMPTY).format(len(pages)))
    text = text_of_pages(pages, bundled_words())
    title = title_of_pages(pages) or _title(stated.get("Title"), text.text)
    about = FileMetadata(title=clean(title) or "", author=clean(stated.get("Author")))
    yield ParsedArticle(text.text, about, skipped=text.skipped, pages=text.starts)
    if pictures:
        verb = "is a picture" if len(pictures) == 1 else "are pictures"
        yield ParseFailure(_PICTURES.format(_named(pictures), verb))


def _open(pdfium: ModuleType, data: bytes) -> "PdfDocument":
    """Raises UnreadableFileError."""
    try:
        document: PdfDocument = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        encrypted = error.err_code == pdfium.raw.FPDF_ERR_PASSWORD
        raise UnreadableFileError(_ENCRYPTED if encrypted else _DAMAGED) from error
    return document


def _page(pdfium: ModuleType, document: "PdfDocument", number: int) -> PageLines:
    """The lines of a page. Raises PdfiumError."""
    page = document[number]
    try:
        width, height = page.get_size()
        text = page.get_textpage()
        lines = split_lines(_characters(pdfium, page, text))
        text.close()
        is_picture = not lines and _has_pictures(pdfium, page)
    finally:
        page.close()
    return PageLines(tuple(lines), width, height, is_picture)


def _characters(pdfium: ModuleType, page: "PdfPage", text: "PdfTextPage") -> Iterator[Character]:
    raw = pdfium.raw
    box = raw.FS_RECTF()
    rotation = page.get_rotation()
    width, height = page.get_size()
    for index in range(min(text.count_chars(), _MOST_CHARACTERS_ON_A_PAGE)):
        code = raw.FPDFText_GetUnicode(text, index)
        raw.FPDFText_GetLooseCharBox(text, index, ctypes.byref(box))
        left, bottom, right, top = _upright(
            (box.left, box.bottom, box.right, box.top), rotation, width, height
        )
        yield Character(code, left, bottom, right, top)


def _upright(
    box: tuple[float, float, float, float], rotation: int, width: float, height: float
) -> tuple[float, float, float, float]:
    """A box from before the page's rotation, on the page as shown, which is `width` by `height`."""
    left, bottom, right, top = box
    if rotation == 90:
        return bottom, height - right, top, height - left
    if rotation == 180:
        return width - right, height - top, width - left, height - bottom
    if rotation == 270:
        return width - top, left, width - bottom, right
    return box


def _has_pictures(pdfium: ModuleType, page: "PdfPage") -> bool:
    kinds = (pdfium.raw.FPDF_PAGEOBJ_IMAGE,)
    return any(True for _ in page.get_objects(filter=kinds, max_depth=_DEEPEST_OBJECT))


def _title(stated: str | None, text: str) -> str | None:
    """The title that the file states, if the text has it: most name a template or a file."""
    title = " ".join((stated or "").split())
    known = title and title.casefold() in " ".join(text[:3_000].split()).casefold()
    return title if known else None


def _named(pages: Sequence[int]) -> str:
    """
    >>> _named([3]), _named([3, 4, 7])
    ('Page 3', 'Pages 3, 4 and 7')
    """
    if len(pages) == 1:
        return f"Page {pages[0]}"
    if len(pages) > 10:
        return f"{len(pages):,} pages, page {pages[0]} the first of them,"
    return f"Pages {', '.join(map(str, pages[:-1]))} and {pages[-1]}"
