"""Several collections in one service: each by its own routes, and nothing of one in another."""

import json
import logging
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from logging.handlers import QueueHandler
from pathlib import Path
from queue import SimpleQueue
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import pytest
from openai import NotFoundError, OpenAI

from qa.composition import build_pool
from qa.connect import open_library
from qa.http.access import AccessControl
from qa.http.app import create_app
from qa.http_client import Client, CollectionsClient, ServiceError
from qa.keys import KeyRing, read_local_key, write_local_key
from qa.schemas import CollectionInfo
from qa.settings import read_settings
from tests.openai_server import OpenAIServer, Say
from tests.qa.http.shapes import Body, assert_problem
from tests.qa.serving import running
from tests.qa.shelf import LIGHT, PHRASES, TEXTS, Shelf, shelf_in
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.engine import IndexInUse

QUESTION = "How many dollars did harbor pilots earn?"
NAMES = ("default", "a", "b")


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    """Without keys. A test that changes it puts it back."""
    with shelf_in(tmp_path_factory.mktemp("shelf")) as shelf:
        yield shelf


@pytest.fixture(scope="module")
def keyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    with shelf_in(tmp_path_factory.mktemp("keyed"), keyed=True) as shelf:
        yield shelf


@pytest.fixture(scope="module")
def of_a(keyed: Shelf) -> dict[str, str]:
    """A key that may change `a` and nothing else."""
    return keyed.key("of a", "a", scope="change")


@pytest.fixture(scope="module")
def of_all(keyed: Shelf) -> dict[str, str]:
    return keyed.key("of all", scope="change")


def at(name: str, path: str) -> str:
    return f"/collections/{quote(name, safe='')}{path}"


def only(name: str, text: str) -> bool:
    """Whether a text has the words of this collection's article and of no other."""
    return [each for each in NAMES if PHRASES[each] in text] == [name]


@pytest.mark.parametrize("name", NAMES)
def test_every_route_of_a_collection_knows_its_articles_alone(shelf: Shelf, name: str) -> None:
    http = shelf.http
    asked = {"question": QUESTION}
    chat = {"model": "article-qa", "messages": [{"role": "user", "content": QUESTION}]}
    assert only(name, http.get(at(name, f"/search?q={QUESTION}&k=100")).text)
    assert only(name, http.post(at(name, "/ask"), json=asked).text)
    stream = {"Accept": "text/event-stream"}
    assert only(name, http.post(at(name, "/ask"), json=asked, headers=stream).text)
    assert only(name, http.post(at(name, "/v1/chat/completions"), json=chat).text)
    listed = http.get(at(name, "/articles")).json()["articles"]
    assert [each["id"] for each in listed] == [f"only-{name}"]
    assert http.get(at(name, "/collection")).json()["name"] == name
    for other in NAMES:
        status = http.get(at(name, f"/articles/only-{other}")).status_code
        assert status == (200 if other == name else 404)
        checked = http.post(at(name, "/check"), json={"text": TEXTS[other]}).json()
        assert checked["supported"] is (other == name)


def test_the_plain_routes_are_those_of_the_default_collection(shelf: Shelf) -> None:
    plain = shelf.http.get("/articles").json()
    assert plain == shelf.http.get("/collections/default/articles").json()
    assert [each["id"] for each in plain["articles"]] == ["only-default"]


def test_a_change_of_one_collection_leaves_the_others_alone(shelf: Shelf) -> None:
    http = shelf.http
    added = http.post(at("a", "/articles?undoable=true"), json={"id": "new", "text": "Gulls fly."})
    assert added.status_code == 201
    token = added.json()["undo"]
    for elsewhere in ("/articles/new", at("b", "/articles/new")):
        assert_problem(http.get(elsewhere), 404)
        assert_problem(http.delete(elsewhere), 404)
    for elsewhere in (f"/undo/{token}", at("b", f"/undo/{token}")):
        assert_problem(http.post(elsewhere), 404)
    assert http.post(at("a", f"/undo/{token}")).json()["removed"] == ["new"]


def test_what_one_collection_follows_no_other_does(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("The ferry sailed at noon.")
    followed = shelf.http.post(at("a", "/followed"), json={"address": str(tmp_path)})
    assert followed.status_code == 201
    try:
        for elsewhere in ("/followed", at("b", "/followed")):
            assert shelf.http.get(elsewhere).json() == {"followed": []}
            gone = shelf.http.delete(elsewhere, params={"address": str(tmp_path)})
            assert_problem(gone, 404)
        assert shelf.http.get("/articles").json()["total"] == 1
        assert shelf.http.get(at("a", "/articles/note.txt")).status_code == 200
    finally:
        shelf.http.delete(at("a", "/followed"), params={"address": str(tmp_path)})
        shelf.http.delete(at("a", "/articles/note.txt"))


def test_an_openai_client_chooses_a_collection_by_the_model_or_by_the_address(
    shelf: Shelf,
) -> None:
    def ask(base: str, model: str) -> str:
        with OpenAI(base_url=f"{shelf.url}{base}", api_key="any", max_retries=0) as client:
            asked: list[Body] = [{"role": "user", "content": QUESTION}]
            return client.chat.completions.create(
                model=model,
                messages=asked,  # type: ignore[arg-type]  # as plain dicts
            ).model_dump_json()

    assert only("default", ask("/v1", "article-qa"))
    assert only("a", ask("/v1", "article-qa/a"))
    assert only("b", ask("/v1", "article-qa-extractive/b"))
    assert only("b", ask("/collections/b/v1", "article-qa"))
    assert f"{shelf.url}/collections/a/articles/only-a" in ask("/v1", "article-qa/a")
    assert f"{shelf.url}/collections/b/articles/only-b" in ask("/collections/b/v1", "article-qa")
    with pytest.raises(NotFoundError, match="There are: article-qa, article-qa-extractive"):
        ask("/collections/b/v1", "article-qa/a")
    models = [each["id"] for each in shelf.http.get("/v1/models").json()["data"]]
    assert models == [
        "article-qa", "article-qa-extractive", "article-qa-embedding",
        "article-qa/a", "article-qa-extractive/a", "article-qa-embedding/a",
        "article-qa/b", "article-qa-extractive/b", "article-qa-embedding/b",
    ]  # fmt: skip


# A key that is for some collections.

ROUTES = (
    ("GET", "/articles"), ("GET", "/articles/only-b"), ("GET", "/search?q=harbor"),
    ("GET", "/search"), ("GET", "/collection"), ("GET", "/followed"), ("GET", "/v1/models"),
    ("POST", "/ask"), ("POST", "/check"), ("POST", "/articles"), ("POST", "/addresses"),
    ("POST", "/undo/token"), ("POST", "/followed/look"), ("DELETE", "/articles/only-b"),
    ("DELETE", "/followed?address=x"), ("DELETE", ""), ("PATCH", ""), ("GET", ""),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_a_key_of_one_collection_cannot_tell_another_from_one_that_is_not_there(
    keyed: Shelf, of_a: dict[str, str], method: str, path: str
) -> None:
    responses = [
        keyed.http.request(method, at(name, path), headers=of_a) for name in ("b", "z", "default")
    ]
    told = {
        (each.status_code, each.json()["detail"].replace(repr(name), "'...'"))
        for each, name in zip(responses, ("b", "z", "default"), strict=True)
    }
    assert len({(status, detail.split("/collections")[0]) for status, detail in told}) == 1
    assert all("300" not in each.text for each in responses)
    if path:
        assert assert_problem(responses[0], 404) == ("There is no collection 'b'. There are: a.")


def test_a_key_of_one_collection_has_no_use_of_the_plain_routes(
    keyed: Shelf, of_a: dict[str, str]
) -> None:
    for method, path in ROUTES:
        if path not in ("", "/v1/models"):
            refused = keyed.http.request(method, path, headers=of_a)
            detail = assert_problem(refused, 404)
            assert detail == "There is no collection 'default'. There are: a."


def test_a_key_of_one_collection_uses_it_in_full(keyed: Shelf, of_a: dict[str, str]) -> None:
    http = keyed.http
    assert only("a", http.get(at("a", "/search?q=harbor"), headers=of_a).text)
    added = http.post(at("a", "/articles"), json={"id": "n", "text": "Gulls fly."}, headers=of_a)
    assert added.status_code == 201
    assert http.delete(at("a", "/articles/n"), headers=of_a).status_code == 204
    reader = keyed.key("reads a", "a")
    assert http.get(at("a", "/articles"), headers=reader).status_code == 200
    assert_problem(http.delete(at("a", "/articles/only-a"), headers=reader), 403)


def test_a_key_of_one_collection_sees_no_other_in_lists_numbers_and_models(
    keyed: Shelf, of_a: dict[str, str], of_all: dict[str, str]
) -> None:
    def names(headers: dict[str, str]) -> list[str]:
        listed = keyed.http.get("/collections", headers=headers).json()["collections"]
        return [each["name"] for each in listed]

    assert names(of_a) == ["a"]
    assert names(of_all) == ["default", "a", "b"]
    models = keyed.http.get("/v1/models", headers=of_a).json()["data"]
    assert [each["id"] for each in models] == [
        "article-qa/a",
        "article-qa-extractive/a",
        "article-qa-embedding/a",
    ]
    refused = keyed.http.get("/metrics", headers=of_a)
    assert "for some collections only" in assert_problem(refused, 403)
    assert 'article_qa_articles{collection="b"} 1.0' in (
        keyed.http.get("/metrics", headers=of_all).text
    )
    described = keyed.http.get("/openapi.json", headers=of_a).text
    assert "only-b" not in described
    assert '"b"' not in described


@pytest.mark.parametrize(
    "model", ["article-qa/b", "article-qa/z", "article-qa", "article-qa/../b", "article-qa/", "x/a"]
)
def test_a_key_of_one_collection_reaches_no_other_by_a_model(
    keyed: Shelf, of_a: dict[str, str], model: str
) -> None:
    chat = {"model": model, "messages": [{"role": "user", "content": QUESTION}]}
    refused = keyed.http.post("/v1/chat/completions", json=chat, headers=of_a)
    assert assert_problem(refused, 404) == (
        f"There is no model {model!r} here. There are: article-qa/a, article-qa-extractive/a."
    )
    for route, body in (
        ("responses", {"input": QUESTION}),
        ("completions", {"prompt": QUESTION}),
        ("embeddings", {"input": QUESTION}),
    ):
        refused = keyed.http.post(f"/v1/{route}", json={"model": model, **body}, headers=of_a)
        assert "There is no model" in assert_problem(refused, 404)
    through_a = keyed.http.post(at("a", "/v1/chat/completions"), json=chat, headers=of_a)
    if model == "article-qa":
        assert only("a", through_a.text)
    else:
        assert_problem(through_a, 404)


def test_a_key_of_one_collection_manages_none(keyed: Shelf, of_a: dict[str, str]) -> None:
    refused = keyed.http.post("/collections", json={"name": "mine"}, headers=of_a)
    assert "may not add, change or remove" in assert_problem(refused, 403)
    assert_problem(keyed.http.delete("/collections/a", headers=of_a), 403)
    assert_problem(keyed.http.patch("/collections/a", json={"name": "c"}, headers=of_a), 403)
    assert keyed.pool.names() == NAMES


def test_a_key_of_one_collection_reads_no_folder_of_the_machine(
    keyed: Shelf, of_a: dict[str, str]
) -> None:
    folder = {"address": str(keyed.folder / "collections" / "b")}
    refused = keyed.http.post(at("a", "/followed"), json=folder, headers=of_a)
    assert "may not follow a folder" in assert_problem(refused, 403)
    assert keyed.http.get(at("a", "/followed"), headers=of_a).json() == {"followed": []}


def test_a_filter_by_an_article_of_another_collection_finds_nothing(
    keyed: Shelf, of_a: dict[str, str]
) -> None:
    asked = {"question": QUESTION, "filters": {"article_ids": ["only-b"]}}
    answer = keyed.http.post(at("a", "/ask"), json=asked, headers=of_a).json()
    assert not answer["answered"]
    assert (answer["citations"], answer["passages"]) == ([], [])


def test_the_rate_of_one_key_is_not_used_up_by_another(tmp_path: Path) -> None:
    with shelf_in(tmp_path, keyed=True, key_rate="2/minute") as shelf:
        of_a, of_b = shelf.key("a", "a"), shelf.key("b", "b")
        statuses = [shelf.http.get(at("a", "/articles"), headers=of_a) for _ in range(3)]
        assert [each.status_code for each in statuses] == [200, 200, 429]
        other = shelf.http.get(at("b", "/articles"), headers=of_b)
        assert other.status_code == 200
        assert other.headers["ratelimit"].split(";")[1] == "r=1"


def test_the_page_of_a_collection_is_there_for_any_name_and_gives_nothing_away(
    keyed: Shelf,
) -> None:
    pages = [keyed.http.get(at(name, "/")) for name in ("default", "b", "z")]
    assert {each.status_code for each in pages} == {200}
    assert len({each.content for each in pages}) == 1
    assert keyed.http.get(at("z", "/web/app.js")).status_code == 200
    assert_problem(keyed.http.get(at("b", "/collection")), 401)


# Names that mean something elsewhere.

STRANGE = (
    "..", ".", "../a", "..%2fa", "%2e%2e%2fa", "a%2f..%2fb", "a/../b", "A", "а", "ａ", "a%00",
    "a%0a", "a.", "a%20", "%20a", "a%5c..%5cb", "con", ".lock", "a" * 5_000, "%f0%9f%98%80",
    "a%E2%80%8B", "-a", "{collection}",
)  # fmt: skip


def sent(shelf: Shelf, method: str, target: str, headers: dict[str, str]) -> tuple[int, str]:
    """The response to a request for exactly this target: httpx would resolve its dots."""
    address = urlsplit(shelf.url)
    connection = HTTPConnection(address.netloc, timeout=30)
    try:
        connection.request(method, quote(target, safe="/%.{}"), headers=headers)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_name_leads_nowhere(keyed: Shelf, of_all: dict[str, str], name: str) -> None:
    before = sorted(keyed.folder.rglob("*"))
    for path in ("/articles", "/collection", "/v1/models", ""):
        for method in ("GET", "POST", "DELETE"):
            status, text = sent(keyed, method, f"/collections/{name}{path}", of_all)
            assert status in (404, 405, 415), (method, path, status, text)
            assert "dollars" not in text
            assert len(text) < 2_000
    assert sorted(keyed.folder.rglob("*")) == before


@pytest.mark.parametrize(
    "name", ["", "..", "../x", "a/b", "A", "а", "con", "nul", "a" * 65, "a\n", "a b", ".x", "x-"]
)
def test_no_collection_gets_a_strange_name(shelf: Shelf, name: str) -> None:
    assert_problem(shelf.http.post("/collections", json={"name": name}), 422)
    assert_problem(shelf.http.patch("/collections/a", json={"name": name}), 422)
    assert shelf.pool.names() == NAMES


def test_a_name_is_given_once(shelf: Shelf) -> None:
    for name in ("a", "default"):
        assert_problem(shelf.http.post("/collections", json={"name": name}), 409)
        assert_problem(shelf.http.patch("/collections/b", json={"name": name}), 409)
    assert_problem(shelf.http.delete("/collections/default"), 422)
    assert_problem(shelf.http.patch("/collections/default", json={"name": "c"}), 422)


# Adding, renaming, removing.


def test_the_whole_life_of_a_collection(shelf: Shelf) -> None:
    http = shelf.http
    added = http.post("/collections", json={"name": "news-2026", "description": " Papers "})
    assert added.status_code == 201
    assert added.json() == {
        "name": "news-2026", "description": "Papers", "embedding_model": None, "chat_model": True,
    }  # fmt: skip
    assert http.get(at("news-2026", "/collection")).json()["description"] == "Papers"
    http.post(at("news-2026", "/articles"), json={"id": "n", "text": "Gulls fly."})
    renamed = http.patch("/collections/news-2026", json={"name": "papers"})
    assert renamed.json()["description"] == "Papers"
    assert_problem(http.get(at("news-2026", "/articles")), 404)
    assert http.get(at("papers", "/articles/n")).json()["text"] == "Gulls fly."
    assert http.delete("/collections/papers").status_code == 204
    assert_problem(http.get(at("papers", "/articles")), 404)
    assert_problem(http.delete("/collections/papers"), 404)
    left = [each.name for each in (shelf.folder / "collections").iterdir()]
    assert sorted(left) == [".lock", "a", "b"]


def test_only_this_machine_names_an_embedding_model(keyed: Shelf, of_all: dict[str, str]) -> None:
    local_key = write_local_key(keyed.folder)
    control = AccessControl(KeyRing((), keyed.keys), "none", "none", local_key=local_key)
    app = create_app(keyed.pool.default, pool=keyed.pool, is_local=False, control=control)
    info = CollectionInfo("models", embedding_model="another")
    with running(app) as url:
        body = {"name": info.name, "embedding_model": info.embedding_model}
        refused = httpx.post(f"{url}/collections", json=body, headers=of_all)
        assert "qa collections add NAME" in assert_problem(refused, 403)
        with Client(url, read_local_key(keyed.folder)) as client:
            CollectionsClient(client).add(info)
    assert keyed.pool.info("models") == info
    keyed.pool.remove("models")


def test_a_collection_whose_list_of_followed_is_damaged_still_answers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pool = build_pool(read_settings(data=tmp_path, **LIGHT), HashingEmbedder())
    pool.add(CollectionInfo("a"))
    (tmp_path / "collections" / "a" / "followed.json").write_text("{")
    try:
        with pool.using("a") as service:
            assert service.collection().articles == 0
    finally:
        pool.close()
    assert "The collection a follows nothing" in caplog.text
    assert "is damaged" in caplog.text


def test_a_command_uses_the_service_of_a_collection_beside_servers(shelf: Shelf) -> None:
    shelf.pool.serve_at(shelf.url)
    settings = read_settings(
        data=shelf.folder,
        collection="fish",
        database_url="postgresql://127.0.0.1/articles",
        chroma_url="http://127.0.0.1:1",
    )
    shelf.pool.add(CollectionInfo("fish"))

    def never_wait(in_use: IndexInUse) -> None:
        raise in_use

    with shelf.pool.using("fish"), closing(open_library(settings, never_wait)) as library:
        assert isinstance(library, Client)
        assert library.collection().name == "fish"
    shelf.pool.remove("fish")


def test_keys_follow_a_collection_to_its_name_and_not_to_another_of_that_name(
    tmp_path: Path,
) -> None:
    with shelf_in(tmp_path, keyed=True, infos=[CollectionInfo("a")]) as shelf:
        key, everything = shelf.key("of a", "a"), shelf.key("all", scope="change")
        patched = shelf.http.patch("/collections/a", json={"name": "b"}, headers=everything)
        assert patched.status_code == 200
        assert shelf.http.get(at("b", "/articles"), headers=key).status_code == 200
        shelf.http.delete("/collections/b", headers=everything)
        shelf.http.post("/collections", json={"name": "b"}, headers=everything)
        refused = shelf.http.get(at("b", "/articles"), headers=key)
        assert "none that you may use" in assert_problem(refused, 404)


# The chat model.


def asking(model: OpenAIServer) -> dict[str, Any]:
    return {"model": "openai:scripted", "model_base_url": model.url, "model_api_key": "sk-x"}


def test_equal_questions_get_the_answers_of_their_collection_and_not_cached_ones(
    tmp_path: Path,
) -> None:
    says = [Say(f"Harbor pilots earned {PHRASES[name]} on {day}day [1].")
            for name, day in (("a", "Tues"), ("b", "Wednes"))]  # fmt: skip
    with OpenAIServer(says) as model, shelf_in(tmp_path, **asking(model)) as shelf:

        def ask(name: str) -> str:
            return shelf.http.post(at(name, "/ask"), json={"question": QUESTION}).text

        first, second = ask("a"), ask("b")
        assert only("a", first)
        assert only("b", second)
        asked = len(model.requests)
        assert only("a", ask("a"))
        assert only("b", ask("b"))
        assert len(model.requests) == asked, "from the cache"


def test_a_collection_without_the_chat_model_sends_it_nothing(tmp_path: Path) -> None:
    private = CollectionInfo("a", chat_model=False)
    with (
        OpenAIServer([Say("Nobody asked.")]) as model,
        shelf_in(tmp_path, infos=[private], checker="llm", **asking(model)) as shelf,
    ):
        answer = shelf.http.post(at("a", "/ask"), json={"question": QUESTION}).json()
        assert answer["answerer"] == "extractive"
        history = [{"role": "user", "content": "Who earned what?"}]
        shelf.http.post(at("a", "/ask"), json={"question": "And when?", "history": history})
        shelf.http.post(at("a", "/check"), json={"text": TEXTS["a"]})
        refused = shelf.http.post(at("a", "/ask"), json={"question": QUESTION, "answerer": "llm"})
        assert_problem(refused, 422)
        assert model.requests == []
        models = [each["id"] for each in shelf.http.get("/v1/models").json()["data"]]
        assert "article-qa-llm" in models
        assert "article-qa-llm/a" not in models


def test_the_log_names_the_collection_and_not_the_question(
    shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    logged: SimpleQueue[logging.LogRecord] = SimpleQueue()
    handler = QueueHandler(logged)
    logger = logging.getLogger("qa.access")
    logger.addHandler(handler)
    try:
        with caplog.at_level(logging.INFO, "qa.access"):
            shelf.http.get(at("a", "/search"), params={"q": "secret harbor"})
            # The response may be here before the line is written.
            record = logged.get(timeout=20)
    finally:
        logger.removeHandler(handler)
    assert record.__dict__["collection"] == "a"
    assert "secret" not in json.dumps(record.__dict__, default=str)


def test_metrics_name_routes_and_not_the_names_that_strangers_try(shelf: Shelf) -> None:
    for n in range(3):
        shelf.http.get(at(f"guess-{n}", "/articles"))
    told = shelf.http.get("/metrics").text
    assert "guess" not in told
    assert 'route="/articles",status="404"' in told


def test_a_client_cannot_rename_or_remove_the_default_collection(shelf: Shelf) -> None:
    with Client(shelf.url) as client:
        there = CollectionsClient(client)
        with pytest.raises(ServiceError, match="it has no other name"):
            there.remove("default")
        with pytest.raises(ServiceError, match="it has no other name"):
            there.change("default", CollectionInfo("c"))
