"""PDF files: reading order, paragraphs, headers, footers, pages, and what cannot be read."""

from pathlib import Path

import pytest
from reportlab.pdfgen.canvas import Canvas

from tests.vectorstore.readers.documents.pdf_files import column_pdf, drawn_pdf, lines, picture
from tests.vectorstore.readers.reading import article, read, reason, skipped
from vectorstore.readers import Unreadable
from vectorstore.types import Article, page_at

HEADER = "The Quillhaven Courier, 4 May 2023"
FILES = Path(__file__).parents[1] / "files"
SEEDS = Path(__file__).parents[4] / "seeds" / "articles"
PARAGRAPHS = tuple(
    " ".join(line.split())
    for path in sorted(SEEDS.glob("2021*.txt"))
    for line in path.read_text("utf-8").split("\n")
    # Not those with characters that the fonts of PDF lack.
    if len(line) > 100 and line.encode("cp1252", "replace").decode("cp1252") == line
)[:40]


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_every_paragraph_is_whole_and_in_order_however_many_columns_there_are(columns: int) -> None:
    pdf = column_pdf("A town and its ledgers", PARAGRAPHS, columns=columns, header=HEADER)
    found = article("ledgers.pdf", pdf)
    whole = [each for each in found.text.split("\n\n") if each in PARAGRAPHS]
    assert whole == list(PARAGRAPHS)
    assert len(whole) == 40
    assert found.info.title == "A town and its ledgers"


def test_a_page_printed_by_chromium_in_columns_is_read_as_it_was_written() -> None:
    """Hyphenated and justified, with the date, the title, the address and the page around it."""
    found = article("ledgers.pdf", (FILES / "ledgers.pdf").read_bytes())
    assert [each for each in found.text.split("\n\n") if each in PARAGRAPHS] == list(PARAGRAPHS)
    assert found.info.title == "A town and its ledgers"
    assert {"file:///tmp/ledgers.html", "2/4"} <= set(skipped(found))
    assert len(found.info.pages) == 4


@pytest.mark.parametrize("columns", [1, 2])
def test_headers_and_footers_are_kept_but_skipped(columns: int) -> None:
    pdf = column_pdf("A town and its ledgers", PARAGRAPHS, columns=columns, header=HEADER)
    found = article("ledgers.pdf", pdf)
    pages = len(found.info.pages)
    assert pages > 2
    assert skipped(found).count(HEADER) == pages
    numbers = [f"Page {number}" for number in range(1, pages + 1)]
    skipped_as_page = [span.of(found.text) for span in found.skipped if span.reason == "page"]
    assert [each for each in skipped_as_page if each != HEADER] == numbers


def test_a_position_in_the_text_has_the_page_that_it_is_printed_on() -> None:
    pages = [lines(f"This is the text of sheet {number}.", "It ends here.") for number in "ABC"]
    found = article("sheets.pdf", drawn_pdf(*pages))
    for number, letter in enumerate("ABC", 1):
        assert page_at(found.info.pages, found.text.index(f"sheet {letter}")) == number
    assert page_at(found.info.pages, len(found.text) - 1) == 3


def test_a_sentence_over_two_pages_is_one_and_each_half_has_its_page() -> None:
    first = lines("The harbor was closed in 2014, when a storm tore away", top=120)
    second = lines("the outer half of its pier, and boats went elsewhere.")
    found = article("storm.pdf", drawn_pdf(first, second))
    assert "tore away the outer half" in found.text
    assert page_at(found.info.pages, found.text.index("tore away")) == 1
    assert page_at(found.info.pages, found.text.index("the outer half")) == 2


def test_a_word_broken_at_the_end_of_a_line_is_whole_again() -> None:
    drawn = lines(
        "The well-known museum shows a gondola that was found in a vil-",
        "lage near the sea. It is a well-",
        "known one, and older than the Quillhaven-",
        "Skarn railway. A state-",
        "owned company runs it at low ener-",
        "gy.",
    )
    found = article("gondola.pdf", drawn_pdf(drawn))
    assert found.text == (
        "The well-known museum shows a gondola that was found in a village near the sea. It is a "
        "well-known one, and older than the Quillhaven-Skarn railway. A state-owned company runs "
        "it at low energy."
    )


def test_a_table_is_read_row_by_row() -> None:
    rows = [("Year", "Boats"), ("2013", "214"), ("2016", "150"), ("2019", "121"), ("2022", "96")]
    left = lines(*(year for year, _ in rows))
    right = lines(*(boats for _, boats in rows), left=300)

    def draw(canvas: Canvas) -> None:
        left(canvas)
        right(canvas)

    words = article("boats.pdf", drawn_pdf(draw)).text.split()
    assert words == [word for row in rows for word in row]


def test_a_rotated_page_is_read_as_it_is_shown() -> None:
    def draw(canvas: Canvas) -> None:
        canvas.setPageRotation(90)
        canvas.rotate(90)
        for number, text in enumerate(("The pier is long,", "and the harbor deep.")):
            canvas.drawString(100, -100 - 14 * number, text)

    assert article("a.pdf", drawn_pdf(draw)).text == "The pier is long, and the harbor deep."


def test_a_scan_is_said_to_be_one() -> None:
    assert "2 pages are pictures without text" in reason("scan.pdf", drawn_pdf(picture, picture))


def test_a_page_that_is_only_a_picture_is_named_and_the_others_are_read() -> None:
    found = read("part.pdf", drawn_pdf(lines("The pier is 412 metres long."), picture))
    first, second = found
    assert isinstance(first, Article)
    assert first.text == "The pier is 412 metres long."
    assert isinstance(second, Unreadable)
    assert second.reason.startswith("Page 2 is a picture without text")
    assert len(first.info.pages) == 2


def test_a_pdf_without_text_or_pictures_is_said_to_be_empty() -> None:
    assert "no text" in reason("empty.pdf", drawn_pdf(lambda canvas: None))


def test_an_encrypted_pdf_is_said_to_be_encrypted() -> None:
    pdf = drawn_pdf(lines("The pier is 412 metres long."), password="harbor")
    assert "encrypted with a password" in reason("secret.pdf", pdf)


@pytest.mark.parametrize("kept", [0, 5, 700])
def test_a_truncated_pdf_is_said_to_be_damaged(kept: int) -> None:
    pdf = drawn_pdf(lines("The pier is 412 metres long."))
    assert "not a complete PDF" in reason("cut.pdf", pdf[:kept])


def test_without_the_optional_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pypdfium2", None)
    assert "article-qa[documents]" in reason("a.pdf", drawn_pdf(lines("The pier.")))
