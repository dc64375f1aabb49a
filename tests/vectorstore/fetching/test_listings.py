"""Lists of articles, whatever a server sends."""

import contextlib

from hypothesis import example, given, settings
from hypothesis import strategies as st

from vectorstore.fetching.listings import MOST_LISTED, Listing, feed_named_in, read_listing

ADDRESS = "https://quillhaven.example/list"
MARKUP = st.lists(
    st.sampled_from(
        [
            "<rss>", "<channel>", "<item>", "<link>", "</link>", "<title>", "</item>", "<feed>",
            "<entry>", "<link href='/a'/>", "<urlset>", "<url>", "<loc>", "</loc>", "</url>",
            "<sitemapindex>", "<!-- -->", "<?x?>", "http://[", "&a;", "é", "\0", '"items": [', "{",
            '"version": "https://jsonfeed.org/version/1",', "]", "}", "<lastmod>2023</lastmod>",
        ]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@settings(deadline=None)  # the first feed imports the library that reads them
@given(st.binary() | MARKUP.map(str.encode))
@example(b"\x1f\x8b\x08\x00")
@example(b"<urlset><!-- --><url><loc>http://[</loc></url></urlset>")
@example(b'{"version": "https://jsonfeed.org/version/1", "items": [7, null, {"url": 3}]}')
@example(b"<?xml version='1.0' encoding='nonsense'?><urlset/>")
def test_whatever_comes_it_is_a_list_or_none_or_said_to_be_damaged(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        found = read_listing(data, ADDRESS)
        assert found is None or isinstance(found, Listing)
    feed_named_in(data, ADDRESS)


def test_of_a_long_list_the_newest_are_taken() -> None:
    urls = "".join(
        f"<url><loc>/{number}</loc><lastmod>{2000 + number}-01-01</lastmod></url>"
        for number in range(MOST_LISTED + 7)
    )
    found = read_listing(f"<urlset>{urls}</urlset>".encode(), ADDRESS)
    assert found is not None
    assert len(found.entries) == MOST_LISTED
    assert found.left_out == 7
    assert found.entries[0].address == f"https://quillhaven.example/{MOST_LISTED + 6}"
