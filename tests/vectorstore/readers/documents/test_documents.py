"""DOCX, ODT, RTF and EPUB files, written by Pandoc from one article."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest

from tests.vectorstore.readers.reading import article, read, reason
from vectorstore.readers.documents import zip_package
from vectorstore.types import Article

FILES = Path(__file__).parents[1] / "files"
BODY = (
    "The harbor of Quillhaven reopened on Thursday after nine years of work. Its new pier is 412 "
    "metres long, said Odalys Brandt, who leads the port authority.\n\n"
    "The old pier was closed in 2014, when a storm tore away its outer half. Fishing boats have "
    "used the neighbouring bay of Skarn since then.\n\n"
    "What it cost\n\n"
    "The work cost 38 million euros"
)


def file(name: str) -> bytes:
    return (FILES / name).read_bytes()


@pytest.mark.parametrize("name", ["story.docx", "story.odt", "story.rtf", "story.epub"])
def test_the_paragraphs_are_those_of_the_document(name: str) -> None:
    found = article(name, file(name))
    assert BODY in found.text
    assert "Two thirds of it came from the state" in found.text
    assert "The fish market opens again in June." in found.text
    assert found.info.title == "The harbor of Quillhaven reopens"


@pytest.mark.parametrize("name", ["story.docx", "story.odt", "story.epub"])
def test_the_author_and_the_footnotes_are_read(name: str) -> None:
    found = article(name, file(name))
    assert found.info.author == "Odalys Brandt"
    assert found.text.endswith("The first estimate, of 2015, was 22 million.")


def test_the_notes_of_rtf_come_at_the_end() -> None:
    found = article("story.rtf", file("story.rtf"))
    assert found.text.endswith("three boats.\n\nThe first estimate, of 2015, was 22 million.")
    word = (
        rb"{\rtf1\ansi\ansicpg1252\pard The pier cost 38 million.{\super\chftn{\footnote\ltrpar"
        rb"\pard\plain{\super\chftn} The first {\i caf\'e9} \{sic\} was cheaper.}} It is long."
        rb"{\footnote\ftnalt\chftn Its end is lit.}\par Ships call daily.\par}"
    )
    assert article("a.rtf", word).text == (
        "The pier cost 38 million. It is long.\n\nShips call daily.\n\n"
        "The first café {sic} was cheaper.\n\nIts end is lit."
    )
    assert article("a.rtf", rb"{\rtf1 The pier.{\footnote cut off").text == "The pier."


@pytest.mark.parametrize("name", ["story.docx", "story.odt", "story.rtf"])
def test_a_table_has_a_line_per_row(name: str) -> None:
    rows = [
        line.strip(" |").replace(" ", "") for line in article(name, file(name)).text.split("\n")
    ]
    assert {"Year|Boats", "2013|214", "2022|96"} <= set(rows)


def test_the_date_of_an_epub_is_its_publication() -> None:
    assert article("story.epub", file("story.epub")).info.published == date(2023, 5, 4)


@pytest.mark.parametrize("name", ["story.docx", "story.odt", "story.epub"])
def test_a_truncated_document_is_said_to_be_damaged(name: str) -> None:
    whole = file(name)
    for part in (whole[:0], whole[:100], whole[: len(whole) // 2], whole[:-30]):
        assert "damaged" in reason(name, part)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("story.docx", "word/document.xml"),
        ("story.odt", "META-INF/manifest.xml"),
        ("story.epub", "EPUB/content.opf"),
    ],
)
def test_a_document_with_a_damaged_part_is_said_to_be_damaged(
    name: str, part: str, method: int
) -> None:
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(file(name))) as given,
        zipfile.ZipFile(written, "w", method) as package,
    ):
        for each in given.namelist():
            package.writestr(each, given.read(each))
        begins = package.getinfo(part).header_offset + 30 + len(part)
    whole = bytearray(written.getvalue())
    whole[begins + 9 : begins + 17] = b"\xff" * 8
    assert "damaged" in reason(name, bytes(whole))


@pytest.mark.parametrize("name", ["story.docx", "story.odt", "story.epub"])
def test_an_archive_with_other_things_in_it_is_said_to_be_no_document(name: str) -> None:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as package:
        package.writestr("a.txt", "Ice.")
    assert "damaged, or another format" in reason(name, written.getvalue())


@pytest.mark.parametrize("name", ["story.docx", "story.odt", "story.epub"])
def test_a_document_that_expands_too_far_is_not_expanded(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zip_package, "MAX_EXPANDED_BYTES", 2_000)
    assert "expands to more than" in reason(name, file(name))


def test_a_document_of_before_2007_or_with_a_password_is_named() -> None:
    compound = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 1000
    assert "encrypted, or in the format of Word before 2007" in reason("a.docx", compound)


def test_an_encrypted_odt_is_said_to_be_encrypted() -> None:
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(file("story.odt"))) as given,
        zipfile.ZipFile(written, "w") as package,
    ):
        for name in given.namelist():
            data = given.read(name)
            if name == "META-INF/manifest.xml":
                data = data.replace(b"</manifest:", b"<manifest:encryption-data/></manifest:", 1)
            package.writestr(name, data)
    assert "encrypted with a password" in reason("a.odt", written.getvalue())


def test_what_is_no_rtf_is_said_to_be_none() -> None:
    assert "does not begin as RTF" in reason("a.rtf", b"The pier is 412 metres long.")


def test_characters_that_rtf_escapes_are_themselves() -> None:
    source = (
        rb"{\rtf1\ansi\ansicpg1252{\info{\title Caf\'e9 \u9731?}{\author Ilse Maar}}"
        rb"\u-10179?\u-8694? na\'efve\par}"
    )
    found = article("a.rtf", source)
    assert (found.info.title, found.info.author) == ("Café ☃", "Ilse Maar")
    assert found.text == "😊 naïve"


def test_each_chapter_of_an_epub_is_an_article_of_the_book() -> None:
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(file("story.epub"))) as given,
        zipfile.ZipFile(written, "w") as package,
    ):
        for name in given.namelist():
            data = given.read(name)
            if name.endswith(".opf"):
                data = data.replace(
                    b"</manifest>",
                    b'<item id="two" href="text/two.xhtml" media-type="application/xhtml+xml"/>'
                    b"</manifest>",
                ).replace(b"</spine>", b'<itemref idref="two"/></spine>')
            package.writestr(name, data)
        words = "The ferry to Skarn sails twice a day. " * 8
        page = f"<html><body><h2>The ferry</h2><p>{words}</p></body></html>"
        package.writestr("EPUB/text/two.xhtml", page)
    found = [each for each in read("book.epub", written.getvalue()) if isinstance(each, Article)]
    assert [each.info.title for each in found] == [
        "The harbor of Quillhaven reopens",
        "The ferry",
    ]
    assert {each.info.source for each in found} == {"The harbor of Quillhaven reopens"}
    assert len({each.id for each in found}) == 2
