"""`import qa`: in this process, through the service that has the folder open, and at its URL."""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

import qa
from qa.cited_answer import CitedAnswer
from qa.types import Citation, Sentence, Turn
from tests.openai_server import Say
from tests.qa.llm_service import QUESTION, TRUE
from tests.qa.llm_service import answering as answering_with
from tests.qa.processes import environment
from tests.qa.shelf import LIGHT, PHRASES, Shelf, shelf_in

FERRY = {"id": "ferry", "text": "The ferry to Kell runs twice a day.", "title": "The ferry"}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with shelf_in(tmp_path_factory.mktemp("shelf")) as shelf:
        shelf.pool.default.store.serve_at(shelf.url)
        yield shelf


def test_a_collection_that_is_kept_nowhere_is_gone_when_it_is_closed() -> None:
    articles = qa.open(**LIGHT)
    folder = Path(articles._settings.data)
    report = articles.add(FERRY, {"title": "No text"})
    assert [each.status for each in report.articles] == ["added", "skipped"]
    answer = articles.ask("How often does the ferry to Kell run?")
    (citation,) = answer.citations
    whole = articles.article(citation.article_id)
    assert whole is not None
    assert whole.text[citation.start : citation.end] == citation.quote
    assert len(articles) == 1
    assert [each.id for each in articles] == ["ferry"]
    assert articles.remove("ferry")
    articles.close()
    articles.close()
    assert not folder.exists()


@pytest.mark.parametrize("way", ["folder", "url"])
def test_a_running_service_is_reached_by_its_folder_and_by_its_url(shelf: Shelf, way: str) -> None:
    where = str(shelf.folder) if way == "folder" else shelf.url
    with qa.open(where) as articles, qa.open(where, collection="a") as other:
        assert PHRASES["default"] in articles.ask("How much did harbor pilots earn?").text
        assert PHRASES["a"] in other.ask("How much did harbor pilots earn?").text
        assert PHRASES["a"] in other.search("harbor pilots")[0].text
        checked = other.check("Harbor pilots earned 200 dollars on Tuesday.")
        assert checked.supported
        assert PHRASES["a"] in checked.citations[0].quote
        assert other.add(FERRY).articles[0].status == "added"
        assert shelf.http.get("/collections/a/articles/ferry").status_code == 200
        assert other.remove("ferry")


def test_an_answer_is_streamed_in_a_loop_and_without_one(shelf: Shelf) -> None:
    with qa.open(shelf.url) as articles:
        whole = articles.ask("How much did harbor pilots earn?")
        stream = articles.stream("How much did harbor pilots earn?")
        with pytest.raises(RuntimeError, match="iterate over its stream first"):
            _ = stream.answer
        assert "".join(stream) == whole.text
        assert stream.answer.citations == whole.citations

        async def in_a_loop() -> tuple[str, str]:
            stream = articles.stream("How much did harbor pilots earn?")
            pieces = [piece async for piece in stream]
            answer = await articles.ask_async("How much did harbor pilots earn?")
            return "".join(pieces), answer.text

        assert asyncio.run(in_a_loop()) == (whole.text, whole.text)
        first = next(iter(articles.stream("How much did harbor pilots earn?")))
        assert whole.text.startswith(first)


def test_an_answer_is_part_of_the_history_of_the_next(tmp_path: Path) -> None:
    condensed = "When did Coinbase leave the Blockchain Association?"
    deeds = [Say(TRUE), Say(condensed), Say("Coinbase left the group within days [1].")]
    with (
        answering_with(tmp_path / "index", deeds, checker="rules", reader="none") as it,
        qa.open(it.served.url) as articles,
    ):
        before = articles.ask(QUESTION)
        after = articles.ask("When did it leave?", [before, Turn("user", "Thanks.")])
    assert after.standalone_question == condensed


def test_what_cannot_be_opened_is_a_sentence(shelf: Shelf, tmp_path: Path) -> None:
    with pytest.raises(qa.UserError, match="does not answer"):
        qa.open("http://127.0.0.1:9")
    with pytest.raises(qa.UserError, match="leave model out"):
        qa.open(shelf.url, model="openai:x")
    with pytest.raises(qa.UserError, match="A key is for the URL of a service"):
        qa.open(tmp_path, key="k")
    with pytest.raises(qa.UserError, match="no collection"):
        qa.open(shelf.url, collection="nothing")


def test_a_key_is_sent(tmp_path: Path) -> None:
    with shelf_in(tmp_path, keyed=True) as keyed:
        with pytest.raises(qa.UserError, match="needs a key"):
            qa.open(keyed.url)
        secret = keyed.key("anna")["Authorization"].removeprefix("Bearer ")
        with qa.open(keyed.url, key=secret) as articles:
            assert len(articles) == 1


ANSWER = CitedAnswer(
    id="1",
    question="Who?",
    standalone_question="Who?",
    passages=(),
    answered=True,
    text="<b>Anna</b> did [1]. Ben did.",
    sentences=(
        Sentence(0, 20, "<b>Anna</b> did [1].", (1,), True),
        Sentence(21, 29, "Ben did.", (), False, 'No "article" says so.', "not_found"),
    ),
    citations=(
        Citation(
            number=1, article_id="<a>", passage_id="p", start=3, end=9, quote="Anna <did> it.",
            title="</blockquote><script>alert(1)</script>", url="https://example.org/a",
        ),
    ),
)  # fmt: skip


def test_an_answer_prints_its_quotes() -> None:
    assert str(ANSWER) == repr(ANSWER)
    assert str(ANSWER).splitlines()[2:] == [
        "[1] </blockquote><script>alert(1)</script>",
        "    “Anna <did> it.”",
        "    <a>, characters 3 to 9",
    ]


def test_an_answer_shows_its_quotes_as_html_and_obeys_nothing_in_them() -> None:
    tags: list[str] = []
    links: list[str | None] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            tags.append(tag)
            links.extend(value for name, value in attributes if name == "href")

    html = ANSWER._repr_html_()
    Reader().feed(html)
    assert tags == ["div", "p", "s", "ol", "li", "blockquote", "cite", "a", "br", "small"]
    assert links == ["https://example.org/a#:~:text=Anna%20%3Cdid%3E%20it."]
    assert "Anna &lt;did&gt; it." in html
    assert 'title="No &quot;article&quot; says so."' in html


def test_importing_it_imports_nothing_slow() -> None:
    program = (
        "import sys, qa; "
        "slow = {'anyio', 'chromadb', 'httpx', 'langchain_core', 'numpy', 'pydantic', 'torch'}; "
        "assert not slow & set(sys.modules), slow & set(sys.modules); "
        "assert 'open' in dir(qa)"
    )
    subprocess.run([sys.executable, "-c", program], env=environment(), check=True, timeout=60)
