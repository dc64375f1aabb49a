"""PDF files made by reportlab: columns, headers, footers, scans and passwords."""

import io
from collections.abc import Callable, Sequence

from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph, Spacer

WIDTH, HEIGHT = A4

BODY = ParagraphStyle("body", fontName="Times-Roman", fontSize=10, leading=12.5, spaceAfter=7)
TITLE = ParagraphStyle("title", fontName="Times-Bold", fontSize=18, leading=22, spaceAfter=10)


def column_pdf(
    title: str, paragraphs: Sequence[str], *, columns: int = 1, header: str = "", **about: str
) -> bytes:
    """An article set in columns, with a header and a page number on every page."""

    def furniture(canvas: Canvas, document: BaseDocTemplate) -> None:
        canvas.setFont("Helvetica", 8)
        canvas.drawString(20 * mm, HEIGHT - 12 * mm, header)
        canvas.drawCentredString(WIDTH / 2, 10 * mm, f"Page {document.page}")

    gap = 8 * mm
    width = (WIDTH - 40 * mm - (columns - 1) * gap) / columns
    first, later = [], []
    for column in range(columns):
        left = 20 * mm + column * (width + gap)
        first.append(Frame(left, 20 * mm, width, HEIGHT - 75 * mm, 0, 0, 0, 0))
        later.append(Frame(left, 20 * mm, width, HEIGHT - 40 * mm, 0, 0, 0, 0))
    headline = Frame(20 * mm, HEIGHT - 52 * mm, WIDTH - 40 * mm, 32 * mm, 0, 0, 0, 0)
    written = io.BytesIO()
    document = BaseDocTemplate(written, pagesize=A4, title=title, **about)
    document.addPageTemplates(
        [
            PageTemplate(
                "first", [headline, *first], onPage=furniture, autoNextPageTemplate="later"
            ),
            PageTemplate("later", later, onPage=furniture),
        ]
    )
    # The space fills the frame of the headline, so that the text begins in the first column.
    story = [Paragraph(title, TITLE), Spacer(1, 200)]
    document.build([*story, *(Paragraph(each, BODY) for each in paragraphs)])
    return written.getvalue()


def drawn_pdf(*pages: Callable[[Canvas], None], password: str | None = None) -> bytes:
    """A page for each function, which draws on it."""
    written = io.BytesIO()
    encryption = StandardEncryption(password, strength=128) if password else None
    canvas = Canvas(written, pagesize=A4, encrypt=encryption)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return written.getvalue()


def lines(*texts: str, left: float = 72, top: float = 700) -> Callable[[Canvas], None]:
    """Draws lines of text one below the other."""

    def draw(canvas: Canvas) -> None:
        canvas.setFont("Times-Roman", 11)
        for number, text in enumerate(texts):
            canvas.drawString(left, top - 14 * number, text)

    return draw


def picture(canvas: Canvas) -> None:
    """Draws a picture over the whole page, as a scanner does."""
    from PIL import Image

    canvas.drawImage(ImageReader(Image.new("L", (40, 60), 200)), 0, 0, WIDTH, HEIGHT)
