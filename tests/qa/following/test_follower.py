"""Feeds, sitemaps, pages and folders of this machine, followed through changes and failures."""

import queue
import shutil
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from qa.following.followed import FollowedSource, now
from qa.following.followed_file import FollowedFile, FollowedFileError
from qa.following.follower import CannotFollow, Follower
from qa.following.look import LookOptions
from qa.schemas import AddedArticle, AddReport
from tests.vectorstore.fetching.conftest import QUICK
from tests.vectorstore.fetching.test_web_reader import ICE, THAW, atom, rss, sitemap
from tests.website import Reply, Website, send_html, website
from vectorstore.fetching.address_guard import AddressGuard, parse_networks
from vectorstore.fetching.fetcher import Fetcher
from vectorstore.readers import Unreadable
from vectorstore.types import Article

SECONDS = 20


class Index:
    """Articles by id, and a queue of what happened to them."""

    def __init__(self) -> None:
        self.articles: dict[str, Article] = {}
        self.events: queue.Queue[str] = queue.Queue()

    def add(self, outcomes: Sequence[Article | Unreadable]) -> AddReport:
        added = [each for each in outcomes if isinstance(each, Article)]
        for each in added:
            self.articles[each.id] = each
            self.events.put(f"added {each.id}")
        return AddReport(tuple(AddedArticle(each.id, "added") for each in added), 0)

    def remove(self, article_id: str) -> bool:
        self.events.put(f"removed {article_id}")
        return self.articles.pop(article_id, None) is not None


@pytest.fixture
def site() -> Iterator[Website]:
    with website() as served:
        yield served


@pytest.fixture
def index() -> Index:
    return Index()


def follower_in(folder: Path, index: Index, every: timedelta = timedelta(hours=1)) -> Follower:
    fetcher = Fetcher(AddressGuard(parse_networks("127.0.0.1")), QUICK)
    options = LookOptions(every)
    return Follower(FollowedFile(folder), fetcher, index.add, index.remove, options)


@pytest.fixture
def follower(tmp_path: Path, index: Index) -> Iterator[Follower]:
    made = follower_in(tmp_path, index)
    yield made
    made.close()


def only(follower: Follower) -> FollowedSource:
    (source,) = follower.followed()
    return source


def test_a_feed_is_followed_through_an_update_a_new_entry_and_a_withdrawal(
    site: Website, index: Index, follower: Follower
) -> None:
    ice, thaw = site.url("/ice"), site.url("/thaw")
    site.put_html("/ice", ICE, ETag='"1"')
    site.put("/feed", rss(site, "/ice"), "text/xml", ETag='"1"')
    follower.follow(site.url("/feed"))
    assert set(index.articles) == {ice}
    assert only(follower).title == "Courier"

    # Nothing has changed: nothing is sent again.
    before = len(site.requests)
    follower.look_now()
    assert "unchanged" not in str(only(follower).error)
    assert len(site.requests) > before

    site.put_html("/ice", ICE.replace("eleven years", "twelve years"), ETag='"2"')
    site.put_html("/thaw", THAW)
    site.put("/feed", rss(site, "/thaw", "/ice"), "text/xml", ETag='"2"')
    follower.look_now()
    assert "twelve years" in index.articles[ice].text
    assert set(index.articles) == {ice, thaw}

    site.pages["/ice"] = Reply(status=410)
    report = follower.look_now()
    assert report.removed == (ice,)
    assert set(index.articles) == {thaw}
    assert "1 of 2 could not be read" in str(only(follower).error)
    assert only(follower).failures == 0


def test_a_page_that_is_missing_once_may_come_back(
    site: Website, index: Index, follower: Follower
) -> None:
    site.put_html("/ice", ICE)
    site.put("/feed", rss(site, "/ice"), "text/xml")
    follower.follow(site.url("/feed"))
    del site.pages["/ice"]
    follower.look_now()
    assert set(index.articles) == {site.url("/ice")}
    site.put_html("/ice", ICE)
    follower.look_now()
    del site.pages["/ice"]
    follower.look_now()
    assert set(index.articles) == {site.url("/ice")}
    follower.look_now()
    assert index.articles == {}


@pytest.mark.parametrize("listing", [rss, atom, sitemap])
def test_an_article_that_leaves_a_list_stays_unless_its_page_is_gone(
    site: Website, index: Index, follower: Follower, listing: type
) -> None:
    site.put_html("/ice", ICE)
    site.put_html("/thaw", THAW)
    site.put("/list", listing(site, "/ice", "/thaw"), "text/xml")
    follower.follow(site.url("/list"))
    site.put("/list", listing(site, "/thaw"), "text/xml")
    follower.look_now()
    assert set(index.articles) == {site.url("/ice"), site.url("/thaw")}
    site.pages["/thaw"] = Reply(status=410)
    site.put("/list", listing(site, "/ice"), "text/xml")
    follower.look_now()
    assert set(index.articles) == {site.url("/ice")}


def test_a_feed_that_has_not_changed_is_not_sent_again_nor_are_its_pages(
    site: Website, index: Index, tmp_path: Path
) -> None:
    site.put_html("/ice", ICE)
    site.put("/feed", rss(site, "/ice"), "text/xml", ETag='"1"')
    follower_in(tmp_path, index).follow(site.url("/feed"))
    del site.requests[:]
    follower_in(tmp_path, index).follow(site.url("/feed"))
    ((path, headers),) = [each for each in site.requests if each[0] != "/robots.txt"]
    assert path == "/feed"
    assert headers["if-none-match"] == '"1"'
    assert set(index.articles) == {site.url("/ice")}


def sitemap_index(site: Website, *paths: str) -> str:
    named = "".join(f"<sitemap><loc>{site.url(path)}</loc></sitemap>" for path in paths)
    return f"<sitemapindex>{named}</sitemapindex>"


def test_a_new_article_is_found_in_a_sitemap_whose_index_has_not_changed(
    site: Website, index: Index, follower: Follower
) -> None:
    site.put_html("/ice", ICE)
    site.put_html("/thaw", THAW)
    site.put("/may.xml", sitemap(site, "/ice"), "text/xml")
    site.put("/sitemap.xml", sitemap_index(site, "/may.xml"), "text/xml", ETag='"1"')
    follower.follow(site.url("/sitemap.xml"))
    site.put("/may.xml", sitemap(site, "/ice", "/thaw"), "text/xml")
    follower.follow(site.url("/sitemap.xml"))
    assert set(index.articles) == {site.url("/ice"), site.url("/thaw")}


def test_a_sitemap_in_an_index_that_cannot_be_read_is_told(
    site: Website, index: Index, follower: Follower
) -> None:
    site.put_html("/ice", ICE)
    site.put("/may.xml", sitemap(site, "/ice"), "text/xml")
    site.pages["/june.xml"] = Reply(status=500)
    site.put("/sitemap.xml", sitemap_index(site, "/may.xml", "/june.xml"), "text/xml")
    follower.follow(site.url("/sitemap.xml"))
    assert set(index.articles) == {site.url("/ice")}
    assert "1 of 2 could not be read. The first: 127.0.0.1 answered with status 500" in str(
        only(follower).error
    )


def test_an_article_whose_page_is_gone_stays_while_another_page_has_it(
    site: Website, index: Index, follower: Follower
) -> None:
    canonical = f'<head><link rel="canonical" href="{site.url("/ice")}">'
    for path in ("/ice?from=feed", "/ice"):
        site.put_html(path, ICE.replace("<head>", canonical))
    site.put("/feed", rss(site, "/ice", "/ice?from=feed"), "text/xml")
    follower.follow(site.url("/feed"))
    site.pages["/ice?from=feed"] = Reply(status=410)
    follower.look_now()
    assert set(index.articles) == {site.url("/ice")}
    site.pages["/ice"] = Reply(status=410)
    follower.look_now()
    assert index.articles == {}


def test_failures_are_told_and_come_further_and_further_apart(
    site: Website, index: Index, follower: Follower
) -> None:
    site.put_html("/ice", ICE)
    site.put("/feed", rss(site, "/ice"), "text/xml")
    follower.follow(site.url("/feed"))
    site.pages["/feed"] = Reply(status=500)
    waits = []
    for failures in (1, 2, 3):
        follower.look_now()
        source = only(follower)
        assert source.failures == failures
        assert "status 500" in str(source.error)
        waits.append(source.due - now())
    assert waits[0] < waits[1] < waits[2] <= timedelta(days=1)
    assert set(index.articles) == {site.url("/ice")}
    site.put("/feed", rss(site, "/ice"), "text/xml")
    follower.look_now()
    assert (only(follower).failures, only(follower).error) == (0, None)


def test_a_server_is_left_alone_for_as_long_as_it_asks(
    site: Website, index: Index, follower: Follower
) -> None:
    site.put_html("/ice", ICE)
    follower.follow(site.url("/ice"))
    site.pages["/ice"] = Reply(status=503, headers={"Retry-After": "200000"})
    follower.look_now()
    assert only(follower).due - now() > timedelta(seconds=190_000)


def test_a_feed_that_becomes_a_web_page_is_an_error_and_loses_nothing(
    site: Website, index: Index, follower: Follower
) -> None:
    site.put_html("/ice", ICE)
    site.put("/feed", rss(site, "/ice"), "text/xml")
    follower.follow(site.url("/feed"))
    site.put_html("/feed", "<html><body><p>Buy this domain.</p></body></html>")
    follower.look_now()
    assert only(follower).error == "It was a feed, and is a web page now."
    assert set(index.articles) == {site.url("/ice")}


def test_a_single_page_is_followed_and_removed_when_it_is_gone(
    site: Website, index: Index, follower: Follower
) -> None:
    site.put_html("/ice", ICE)
    follower.follow(site.url("/ice#top"))
    assert only(follower).kind == "page"
    assert only(follower).title == "Ice in the harbor"
    site.put_html("/ice", ICE.replace("Tuesday", "Monday"))
    follower.look_now()
    assert "Monday" in index.articles[site.url("/ice")].text
    site.pages["/ice"] = Reply(status=410)
    follower.look_now()
    assert index.articles == {}


@pytest.mark.parametrize("given", ["http://127.0.0.2/", "ftp://a.test/", "no/such/folder"])
def test_what_cannot_be_looked_at_is_not_followed(follower: Follower, given: str) -> None:
    with pytest.raises(CannotFollow):
        follower.follow(given)
    assert follower.followed() == ()


def test_a_page_without_an_article_is_not_followed(site: Website, follower: Follower) -> None:
    site.put_html("/menu", "<nav></nav>")
    with pytest.raises(CannotFollow, match="No main text"):
        follower.follow(site.url("/menu"))
    assert follower.followed() == ()


def test_what_is_followed_no_longer_keeps_its_articles(
    site: Website, index: Index, follower: Follower
) -> None:
    site.put_html("/ice", ICE)
    follower.follow(site.url("/ice"))
    assert follower.unfollow(site.url("/ice"))
    assert not follower.unfollow(site.url("/ice"))
    assert follower.followed() == ()
    assert set(index.articles) == {site.url("/ice")}
    with pytest.raises(CannotFollow, match="Not followed"):
        follower.look_now(site.url("/ice"))


def test_what_is_followed_is_known_after_a_restart(
    site: Website, index: Index, tmp_path: Path
) -> None:
    site.put_html("/ice", ICE)
    follower_in(tmp_path, index).follow(site.url("/ice"))
    again = follower_in(tmp_path, index)
    assert only(again).address == site.url("/ice")
    assert only(again).articles == 1


def test_a_damaged_file_of_what_is_followed_is_named(tmp_path: Path, index: Index) -> None:
    (tmp_path / "followed.json").write_text('[{"address": 7}]')
    with pytest.raises(FollowedFileError, match=r"followed\.json.*is damaged"):
        follower_in(tmp_path, index)


def test_what_is_due_is_looked_at_without_being_asked(
    site: Website, index: Index, tmp_path: Path
) -> None:
    site.put_html("/ice", ICE)
    follower = follower_in(tmp_path, index, every=timedelta(milliseconds=50))
    follower.follow(site.url("/ice"))
    assert index.events.get(timeout=SECONDS) == f"added {site.url('/ice')}"
    follower.start()
    try:
        site.put_html("/ice", ICE.replace("Tuesday", "Monday"))
        while "Monday" not in index.articles[site.url("/ice")].text:
            index.events.get(timeout=SECONDS)
        site.pages["/ice"] = Reply(status=410)
        while index.events.get(timeout=SECONDS) != f"removed {site.url('/ice')}":
            pass
    finally:
        follower.close()


def test_a_folder_is_followed_as_it_changes(index: Index, tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text("The harbor froze.")
    (tmp_path / "state").mkdir()
    follower = follower_in(tmp_path / "state", index)
    follower.follow(str(folder))
    assert index.events.get(timeout=SECONDS) == "added a.txt"
    follower.start()
    try:
        (folder / "deep").mkdir()
        (folder / "deep" / "b.txt").write_text("The ice is gone.")
        assert index.events.get(timeout=SECONDS) == "added deep/b.txt"
        (folder / "a.txt").write_text("The harbor froze over.")
        while index.articles["a.txt"].text != "The harbor froze over.":
            assert index.events.get(timeout=SECONDS) == "added a.txt"
        (folder / "a.txt").unlink()
        while index.events.get(timeout=SECONDS) != "removed a.txt":
            pass
        assert set(index.articles) == {"deep/b.txt"}
    finally:
        follower.close()


def test_a_file_that_is_moved_keeps_its_article(
    index: Index, follower: Follower, tmp_path: Path
) -> None:
    draft, final = tmp_path / "notes" / "draft", tmp_path / "notes" / "final"
    draft.mkdir(parents=True)
    final.mkdir()
    (draft / "a.md").write_text("---\nid: ice\n---\nThe harbor froze.\n")
    follower.follow(str(tmp_path / "notes"))
    (draft / "a.md").rename(final / "a.md")
    assert follower.follow(str(tmp_path / "notes")).removed == ()
    assert set(index.articles) == {"ice"}
    (final / "a.md").unlink()
    (final / "b.md").write_text("The ice is gone.")
    assert follower.follow(str(tmp_path / "notes")).removed == ("ice",)
    assert set(index.articles) == {"final/b.md"}


@pytest.mark.parametrize(("source", "target"), [("a.jsonl", "b.jsonl"), ("b.jsonl", "a.jsonl")])
def test_a_row_that_is_moved_to_another_file_keeps_its_article(
    index: Index, follower: Follower, tmp_path: Path, source: str, target: str
) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    stays, moves, there = (
        f'{{"id": "{name}", "text": "The harbor froze, said {name}."}}\n'
        for name in ("stays", "moves", "there")
    )
    (folder / source).write_text(stays + moves)
    (folder / target).write_text(there)
    follower.follow(str(folder))
    (folder / source).write_text(stays)
    (folder / target).write_text(there + moves)
    assert follower.follow(str(folder)).removed == ()
    assert set(index.articles) == {"stays", "moves", "there"}
    (folder / target).write_text(there)
    assert follower.follow(str(folder)).removed == ("moves",)


def test_a_look_that_is_interrupted_loses_track_of_no_article(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "rows"
    folder.mkdir()
    row = '{{"id": "{0}", "text": "The harbor froze, said {0}."}}\n'
    (folder / "a.jsonl").write_text(row.format("stays") + row.format("goes"))
    follower = follower_in(tmp_path, index)
    follower.follow(str(folder))
    (folder / "a.jsonl").write_text(row.format("stays"))
    (folder / "b.jsonl").write_text(row.format("new"))
    add = index.add

    def close_at_the_second(outcomes: Sequence[Article | Unreadable]) -> AddReport:
        if any(isinstance(each, Article) and each.id == "new" for each in outcomes):
            follower.close()
        return add(outcomes)

    monkeypatch.setattr(follower, "_add", close_at_the_second)
    follower.look_now()
    assert set(index.articles) == {"stays", "goes", "new"}
    follower_in(tmp_path, index).follow(str(folder))
    assert set(index.articles) == {"stays", "new"}


def test_a_file_that_is_out_of_reach_keeps_its_article(
    index: Index, follower: Follower, tmp_path: Path
) -> None:
    folder = tmp_path / "articles"
    (folder / "far").mkdir(parents=True)
    (folder / "a.txt").write_text("The harbor froze.")
    (folder / "far" / "b.txt").write_text("The ice is gone.")
    follower.follow(str(folder))
    (folder / "far").rename(tmp_path / "far")
    (folder / "far").symlink_to("far")  # a loop, which cannot be opened
    follower.look_now()
    assert set(index.articles) == {"a.txt", "far/b.txt"}
    assert "cannot be reached" in str(only(follower).error)
    (folder / "far").unlink()
    follower.look_now()
    assert set(index.articles) == {"a.txt"}


def test_a_folder_that_is_suddenly_gone_or_empty_loses_no_article(
    index: Index, follower: Follower, tmp_path: Path
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text("The harbor froze.")
    follower.follow(str(folder))
    (folder / "a.txt").rename(tmp_path / "a.txt")
    follower.look_now()
    assert "no articles any more" in str(only(follower).error)
    shutil.rmtree(folder)
    follower.look_now(str(folder))
    assert "no such folder" in str(only(follower).error)
    assert set(index.articles) == {"a.txt"}
    assert follower.unfollow(str(folder))


def test_a_bad_file_in_a_folder_is_told_and_the_others_go_in(
    index: Index, follower: Follower, tmp_path: Path
) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "a.txt").write_text("The harbor froze.")
    (folder / "b.pdf").write_text("No PDF.")
    follower.follow(str(folder))
    assert set(index.articles) == {"a.txt"}
    assert "1 of 2 could not be read. The first: It is not a complete PDF" in str(
        only(follower).error
    )


def test_a_look_ends_when_its_source_is_followed_no_longer(
    site: Website, index: Index, follower: Follower
) -> None:
    """The second page is served only once the feed is followed no longer."""
    site.put_html("/ice", ICE)

    def unfollow_first(handler: BaseHTTPRequestHandler) -> None:
        follower.unfollow(site.url("/feed"))
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.end_headers()
        handler.wfile.write(THAW.encode())

    site.pages["/thaw"] = unfollow_first
    site.put("/feed", rss(site, "/ice", "/thaw"), "text/xml")
    follower.follow(site.url("/feed"))
    assert set(index.articles) == {site.url("/ice")}
    assert follower.followed() == ()


def test_a_source_is_free_again_when_what_is_followed_could_not_be_saved(
    site: Website, follower: Follower, tmp_path: Path
) -> None:
    site.put_html("/ice", ICE)
    in_the_way = tmp_path / "followed.new"
    in_the_way.mkdir()
    with pytest.raises(FollowedFileError, match="cannot be written"):
        follower.follow(site.url("/ice"))
    in_the_way.rmdir()
    again = threading.Thread(target=follower.look_now, daemon=True)
    again.start()
    again.join(SECONDS)
    assert not again.is_alive()
    assert only(follower).error is None


def test_a_look_goes_on_from_what_the_last_one_found(
    site: Website, index: Index, follower: Follower
) -> None:
    """While the first of two pages is fetched, the second is looked at by someone else."""
    site.put_html("/ice", ICE)
    site.put_html("/thaw", THAW)
    follower.follow(site.url("/ice"))
    follower.follow(site.url("/thaw"))
    site.pages["/thaw"] = Reply(status=500)

    def look_at_the_other(handler: BaseHTTPRequestHandler) -> None:
        follower.look_now(site.url("/thaw"))
        send_html(handler, ICE)

    site.pages["/ice"] = look_at_the_other
    follower.look_now()
    assert [each.failures for each in follower.followed()] == [0, 2]


def test_an_index_that_fails_once_does_not_end_the_following(
    site: Website,
    index: Index,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    site.put_html("/ice", ICE)
    follower = follower_in(tmp_path, index, every=timedelta(milliseconds=20))
    follower.follow(site.url("/ice"))
    add, failures = index.add, iter([RuntimeError("The disk is full.")])

    def fail_once(outcomes: Sequence[Article | Unreadable]) -> AddReport:
        for failure in failures:
            raise failure
        return add(outcomes)

    monkeypatch.setattr(follower, "_add", fail_once)
    site.put_html("/ice", ICE.replace("Tuesday", "Monday"))
    follower.start()
    try:
        while "Monday" not in index.articles[site.url("/ice")].text:
            index.events.get(timeout=SECONDS)
    finally:
        follower.close()
    assert "could not be looked at" in caplog.text
