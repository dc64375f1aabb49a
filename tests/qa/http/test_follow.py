"""/addresses, /followed and /undo: articles from the web, and additions taken back."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest

from qa.composition import build_service
from qa.http.app import create_app
from qa.http_client import Client, ServiceError
from qa.settings import read_settings
from tests.qa.http.shapes import assert_problem, at
from tests.qa.serving import Served, running
from tests.vectorstore.fetching.test_web_reader import ICE, THAW, rss
from tests.vectorstore.hashing import HashingEmbedder
from tests.website import Reply, Website, send_html, website

UNDONE: dict[str, object] = {"removed": [], "restored": [], "kept": [], "unfollowed": None}


@pytest.fixture
def site() -> Iterator[Website]:
    with website() as served:
        yield served


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Served]:
    """A service of its own, which may fetch from this machine."""
    folder = tmp_path / "index"
    service = build_service(read_settings(data=folder, fetch_allow="127.0.0.1"), HashingEmbedder())
    with running(create_app(service)) as url, httpx.Client(base_url=url, timeout=60) as http:
        yield Served(url, http, service, folder)
    service.close()


def ids(served: Served) -> set[str]:
    return {each["id"] for each in served.http.get("/articles").json()["articles"]}


def test_an_address_is_added_and_that_is_undone(here: Served, site: Website) -> None:
    site.put_html("/ice", ICE)
    response = here.http.post("/addresses", json={"address": site.url("/ice")})
    assert response.status_code == 201
    report = response.json()
    assert report["articles"] == [{"id": site.url("/ice"), "status": "added", "reason": None}]
    undone = here.http.post(f"/undo/{report['undo']}").json()
    assert undone == UNDONE | {"removed": [site.url("/ice")]}
    assert ids(here) == set()
    assert_problem(here.http.post(f"/undo/{report['undo']}"), 404)


def test_a_feed_is_added_while_it_is_fetched_and_each_entry_is_told(
    here: Served, site: Website, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qa.service.SECONDS_TO_COLLECT", 0.0)
    found: list[set[str]] = []

    def serve_thaw(request: BaseHTTPRequestHandler) -> None:
        found.append(ids(here))
        send_html(request, THAW)

    site.put_html("/ice", ICE)
    site.pages["/thaw"] = serve_thaw
    site.put("/feed", rss(site, "/ice", "/thaw"), "text/xml")
    headers = {"Accept": "text/event-stream"}
    told = here.http.post("/addresses", json={"address": site.url("/feed")}, headers=headers)
    events = [each.split("\n") for each in told.text.strip().split("\n\n")]
    assert [each[0] for each in events] == ["event: progress"] * 3 + ["event: added"]
    data = [json.loads(each[1].removeprefix("data: ")) for each in events]
    assert data[:3] == [{"done": done, "total": 2} for done in range(3)]
    assert found == [{site.url("/ice")}]
    assert ids(here) == {site.url("/ice"), site.url("/thaw")}
    undone = here.http.post(f"/undo/{data[3]['undo']}").json()
    assert set(undone["removed"]) == {site.url("/ice"), site.url("/thaw")}
    assert ids(here) == set()


def test_following_is_undone_with_what_it_added(here: Served, site: Website) -> None:
    site.put_html("/ice", ICE)
    site.put_html("/thaw", THAW)
    here.http.post("/addresses", json={"address": site.url("/thaw")})
    feed = site.url("/feed")
    site.put("/feed", rss(site, "/ice", "/thaw"), "text/xml")
    report = here.http.post("/followed", json={"address": feed}).json()
    assert {each["status"] for each in report["articles"]} == {"added", "replaced"}
    again = here.http.post("/followed", json={"address": feed}).json()
    assert again["undo"] is None
    undone = here.http.post(f"/undo/{report['undo']}").json()
    assert undone == UNDONE | {
        "removed": [site.url("/ice")],
        "restored": [site.url("/thaw")],
        "unfollowed": feed,
    }
    assert ids(here) == {site.url("/thaw")}
    assert here.http.get("/followed").json() == {"followed": []}


def test_an_address_that_cannot_be_fetched_is_skipped_with_the_reason(
    here: Served, site: Website
) -> None:
    for address, said in (
        (site.url("/none"), "no such page"),
        ("http://127.0.0.2/", "not a public address"),
        ("nonsense", "not an address on the web"),
    ):
        report = here.http.post("/addresses", json={"address": address}).json()
        (outcome,) = report["articles"]
        assert outcome["status"] == "skipped"
        assert said in outcome["reason"]
        assert report["undo"] is None


def test_undoing_restores_what_was_replaced_and_keeps_what_changed_since(here: Served) -> None:
    def add(text_1: str, text_2: str) -> dict[str, str]:
        records = [{"id": "1", "text": text_1}, {"id": "2", "text": text_2}]
        response = here.http.post("/articles", params={"undoable": True}, json=records)
        report: dict[str, str] = response.json()
        return report

    add("The harbor froze.", "The ferry stayed.")
    report = add("The harbor froze over.", "The ferry sank.")
    here.http.post("/articles", json={"id": "2", "text": "The ferry sails again."})
    undone = here.http.post(f"/undo/{report['undo']}").json()
    assert undone == UNDONE | {"restored": ["1"], "kept": ["2"]}
    assert here.http.get(at("1")).json()["text"] == "The harbor froze."
    assert here.http.get(at("2")).json()["text"] == "The ferry sails again."


def test_an_addition_that_changed_nothing_cannot_be_undone(here: Served) -> None:
    record = {"id": "1", "text": "The harbor froze."}
    assert here.http.post("/articles", json=record).json()["undo"] is None
    again = here.http.post("/articles", params={"undoable": True}, json=record).json()
    assert again["undo"] is None


def test_a_feed_is_followed_looked_at_and_followed_no_longer(here: Served, site: Website) -> None:
    site.put_html("/ice", ICE)
    site.put("/feed", rss(site, "/ice"), "text/xml")
    followed = here.http.post("/followed", json={"address": site.url("/feed")})
    assert followed.status_code == 201
    (source,) = here.http.get("/followed").json()["followed"]
    assert source == followed.json()["followed"][0]
    assert (source["kind"], source["title"], source["articles"]) == ("feed", "Courier", 1)
    site.put_html("/thaw", THAW)
    site.put("/feed", rss(site, "/ice", "/thaw"), "text/xml")
    looked = here.http.post("/followed/look", json={"address": site.url("/feed")}).json()
    assert [each["id"] for each in looked["articles"] if each["status"] == "added"] == [
        site.url("/thaw")
    ]
    site.pages["/feed"] = Reply(status=500)
    here.http.post("/followed/look", json={})
    (source,) = here.http.get("/followed").json()["followed"]
    assert "status 500" in source["error"]
    params = {"address": site.url("/feed")}
    assert here.http.delete("/followed", params=params).status_code == 204
    assert_problem(here.http.delete("/followed", params=params), 404)
    assert ids(here) == {site.url("/ice"), site.url("/thaw")}


def test_what_cannot_be_followed_is_refused_with_a_sentence(here: Served, site: Website) -> None:
    refused = here.http.post("/followed", json={"address": site.url("/none")})
    assert "It cannot be followed. There is no such page" in assert_problem(refused, 422)
    refused = here.http.post("/followed/look", json={"address": site.url("/none")})
    assert "Not followed" in assert_problem(refused, 422)
    assert_problem(here.http.post("/followed", json={"address": ""}), 422)


def test_a_folder_cannot_be_followed_from_another_machine(here: Served, tmp_path: Path) -> None:
    app = create_app(here.service, is_local=False)
    with running(app) as url, httpx.Client(base_url=url) as http:
        refused = http.post("/followed", json={"address": str(tmp_path)})
        assert "this machine alone" in assert_problem(refused, 403)


def test_the_client_follows_as_the_service_does(
    here: Served, site: Website, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text("The harbor froze.")
    monkeypatch.chdir(tmp_path)
    with Client(here.url) as client:
        report = client.follow("articles")
        assert report.followed == client.followed() == here.service.followed()
        assert report.followed[0].address == str(folder)
        assert client.look_now("articles").followed[0].articles == 1
        assert client.unfollow("articles")
        assert not client.unfollow("articles")
        with pytest.raises(ServiceError, match="cannot be followed"):
            client.follow(site.url("/none"))
