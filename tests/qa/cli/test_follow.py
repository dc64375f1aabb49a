"""`qa ingest URL` and `qa follow`, as a user runs them, against a server on this machine."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.qa.processes import run, serving
from tests.vectorstore.fetching.test_web_reader import ICE, THAW, rss
from tests.website import Reply, Website, website


@pytest.fixture
def site() -> Iterator[Website]:
    with website() as served:
        yield served


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where commands run: its .env lets them fetch from this machine."""
    (tmp_path / ".env").write_text("QA_FETCH_ALLOW=127.0.0.1\n")
    return tmp_path


def ids(folder: Path) -> set[str]:
    return {each["id"] for each in json.loads(run(folder, "articles", "--json")[1])}


def test_addresses_and_files_are_ingested_together(folder: Path, site: Website) -> None:
    site.put_html("/ice", ICE)
    (folder / "a.txt").write_text("The museum opens.")
    code, out, _ = run(folder, "ingest", "a.txt", site.url("/ice"), site.url("/none"))
    assert code == 3
    assert out.startswith("2 added, 0 replaced, 0 unchanged, 1 skipped")
    assert f"skipped {site.url('/none')}: There is no such page" in out
    assert ids(folder) == {"a.txt", site.url("/ice")}


def test_an_address_on_an_inner_network_is_refused(tmp_path: Path, site: Website) -> None:
    site.put_html("/ice", ICE)
    code, out, _ = run(tmp_path, "ingest", site.url("/ice"))
    assert code == 1
    assert "not a public address" in out
    assert site.requests == []


def test_a_feed_is_followed_through_an_update_a_deletion_and_a_failure(
    folder: Path, site: Website
) -> None:
    """Some of it while a service has the index open, some without."""
    feed, ice, thaw = site.url("/feed"), site.url("/ice"), site.url("/thaw")
    site.put_html("/ice", ICE)
    site.put("/feed", rss(site, "/ice"), "text/xml")
    _follow_and_update(folder, site, feed, ice)
    with serving(folder) as (_, url):
        _delete_and_fail(folder, site, feed, ice, thaw)
        (source,) = httpx.get(f"{url}/followed").json()["followed"]
        assert source["failures"] == 1
    assert run(folder, "follow", "--remove", feed)[0] == 0
    code, _, err = run(folder, "follow", "--remove", feed)
    assert code == 1
    assert "Not followed" in err
    assert ids(folder) == {thaw}


def _follow_and_update(folder: Path, site: Website, feed: str, ice: str) -> None:
    code, out, _ = run(folder, "follow", feed)
    assert code == 0
    assert out.startswith("1 added, 0 replaced")
    assert "Courier, feed, 1 article" in out

    site.put_html("/ice", ICE.replace("eleven", "twelve"))
    site.put_html("/thaw", THAW)
    site.put("/feed", rss(site, "/ice", "/thaw"), "text/xml")
    code, out, _ = run(folder, "follow", "--now")
    assert out.startswith("1 added, 1 replaced")
    assert "twelve years" in run(folder, "show", ice)[1]


def _delete_and_fail(folder: Path, site: Website, feed: str, ice: str, thaw: str) -> None:
    site.pages["/ice"] = Reply(status=410)
    code, out, _ = run(folder, "follow", feed, "--now")
    assert code == 0
    assert "1 removed" in out
    assert ids(folder) == {thaw}

    site.pages["/feed"] = Reply(status=500)
    code, out, _ = run(folder, "follow", "--now")
    assert code == 1
    code, out, _ = run(folder, "follow", "--list")
    assert code == 0
    assert "answered with status 500" in out
    assert ids(folder) == {thaw}


def test_a_followed_folder_is_up_to_date_when_the_service_starts(folder: Path) -> None:
    (folder / "articles").mkdir()
    (folder / "articles" / "a.txt").write_text("The harbor froze.")
    assert run(folder, "follow", "articles")[0] == 0
    (folder / "articles" / "a.txt").unlink()
    (folder / "articles" / "b.txt").write_text("The ice is gone.")
    with serving(folder) as (_, url), httpx.Client(base_url=url) as http:
        http.post("/followed/look", json={}).raise_for_status()
        assert ids(folder) == {"b.txt"}


def test_wrong_uses_of_follow_are_explained(folder: Path) -> None:
    assert run(folder, "follow", "--remove")[0] == 2
    assert run(folder, "follow", "--list", "articles")[0] == 2
    code, out, _ = run(folder, "follow")
    assert code == 0
    assert "Nothing is followed" in out
    code, _, err = run(folder, "follow", "no/such/folder")
    assert code == 1
    assert "There is no folder" in err
