"""POST /articles with uploaded files."""

import httpx
import pytest

from tests.qa.http.shapes import Body, assert_problem, at
from tests.qa.serving import Served
from tests.vectorstore.readers.documents.pdf_files import drawn_pdf, lines

TEXT = "The cat sat on the mat."


def test_files_are_added(adding: Served) -> None:
    files = [
        ("files", ("cats.txt", b"date 2022-03-03 Cats\n\nThe cat sat on the mat.")),
        ("files", ("dogs.md", "---\ntitle: Dögs\n---\nThe dog lay by the door.".encode())),
        ("files", ("more.jsonl", b'{"id": "m1", "text": "A mouse ran."}\nnonsense\n')),
        ("files", ("image.png", b"\x89PNG")),
        ("files", ("folder/cats.txt", b"The other cat stood.")),
    ]
    response = adding.http.post("/articles", files=files)
    assert response.status_code == 201
    by_id = {each["id"]: each for each in response.json()["articles"]}
    assert len(by_id) == 6
    for article_id in ("cats.txt", "dogs.md", "m1", "folder/cats.txt"):
        assert by_id[article_id]["status"] == "added", by_id
    assert by_id["more.jsonl, line 2"]["status"] == "skipped"
    assert by_id["image.png"]["status"] == "skipped"
    assert adding.http.get(at("cats.txt")).json()["published"] == "2022-03-03"
    assert adding.http.get(at("dogs.md")).json()["title"] == "Dögs"


def test_files_with_the_same_name_do_not_replace_each_other(adding: Served) -> None:
    files = [("files", ("x.txt", b"The first cat.")), ("files", ("x.txt", b"The second cat."))]
    first, second = adding.http.post("/articles", files=files).json()["articles"]
    assert (first["id"], first["status"]) == ("x.txt", "added")
    assert second["status"] == "skipped"
    assert adding.http.get(at("x.txt")).json()["text"] == "The first cat."


@pytest.mark.parametrize(
    "name", ["../../etc/cron.txt", "/abs/cats.txt", "C:\\cats.txt", "\x00.txt"]
)
def test_an_uploaded_file_may_have_any_name(adding: Served, name: str) -> None:
    response = adding.http.post("/articles", files=[("files", (name, TEXT.encode()))])
    assert response.status_code in (200, 201, 422)
    for each in response.json().get("articles", []):
        assert ".." not in each["id"]


def test_too_many_files_are_refused_with_their_limit(http: httpx.Client) -> None:
    files = [("files", (f"{n}.txt", b"The cat sat.")) for n in range(1_001)]
    assert "1000" in assert_problem(http.post("/articles", files=files), 400)


def test_an_id_that_is_too_long_is_skipped_with_its_limit(adding: Served) -> None:
    whole: Body = {
        "id": "x" * 1_000_000, "title": "X", "published": None, "source": None, "author": None,
        "url": None, "text": TEXT, "skipped": [],
    }  # fmt: skip
    records = [{"id": "x" * 1_000_000, "text": TEXT}, whole, {"id": "short", "text": TEXT}]
    *long, short = adding.http.post("/articles", json=records).json()["articles"]
    assert short["status"] == "added"
    for each in long:
        assert each["status"] == "skipped"
        assert "2,000" in each["reason"]
        assert len(each["id"]) < 100


def test_a_form_without_files_is_refused(http: httpx.Client) -> None:
    refused = http.post("/articles", files={"file": ("x.txt", TEXT.encode())})
    assert "files" in assert_problem(refused, 422)


def test_a_malformed_form_is_refused(http: httpx.Client) -> None:
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=x"):
        refused = http.post(
            "/articles", content=b"nonsense", headers={"Content-Type": content_type}
        )
        assert_problem(refused, refused.status_code)
        assert refused.status_code in (400, 422)


SHEETS = (
    lines("The museum of Quillhaven keeps a gondola of the zeppelin Odalys."),
    lines("The gondola of the zeppelin Odalys was found in a barn in the year 1931."),
)


def test_a_citation_of_a_pdf_has_its_page(adding: Served) -> None:
    files = [("files", ("gondola.pdf", drawn_pdf(*SHEETS)))]
    (added,) = adding.http.post("/articles", files=files).json()["articles"]
    assert added["status"] == "added"
    (again,) = adding.http.post("/articles", files=files).json()["articles"]
    assert again["status"] == "unchanged"
    question = {"question": "When was the gondola of the zeppelin Odalys found?"}
    citation = adding.http.post("/ask", json=question).json()["citations"][0]
    assert "1931" in citation["quote"]
    assert citation["page"] == 2
    article = adding.http.get(at("gondola.pdf")).json()
    assert article["pages"] == [0, article["text"].index("The gondola of")]
    assert article["text"][citation["start"] : citation["end"]] == citation["quote"]


def test_pages_survive_the_way_through_the_interface_and_are_checked(adding: Served) -> None:
    files = [("files", ("gondola.pdf", drawn_pdf(*SHEETS)))]
    adding.http.post("/articles", files=files)
    article = adding.http.get(at("gondola.pdf")).json()
    (same,) = adding.http.post("/articles", json=article).json()["articles"]
    assert same["status"] == "unchanged"
    for pages in ([0, 10_000], [5, 0], [-1]):
        sent = {**article, "id": "other", "pages": pages}
        (refused,) = adding.http.post("/articles", json=sent).json()["articles"]
        assert "`pages`" in refused["reason"]
