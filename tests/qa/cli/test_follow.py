"""`qa ingest URL` and `qa follow`, as a user runs them, against a server on this machine."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.qa.cli.conftest import Qa
from tests.qa.processes import SECONDS, serving
from tests.vectorstore.fetching.test_web_reader import ICE, THAW, rss
from tests.vectorstore.hashing import HashingEmbedder
from tests.website import Reply, Website, website
from vectorstore.types import Embedder


@pytest.fixture
def site() -> Iterator[Website]:
    with website() as served:
        yield served


@pytest.fixture
def embedder() -> Embedder:
    """The one of the services here, so that commands can open what they leave."""
    return HashingEmbedder()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where commands run: its .env lets them fetch from this machine."""
    (tmp_path / ".env").write_text("QA_FETCH_ALLOW=127.0.0.1\n")
    return tmp_path


def ids(qa: Qa) -> set[str]:
    return {each["id"] for each in qa("articles", "--json").json}


def test_addresses_and_files_are_ingested_together(folder: Path, site: Website, qa: Qa) -> None:
    site.put_html("/ice", ICE)
    (folder / "a.txt").write_text("The museum opens.")
    ran = qa("ingest", "a.txt", site.url("/ice"), site.url("/none"))
    assert ran.code == 3
    assert ran.out.startswith("2 added, 0 replaced, 0 unchanged, 1 skipped")
    assert f"skipped {site.url('/none')}: There is no such page" in ran.out
    assert ids(qa) == {"a.txt", site.url("/ice")}


def test_an_address_on_an_inner_network_is_refused(site: Website, qa: Qa) -> None:
    site.put_html("/ice", ICE)
    ran = qa("ingest", site.url("/ice"))
    assert ran.code == 1
    assert "not a public address" in ran.out
    assert site.requests == []


def test_a_feed_is_followed_through_an_update_a_deletion_and_a_failure(
    folder: Path, site: Website, qa: Qa
) -> None:
    """Some of it while a service has the index open, some without."""
    feed, ice, thaw = site.url("/feed"), site.url("/ice"), site.url("/thaw")
    site.put_html("/ice", ICE)
    site.put("/feed", rss(site, "/ice"), "text/xml")
    _follow_and_update(qa, site, feed, ice)
    with serving(folder) as (_, url):
        _delete_and_fail(qa, site, feed, ice, thaw)
        (source,) = httpx.get(f"{url}/followed").json()["followed"]
        assert source["failures"] == 1
    assert qa("follow", "--remove", feed).code == 0
    ran = qa("follow", "--remove", feed)
    assert ran.code == 1
    assert "Not followed" in ran.err
    assert ids(qa) == {thaw}


def _follow_and_update(qa: Qa, site: Website, feed: str, ice: str) -> None:
    ran = qa("follow", feed)
    assert ran.code == 0
    assert ran.out.startswith("1 added, 0 replaced")
    assert "Courier, feed, 1 article" in ran.out

    site.put_html("/ice", ICE.replace("eleven", "twelve"))
    site.put_html("/thaw", THAW)
    site.put("/feed", rss(site, "/ice", "/thaw"), "text/xml")
    ran = qa("follow", "--now")
    assert ran.out.startswith("1 added, 1 replaced")
    assert "twelve years" in qa("show", ice).out


def _delete_and_fail(qa: Qa, site: Website, feed: str, ice: str, thaw: str) -> None:
    site.pages["/ice"] = Reply(status=410)
    ran = qa("follow", feed, "--now")
    assert ran.code == 0
    assert "1 removed" in ran.out
    assert ids(qa) == {thaw}

    site.pages["/feed"] = Reply(status=500)
    ran = qa("follow", "--now")
    assert ran.code == 1
    ran = qa("follow", "--list")
    assert ran.code == 0
    assert "answered with status 500" in ran.out
    assert ids(qa) == {thaw}


def test_a_followed_folder_is_up_to_date_when_the_service_starts(folder: Path, qa: Qa) -> None:
    (folder / "articles").mkdir()
    (folder / "articles" / "a.txt").write_text("The harbor froze.")
    assert qa("follow", "articles").code == 0
    (folder / "articles" / "a.txt").unlink()
    (folder / "articles" / "b.txt").write_text("The ice is gone.")
    with serving(folder) as (_, url), httpx.Client(base_url=url, timeout=SECONDS) as http:
        http.post("/followed/look", json={}).raise_for_status()
        assert ids(qa) == {"b.txt"}


def test_wrong_uses_of_follow_are_explained(folder: Path, qa: Qa) -> None:
    assert qa("follow", "--remove").code == 2
    assert qa("follow", "--list", "articles").code == 2
    ran = qa("follow")
    assert ran.code == 0
    assert "Nothing is followed" in ran.out
    ran = qa("follow", "no/such/folder")
    assert ran.code == 1
    assert "There is no folder" in ran.err
