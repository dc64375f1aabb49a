"""ZIP, TAR and web archives: their members, and archives that are damaged or hostile."""

import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from tests.vectorstore.readers.documents.pdf_files import drawn_pdf, lines
from tests.vectorstore.readers.reading import read, reason
from vectorstore.readers import Unreadable, read_articles
from vectorstore.readers.containers import expansion
from vectorstore.types import Article

FILES = Path(__file__).parents[1] / "files"
ARTICLES = {
    "north/ice.txt": b"The harbor of Quillhaven froze.",
    "north/pier.pdf": drawn_pdf(lines("The pier is 412 metres long.")),
    "story.docx": (FILES / "story.docx").read_bytes(),
    "two.jsonl": b'{"text": "Ice."}\n{"text": "Snow."}\n',
}
NOT_ARTICLES = {
    ".hidden.txt": b"Hidden.",
    "__MACOSX/north/ice.txt": b"Of the Finder.",
    "north/photo.jpg": b"\xff\xd8",
}
IDS = {"north/ice.txt", "north/pier.pdf", "story.docx", "two.jsonl#1", "two.jsonl#2"}


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return written.getvalue()


def tarred(files: Mapping[str, bytes], mode: str = "w") -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode=mode) as archive:  # type: ignore[call-overload]  # a mode
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return written.getvalue()


ARCHIVES = {
    "news.zip": zipped({**ARTICLES, **NOT_ARTICLES}),
    "news.tar": tarred({**ARTICLES, **NOT_ARTICLES}),
    "news.tar.gz": tarred({**ARTICLES, **NOT_ARTICLES}, "w:gz"),
    "news.tgz": tarred({**ARTICLES, **NOT_ARTICLES}, "w:gz"),
    "news.tar.bz2": tarred({**ARTICLES, **NOT_ARTICLES}, "w:bz2"),
    "news.tar.xz": tarred({**ARTICLES, **NOT_ARTICLES}, "w:xz"),
}


@pytest.mark.parametrize("name", ARCHIVES)
def test_an_archive_is_read_like_a_folder(name: str) -> None:
    found = read(name, ARCHIVES[name])
    assert {each.id for each in found if isinstance(each, Article)} == {
        f"{name}/{each}" for each in IDS
    }
    assert len(found) == len(IDS)


def test_an_archive_in_a_folder_is_found_by_its_whole_suffix(tmp_path: Path) -> None:
    (tmp_path / "news.TAR.GZ").write_bytes(ARCHIVES["news.tar.gz"])
    (tmp_path / "other.gz").write_bytes(gzip.compress(b"Ice."))
    found = list(read_articles([tmp_path]))
    assert {each.id for each in found if isinstance(each, Article)} == {
        f"news.TAR.GZ/{each}" for each in IDS
    }


def test_what_is_wrong_with_a_member_is_said_and_the_rest_is_read() -> None:
    found = read("news.zip", zipped({"a.json": b"{", "b.txt": b"The harbor froze."}))
    wrong, right = found
    assert isinstance(wrong, Unreadable)
    assert wrong.where == "news.zip/a.json"
    assert "not JSON" in wrong.reason
    assert isinstance(right, Article)


@pytest.mark.parametrize("name", ["../../a.txt", "/a.txt", "C:\\..\\a.txt"])
def test_the_name_of_a_member_cannot_lead_elsewhere(name: str) -> None:
    for archive in ("a.zip", "a.tar"):
        data = (zipped if archive == "a.zip" else tarred)({name: b"The harbor froze."})
        (found,) = read(archive, data)
        assert isinstance(found, Article)
        assert ".." not in found.id
        assert found.id.startswith(archive)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.95])
def test_a_truncated_zip_is_said_to_be_truncated(share: float) -> None:
    whole = ARCHIVES["news.zip"]
    assert "not a complete ZIP" in reason("cut.zip", whole[: int(share * len(whole))])


@pytest.mark.parametrize("name", ["news.tar.gz", "news.tar.bz2", "news.tar.xz"])
def test_what_comes_before_the_cut_in_a_tar_is_read(name: str) -> None:
    whole = ARCHIVES[name]
    *_, last = read(name, whole[: len(whole) // 2])
    assert isinstance(last, Unreadable)
    assert "not a complete TAR" in last.reason


def test_a_damaged_member_is_named_and_the_rest_is_read() -> None:
    whole = bytearray(zipped({"a.txt": b"Ice " * 100, "b.txt": b"The harbor froze."}, 0))
    whole[45:60] = b"\xff" * 15
    wrong, right = read("news.zip", bytes(whole))
    assert isinstance(wrong, Unreadable)
    assert "damaged inside the archive" in wrong.reason
    assert isinstance(right, Article)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_member_whose_compressed_data_is_damaged_is_named(method: int) -> None:
    whole = bytearray(zipped({"a.txt": b"Ice floes drift. " * 9, "b.txt": b"It froze."}, method))
    whole[44:52] = b"\xff" * 8
    wrong, right = read("news.zip", bytes(whole))
    assert isinstance(wrong, Unreadable)
    assert "damaged inside the archive" in wrong.reason
    assert isinstance(right, Article)


def test_a_zip_of_an_unknown_version_or_with_a_nameless_member_is_survived() -> None:
    whole = bytearray(zipped({"a.txt": b"The harbor froze."}))
    directory = whole.index(b"PK\x01\x02")
    whole[directory + 6] = 70
    assert "not a complete ZIP" in reason("a.zip", bytes(whole))
    whole[directory + 6] = 20
    whole[directory + 46] = 0  # the name ends before it begins
    assert "holds no file" in reason("a.zip", bytes(whole))


def test_an_encrypted_member_is_said_to_be_encrypted() -> None:
    whole = bytearray(zipped({"a.txt": b"The harbor froze."}))
    at = whole.index(b"PK\x01\x02")
    whole[at + 8 : at + 10] = struct.pack("<H", 1)
    assert "encrypted with a password" in reason("news.zip", bytes(whole))


def test_an_archive_without_articles_is_said_to_hold_none() -> None:
    for name, data in (("a.zip", zipped(NOT_ARTICLES)), ("a.tar", tarred(NOT_ARTICLES))):
        assert reason(name, data) == "It holds no file in a supported format."


def test_an_archive_expands_no_further_than_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(expansion.Expansion.__init__, "__defaults__", (3_000_000, 100))
    files = {f"{number}.txt": b"Ice. " * 200_000 for number in range(9)}
    for name, data in (
        ("a.zip", zipped(files)),
        ("a.tar.gz", tarred(files, "w:gz")),
        ("b.zip", zipped({"a.zip": zipped(files), "b.zip": zipped(files)})),
    ):
        assert len(data) < 100_000
        found = read(name, data)
        assert 1 <= sum(isinstance(each, Article) for each in found) <= 3
        assert any(
            "expands to more than 3 MB" in each.reason
            for each in found
            if isinstance(each, Unreadable)
        )


def test_what_is_passed_over_in_a_compressed_tar_counts_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(expansion.Expansion.__init__, "__defaults__", (3_000_000, 100))
    bomb = tarred({"zeros.bin": bytes(50_000_000), "a.txt": b"The harbor froze."}, "w:gz")
    assert "expands to more than 3 MB" in reason("a.tar.gz", bomb)


def test_an_archive_with_too_many_files_is_read_as_far_as_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(expansion.Expansion.__init__, "__defaults__", (3_000_000, 10))
    files = {f"{number}.txt": b"The harbor froze." for number in range(30)}
    for name, data in (("a.zip", zipped(files)), ("a.tar", tarred(files))):
        *articles, last = read(name, data)
        assert len(articles) == 10
        assert isinstance(last, Unreadable)
        assert "more than 10 files" in last.reason


def test_archives_in_archives_are_read_to_a_depth() -> None:
    data, name = zipped({"a.txt": b"The harbor froze."}), "a.zip"
    for _ in range(2):
        data = zipped({name: data})
    (found,) = read("a.zip", data)
    assert found == read("a.zip", data)[0]
    assert isinstance(found, Article)
    assert found.id == "a.zip/a.zip/a.zip/a.txt"
    assert "archive in an archive" in reason("a.zip", zipped({name: data}))


def warc(*records: tuple[str, str, str, bytes], compressed: bool = True) -> bytes:
    """A web archive of (address, status, media type, body), written by warcio."""
    written = io.BytesIO()
    writer = WARCWriter(written, gzip=compressed)
    writer.write_record(writer.create_warcinfo_record("a.warc", {"software": "tests"}))
    for address, status, media_type, body in records:
        headers = StatusAndHeaders(status, [("Content-Type", media_type)], protocol="HTTP/1.1")
        record = writer.create_warc_record(
            address, "response", payload=io.BytesIO(body), http_headers=headers
        )
        writer.write_record(record)
        record.raw_stream.close()
    return written.getvalue()


PAGE = (
    b"<html><head><title>Ice</title></head><body><article><h1>Ice</h1><p>The harbor of Quillhaven "
    b"froze on Tuesday, for the first time in eleven years, and the ferry stayed at its pier.</p>"
    b"<p>It will sail again when the ice is gone, its captain said.</p></article></body></html>"
)
CRAWLED = (
    ("https://quillhaven.example/ice", "200 OK", "text/html; charset=utf-8", PAGE),
    ("https://quillhaven.example/gone", "404 Not Found", "text/html", PAGE),
    ("https://quillhaven.example/a.css", "200 OK", "text/css", b"p {}"),
    ("https://quillhaven.example/pier", "200 OK", "application/pdf", ARTICLES["north/pier.pdf"]),
)


@pytest.mark.parametrize("compressed", [True, False])
def test_the_pages_of_a_web_archive_are_articles_at_their_addresses(compressed: bool) -> None:
    name = "crawl.warc.gz" if compressed else "crawl.warc"
    found = read(name, warc(*CRAWLED, compressed=compressed))
    articles = {each.id: each for each in found if isinstance(each, Article)}
    assert set(articles) == {"https://quillhaven.example/ice", "https://quillhaven.example/pier"}
    assert len(found) == 2
    assert articles["https://quillhaven.example/ice"].info.url == "https://quillhaven.example/ice"
    assert "froze on Tuesday" in articles["https://quillhaven.example/ice"].text
    assert articles["https://quillhaven.example/pier"].info.pages == (0,)


def test_a_page_cannot_take_the_place_of_an_article_of_another_site() -> None:
    theirs = PAGE.replace(
        b"<head>", b'<head><link rel="canonical" href="https://other.example/story">'
    )
    (found,) = read("a.warc", warc(("https://evil.example/x", "200 OK", "text/html", theirs)))
    assert isinstance(found, Article)
    assert found.id == found.info.url == "https://evil.example/x"


def test_a_truncated_web_archive_is_read_to_the_cut() -> None:
    whole = warc(*CRAWLED)
    first, last = read("a.warc.gz", whole[: len(whole) * 3 // 4])
    assert isinstance(first, Article)
    assert isinstance(last, Unreadable)
    assert "not a complete web archive" in last.reason


@pytest.mark.parametrize("data", [b"", b"x", b"The harbor froze.\n" * 100])
def test_what_is_no_web_archive_is_said_to_be_none(data: bytes) -> None:
    assert "not a complete web archive" in reason("a.warc", data)
