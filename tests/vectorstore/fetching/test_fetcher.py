"""Requests to a server that redirects, rebinds, never ends, and compresses without measure."""

import gzip
import threading
import time
import zlib
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest

from tests.vectorstore.fetching.conftest import QUICK
from tests.website import Reply, Website, website
from vectorstore.fetching.address_guard import AddressGuard, parse_networks
from vectorstore.fetching.fetcher import Fetcher, FetchFailed, FetchLimits, Validators
from vectorstore.fetching.robots import SECONDS_FAILURE_KEPT, SECONDS_KEPT


@pytest.fixture
def skip(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Sets the clock forward by a number of seconds."""
    skipped = [0.0]
    real = time.monotonic
    monkeypatch.setattr(time, "monotonic", lambda: real() + sum(skipped))
    return skipped.append


def failure(fetcher: Fetcher, address: str) -> FetchFailed:
    with pytest.raises(FetchFailed) as failed:
        fetcher.fetch(address)
    return failed.value


def test_a_page_is_fetched_without_cookies_or_credentials(site: Website, fetcher: Fetcher) -> None:
    site.put_html("/a", "Ice.", Set_Cookie="a=b")
    for _ in range(2):
        fetched = fetcher.fetch(site.url("/a#part"))
        assert (fetched.data, fetched.address) == (b"Ice.", site.url("/a"))
        assert fetched.content_type == "text/html; charset=utf-8"
    for _, headers in site.requests:
        assert not {"cookie", "authorization", "referer"} & set(headers)
        assert headers["user-agent"].startswith("ArticleQA/")


def test_a_version_that_is_known_is_not_sent_again(site: Website, fetcher: Fetcher) -> None:
    site.put_html("/a", "Ice.", ETag='"1"', Last_Modified="Thu, 04 May 2023 10:00:00 GMT")
    known = fetcher.fetch(site.url("/a")).validators
    assert known == Validators('"1"', "Thu, 04 May 2023 10:00:00 GMT")
    assert fetcher.fetch(site.url("/a"), known).data is None
    site.put_html("/a", "Snow.", ETag='"2"')
    assert fetcher.fetch(site.url("/a"), known).data == b"Snow."


def test_redirects_are_followed_up_to_a_limit(site: Website, fetcher: Fetcher) -> None:
    site.put_html("/end", "Ice.")
    site.redirect("/1", "/2", 301)
    site.redirect("/2", site.url("/end"), 308)
    assert fetcher.fetch(site.url("/1")).address == site.url("/end")
    site.redirect("/loop", "/loop")
    assert "more than 5 times" in str(failure(fetcher, site.url("/loop")))


@pytest.mark.parametrize(
    ("to", "said"),
    [
        ("http://127.0.0.2/", "not a public address"),
        ("http://inner.test/", "not a public address"),
        ("http://metadata.test/latest", "169.254.169.254"),
        ("file:///etc/passwd", "not an address on the web"),
        ("ftp://site.test/", "not an address on the web"),
        ("http://name:secret@site.test/", "name or password"),
    ],
)
def test_a_redirect_to_a_refused_address_is_not_followed(site: Website, to: str, said: str) -> None:
    names = {
        "site.test": ["127.0.0.1"],
        "inner.test": ["10.0.0.5"],
        "metadata.test": ["169.254.169.254"],
        "127.0.0.2": ["127.0.0.2"],
    }
    guard = AddressGuard(parse_networks("127.0.0.1"), lambda host, port: names[host])
    site.redirect("/away", to)
    assert said in str(failure(Fetcher(guard, QUICK), site.url("/away", "site.test")))


def test_the_connection_goes_to_the_address_that_was_checked(site: Website) -> None:
    """The name leads elsewhere each time it is asked for, as one that rebinds does."""
    asked: list[str] = []

    def rebind(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1" if len(asked) % 2 else "127.0.0.2"]

    site.put_html("/robots.txt", "")
    site.put_html("/a", "Ice.")
    fetcher = Fetcher(AddressGuard(parse_networks("127.0.0.1"), rebind), QUICK)
    # The robots.txt comes from the first answer; the second one is refused, not connected to.
    assert "leads to 127.0.0.2" in str(failure(fetcher, site.url("/a", "rebind.test")))
    assert site.paths() == []
    assert fetcher.fetch(site.url("/a", "rebind.test")).data == b"Ice."
    assert len(asked) == 3


def test_what_one_site_said_of_its_version_is_not_told_to_another(
    site: Website, fetcher: Fetcher
) -> None:
    with website() as other:
        other.put_html("/a", "Ice.")
        site.redirect("/a", other.url("/a"))
        fetcher.fetch(site.url("/a"), Validators('"secret"'))
        assert all("if-none-match" not in headers for _, headers in other.requests)


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b"x" * 65_536)


def test_a_stream_without_end_is_cut_at_the_limit(site: Website, fetcher: Fetcher) -> None:
    site.pages["/a"] = endless
    assert "larger than 1 MB" in str(failure(fetcher, site.url("/a")))


def test_a_server_that_sends_a_byte_now_and_then_is_given_up_at_the_deadline(
    site: Website,
) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while True:
            handler.wfile.write(b"x")
            time.sleep(0.05)

    site.pages["/a"] = drip
    limits = FetchLimits(seconds=0.5, seconds_of_silence=10, seconds_between_requests=0)
    fetcher = Fetcher(AddressGuard(parse_networks("127.0.0.1")), limits)
    begun = time.monotonic()
    assert "does not answer in time" in str(failure(fetcher, site.url("/a")))
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("times", [1, 2])
def test_a_compressed_bomb_is_cut_at_the_limit(site: Website, fetcher: Fetcher, times: int) -> None:
    bomb = bytes(200_000_000)
    for _ in range(times):
        bomb = gzip.compress(bomb)
    site.put("/a", bomb, "text/html", Content_Encoding="gzip")
    if times == 1:
        assert "larger than 1 MB" in str(failure(fetcher, site.url("/a")))
    else:  # what is compressed twice stays compressed
        assert len(fetcher.fetch(site.url("/a")).data or b"") < 1_000_000


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_a_compressed_page_is_expanded(site: Website, fetcher: Fetcher, encoding: str) -> None:
    body = gzip.compress(b"Ice.") if encoding == "gzip" else zlib.compress(b"Ice.")
    site.put("/a", body, "text/html", Content_Encoding=encoding)
    assert fetcher.fetch(site.url("/a")).data == b"Ice."


@pytest.mark.parametrize(
    ("body", "encoding"),
    [(b"Ice.", "br"), (b"Ice.", "gzip"), (gzip.compress(b"Ice." * 99, mtime=0)[:20], "gzip")],
)
def test_a_body_that_cannot_be_expanded_is_named(
    site: Website, fetcher: Fetcher, body: bytes, encoding: str
) -> None:
    site.put("/a", body, "text/html", Content_Encoding=encoding)
    assert "compresses it in a way" in str(failure(fetcher, site.url("/a")))


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_is_said_to_be_gone(
    site: Website, fetcher: Fetcher, status: int
) -> None:
    site.pages["/a"] = Reply(status=status)
    assert failure(fetcher, site.url("/a")).gone == status


@pytest.mark.parametrize(
    ("status", "said"), [(401, "login"), (403, "login"), (429, "no more requests"), (500, "500")]
)
def test_other_statuses_are_named(site: Website, fetcher: Fetcher, status: int, said: str) -> None:
    site.pages["/a"] = Reply(status=status)
    failed = failure(fetcher, site.url("/a"))
    assert said in str(failed)
    assert failed.gone is None


def test_a_host_that_asks_to_be_left_alone_is(site: Website, fetcher: Fetcher) -> None:
    site.pages["/a"] = Reply(status=429, headers={"Retry-After": "120"})
    site.put_html("/b", "Ice.")
    assert failure(fetcher, site.url("/a")).retry_after == 120
    assert "asked to be left alone" in str(failure(fetcher, site.url("/b")))
    assert site.paths() == ["/a"]


def test_a_date_in_retry_after_is_understood(site: Website, fetcher: Fetcher) -> None:
    site.pages["/a"] = Reply(status=503, headers={"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"})
    assert failure(fetcher, site.url("/a")).retry_after == 7 * 86_400


def test_what_robots_txt_forbids_is_not_fetched(site: Website, fetcher: Fetcher) -> None:
    rules = (
        "User-agent: *\nDisallow: /private\nAllow: /private/press\n\nUser-agent: Other\nDisallow: /"
    )
    site.put("/robots.txt", rules, "text/plain")
    site.put_html("/a", "Ice.")
    site.put_html("/private/press", "Snow.")
    assert fetcher.fetch(site.url("/a")).data == b"Ice."
    assert fetcher.fetch(site.url("/private/press")).data == b"Snow."
    assert "robots.txt" in str(failure(fetcher, site.url("/private/b")))
    assert [path for path, _ in site.requests].count("/robots.txt") == 1


def test_the_robots_txt_of_the_site_that_a_redirect_leads_to_counts(
    site: Website, fetcher: Fetcher
) -> None:
    with website() as other:
        other.put("/robots.txt", "User-agent: *\nDisallow: /", "text/plain")
        site.redirect("/a", other.url("/a"))
        assert "robots.txt" in str(failure(fetcher, site.url("/a")))
        assert other.paths() == []


def test_a_site_whose_robots_txt_fails_is_left_alone(site: Website, fetcher: Fetcher) -> None:
    site.pages["/robots.txt"] = Reply(status=500)
    site.put_html("/a", "Ice.")
    for _ in range(2):
        failed = failure(fetcher, site.url("/a"))
        assert "cannot send its robots.txt" in str(failed)
        assert "not allow" not in str(failed)
    assert [path for path, _ in site.requests] == ["/robots.txt"]


def test_a_site_whose_robots_txt_does_not_come_in_time_is_left_alone(site: Website) -> None:
    given_up = threading.Event()

    def be_silent(handler: BaseHTTPRequestHandler) -> None:
        given_up.wait(20)

    site.pages["/robots.txt"] = be_silent
    site.put_html("/a", "Ice.")
    limits = FetchLimits(seconds_of_silence=0.2, seconds_between_requests=0)
    fetcher = Fetcher(AddressGuard(parse_networks("127.0.0.1")), limits)
    assert "does not answer in time" in str(failure(fetcher, site.url("/a")))
    given_up.set()
    assert site.paths() == []


def test_a_robots_txt_is_fetched_again_after_a_day_and_sooner_if_it_failed(
    site: Website, fetcher: Fetcher, skip: Callable[[float], None]
) -> None:
    site.pages["/robots.txt"] = Reply(status=500)
    site.put_html("/a", "Ice.")
    failure(fetcher, site.url("/a"))
    site.put("/robots.txt", "", "text/plain")
    skip(SECONDS_FAILURE_KEPT)
    assert fetcher.fetch(site.url("/a")).data == b"Ice."
    site.put("/robots.txt", "User-agent: *\nDisallow: /", "text/plain")
    skip(SECONDS_FAILURE_KEPT)
    assert fetcher.fetch(site.url("/a")).data == b"Ice."
    skip(SECONDS_KEPT)
    assert "does not allow" in str(failure(fetcher, site.url("/a")))


def test_the_beginning_of_a_long_robots_txt_counts_up_to_a_whole_line(
    site: Website, fetcher: Fetcher
) -> None:
    rules = "User-agent: *\nDisallow: /private\n"
    last = "Disallow: /archive"
    filler = "#" * (500 * 1024 - len(rules) - len("\nDisallow: /"))
    site.put("/robots.txt", f"{rules}{filler}\n{last}", "text/plain")
    site.put_html("/a", "Ice.")
    assert fetcher.fetch(site.url("/a")).data == b"Ice."
    assert "does not allow" in str(failure(fetcher, site.url("/private")))


def test_requests_to_one_host_wait_for_each_other(site: Website) -> None:
    slept: list[float] = []
    limits = FetchLimits(seconds_between_requests=30)
    fetcher = Fetcher(AddressGuard(parse_networks("127.0.0.1")), limits, slept.append)
    site.put("/robots.txt", "User-agent: *\nCrawl-delay: 45", "text/plain")
    site.put_html("/a", "Ice.")
    for _ in range(2):
        fetcher.fetch(site.url("/a"))
    (wait,) = slept
    assert 40 < wait <= 45


def test_a_request_that_comes_while_another_waits_has_a_turn_of_its_own(site: Website) -> None:
    waits: list[float] = []

    def ask_meanwhile(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            fetcher.fetch(site.url("/a"))

    limits = FetchLimits(seconds_between_requests=30)
    fetcher = Fetcher(AddressGuard(parse_networks("127.0.0.1")), limits, ask_meanwhile)
    site.put_html("/a", "Ice.")
    for _ in range(2):
        fetcher.fetch(site.url("/a"))
    first, second = waits
    assert 25 < first <= 30
    assert 55 < second <= 60


def test_the_wait_for_a_turn_takes_nothing_from_the_time_of_a_request(
    site: Website, skip: Callable[[float], None]
) -> None:
    limits = FetchLimits(seconds=30, seconds_between_requests=40)
    fetcher = Fetcher(AddressGuard(parse_networks("127.0.0.1")), limits, skip)
    site.put_html("/a", "Ice.")
    for _ in range(2):
        assert fetcher.fetch(site.url("/a")).data == b"Ice."


@pytest.fixture
def closed_port() -> int:
    with website() as gone:
        pass
    return gone.port


def test_a_server_that_is_not_there_is_named(fetcher: Fetcher, closed_port: int) -> None:
    assert "connection to 127.0.0.1 failed" in str(
        failure(fetcher, f"http://127.0.0.1:{closed_port}/")
    )
