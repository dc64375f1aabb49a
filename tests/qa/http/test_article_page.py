"""An article as a page: the quote is marked, its text is text, and keys are asked for."""

from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from qa.http.access import COOKIE, AccessControl
from qa.keys import KeyFile, KeyRing
from tests.qa.http.conftest import Serve
from tests.qa.http.scripted import Waiting
from tests.qa.http.shapes import at
from tests.qa.serving import Served

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
QUESTION = "When did Binance.US join the Blockchain Association?"
HOSTILE = {
    "id": "evil/<img src=x onerror=alert(1)>?a=b#c%2F..",
    "title": "</title><script>alert(1)</script>\u202egnp.exe",
    "source": "<svg/onload=alert(1)>",
    "text": "</article><script>alert(1)</script>\r\n\r\n"
    "<b onclick=alert(1)>The \u202everdict 🍜 & so on.",
}


class Page(HTMLParser):
    """The tags of a page, its text within the article, and within the mark."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.links: list[str] = []
        self.article = ""
        self.marked = ""
        self._open: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open.append(tag)
        self.links += [value or "" for name, value in attributes if name in ("href", "src")]
        assert not [name for name, _ in attributes if name.startswith("on")]
        if ("class", "control") in attributes and "article" in self._open:
            name = dict(attributes)["data-name"]
            self.article += {"RLO": "\u202e"}[name or ""]

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if "article" in self._open:
            self.article += data
        if "mark" in self._open:
            self.marked += data


def test_the_address_of_a_citation_opens_its_article_with_the_quote_marked(
    http: httpx.Client,
) -> None:
    chat = {"messages": [{"role": "user", "content": QUESTION}]}
    completion = http.post("/v1/chat/completions", json=chat).json()
    annotations = completion["choices"][0]["message"]["annotations"]
    for citation, annotation in zip(completion["citations"], annotations, strict=True):
        response = http.get(annotation["url_citation"]["url"], headers=BROWSER)
        assert response.status_code == 200
        page = Page(response.text)
        whole = http.get(at(citation["article_id"])).json()
        assert page.marked == citation["quote"]
        assert page.article == whole["text"]
        assert "script" not in page.tags
        assert response.text.count('id="quote"') == 1
        policy = response.headers["content-security-policy"]
        assert policy.startswith("default-src 'none'")
        assert "script" not in policy
        assert response.headers["vary"] == "Accept"
        for link in page.links:
            if link.startswith("/web/"):
                assert http.get(link).status_code == 200


@pytest.mark.parametrize("accept", ["*/*", "application/json", "application/json, text/html;q=0.5"])
def test_programs_get_json(http: httpx.Client, served: Served, accept: str) -> None:
    (article_id, *_) = served.service.store.catalog.article_ids()
    response = http.get(f"{at(article_id)}?start=0&end=5", headers={"Accept": accept})
    assert response.json()["id"] == article_id
    assert response.headers["vary"] == "Accept"


def test_a_hostile_article_is_text(adding: Served) -> None:
    added = adding.http.post("/articles", json=HOSTILE)
    assert added.status_code == 201, added.text
    text = adding.http.get(at(HOSTILE["id"])).json()["text"]
    start = text.index("verdict")
    address = f"{at(HOSTILE['id'])}?start={start}&end={start + 9}"
    source = adding.http.get(address, headers=BROWSER).text
    page = Page(source)
    assert page.article == text
    assert page.marked == "verdict 🍜"
    assert not {"script", "b", "svg", "img"} & set(page.tags)
    assert "\u202e" not in unescape(source)
    assert page.links[-1].startswith("/#/articles/evil%2F%3Cimg%20src")


@pytest.mark.parametrize("asked", ["start=5&end=99999999", "start=9&end=9", "start=9&end=3"])
def test_a_range_that_is_not_there_is_said(http: httpx.Client, served: Served, asked: str) -> None:
    (article_id, *_) = served.service.store.catalog.article_ids()
    response = http.get(f"{at(article_id)}?{asked}", headers=BROWSER)
    assert response.status_code == 200
    assert "it has changed since it was quoted" in response.text
    assert "mark" not in Page(response.text).tags


def test_an_article_that_is_gone_is_a_page_that_says_so(http: httpx.Client) -> None:
    response = http.get("/articles/%3Cb%3Egone", headers=BROWSER)
    assert response.status_code == 404
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "There is no article with the id &#x27;&lt;b&gt;gone&#x27;." in response.text


def test_a_page_needs_the_key_and_says_how_to_give_it(serve: Serve, tmp_path: Path) -> None:
    keys = KeyFile(tmp_path / "keys.json")
    secret = keys.add("reader", "read")
    http = serve(Waiting(), control=AccessControl(KeyRing((), keys), "none", "none")).http
    refused = http.get("/articles/one?start=0&end=3", headers=BROWSER)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    page = Page(refused.text)
    assert "/articles/one?start=0&end=3#quote" in page.links
    assert "cat sat" not in refused.text
    allowed = http.get(
        "/articles/one?start=0&end=3", headers={**BROWSER, "Cookie": f"{COOKIE}={secret}"}
    )
    assert Page(allowed.text).marked == "The"
