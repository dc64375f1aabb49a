"""Reads articles from addresses: a page or document, or all that a feed or a sitemap lists."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from vectorstore.fetching.fetcher import NO_VALIDATORS, Fetched, Fetcher, FetchFailed, Validators
from vectorstore.fetching.listings import Listing, ListingEntry, feed_named_in, read_listing
from vectorstore.readers import SUFFIXES, Unreadable, parse_fetched, parse_record
from vectorstore.readers.containers.media_types import suffix_of_media
from vectorstore.readers.plain_html import plain_text
from vectorstore.types import Article

MOST_NESTED_SITEMAPS = 50
# A feed's own text of an article can replace the page if it is more than a teaser.
_FEWEST_WORDS = 80


@dataclass(frozen=True, slots=True)
class PageRead:
    """The result of reading one address. `unchanged`: the known version is still current. `gone` is
    404 or 410 if the page no longer exists."""

    outcomes: tuple[Article | Unreadable, ...] = ()
    validators: Validators = NO_VALIDATORS
    unchanged: bool = False
    gone: int | None = None
    retry_after: float | None = None

    @property
    def articles(self) -> tuple[Article, ...]:
        return tuple(each for each in self.outcomes if isinstance(each, Article))


def ignore_entry(done: int, total: int) -> None:
    """For callers that show no progress."""


def read_address(
    fetcher: Fetcher,
    address: str,
    *,
    keep_all: bool = False,
    on_entry: Callable[[int, int], None] = ignore_entry,
) -> Iterator[Article | Unreadable]:
    """The article at an address, or those that it lists, and what could not be read and why.

    `on_entry` is called before the first entry of a list and after each, with the number of entries
    done and the total. An exception from it stops the reading.
    """
    try:
        fetched = fetcher.fetch(address)
        listing = listing_in(fetched)
        if listing is None:
            yield from parse_page(fetched, keep_all=keep_all)
            return
        listing = with_nested(fetcher, listing, fetched.address)
    except FetchFailed as failure:
        yield Unreadable(address, str(failure))
        return
    total = len(listing.entries)
    yield from listing.unread
    on_entry(0, total)
    for done, entry in enumerate(listing.entries, 1):
        yield from read_entry(fetcher, entry, listing, address, keep_all=keep_all).outcomes
        on_entry(done, total)
    if listing.left_out:
        yield Unreadable(
            address,
            f"It lists {listing.left_out:,} older articles as well, which were left out. Add the"
            " ones you want by their own addresses.",
        )
    elif not listing.entries:
        yield Unreadable(address, f"The {listing.kind} lists no articles.")


def listing_in(fetched: Fetched) -> Listing | None:
    """The feed or sitemap in a response. Raises FetchFailed if it is damaged."""
    try:
        return read_listing(fetched.data or b"", fetched.address)
    except ValueError as error:
        raise FetchFailed(str(error)) from error


def with_nested(fetcher: Fetcher, listing: Listing, listed_at: str) -> Listing:
    """The listing plus the entries of nested sitemaps; those that cannot be read, and those that
    are too many or nested deeper, are in its `unread`. Raises FetchFailed if all fail."""
    entries, left_out, failure = list(listing.entries), listing.left_out, None
    skipped = len(listing.nested[MOST_NESTED_SITEMAPS:])
    unread: list[Unreadable] = []
    for address in listing.nested[:MOST_NESTED_SITEMAPS]:
        try:
            nested = listing_in(fetcher.fetch(address))
        except FetchFailed as error:
            failure = error
            unread.append(Unreadable(address, str(error)))
            continue
        if nested is None:
            reason = (
                "It is listed as a sitemap, and is none. Open it in a browser to see what it is."
            )
            unread.append(Unreadable(address, reason))
        else:
            entries += nested.entries
            left_out += nested.left_out
            skipped += len(nested.nested)
    if failure is not None and not entries:
        raise failure
    if skipped:
        reason = (
            f"It names {skipped:,} further sitemaps, which were left out. Give the addresses of"
            " those that you want."
        )
        unread.append(Unreadable(listed_at, reason))
    return replace(
        listing, entries=tuple(entries), nested=(), left_out=left_out, unread=tuple(unread)
    )


def read_page(
    fetcher: Fetcher, address: str, known: Validators | None = None, *, keep_all: bool = False
) -> PageRead:
    """What is at one address now. Never raises: a failure is an Unreadable."""
    try:
        fetched = fetcher.fetch(address, known)
    except FetchFailed as failure:
        return PageRead(
            (Unreadable(address, str(failure)),),
            gone=failure.gone,
            retry_after=failure.retry_after,
        )
    if fetched.data is None:
        return PageRead(validators=known or NO_VALIDATORS, unchanged=True)
    return PageRead(tuple(parse_page(fetched, keep_all=keep_all)), fetched.validators)


def read_entry(
    fetcher: Fetcher,
    entry: ListingEntry,
    listing: Listing,
    listed_at: str,
    known: Validators | None = None,
    *,
    keep_all: bool = False,
) -> PageRead:
    """An entry's article: its page, or the text in the feed if the page cannot be read."""
    read = PageRead()
    if entry.address is not None:
        read = read_page(fetcher, entry.address, known, keep_all=keep_all)
        if read.unchanged or read.gone or read.articles:
            completed = tuple(_completed(each, entry, listing) for each in read.outcomes)
            return replace(read, outcomes=completed)
    own = _own_text(entry, listing, listed_at, keep_all)
    if own is not None:
        return replace(read, outcomes=(own,))
    if not read.outcomes:
        name = entry.title or entry.key[:80]
        reason = "The feed has neither a link for it nor its text."
        read = PageRead((Unreadable(f"{listed_at}, {name}", reason),))
    return read


def parse_page(fetched: Fetched, *, keep_all: bool = False) -> Iterator[Article | Unreadable]:
    """The articles in a response, whatever its format."""
    suffix = suffix_of_media(fetched.content_type, fetched.address)
    if suffix is None:
        named = (fetched.content_type or "not stated").partition(";")[0]
        yield Unreadable(
            fetched.address,
            f"Its format ({named}) is not supported. Supported are {', '.join(sorted(SUFFIXES))}.",
        )
        return
    data = fetched.data or b""
    for outcome in parse_fetched(fetched.address, suffix, data, keep_all=keep_all):
        if isinstance(outcome, Unreadable) and suffix == ".html":
            feed = feed_named_in(data, fetched.address)
            hint = f" The page names a feed, though: {feed}" if feed else ""
            yield replace(outcome, reason=outcome.reason + hint)
        else:
            yield outcome


def _completed(
    outcome: Article | Unreadable, entry: ListingEntry, listing: Listing
) -> Article | Unreadable:
    """The article, with the list's metadata where its page states none."""
    if isinstance(outcome, Unreadable):
        return outcome
    info = outcome.info
    return replace(
        outcome,
        info=replace(
            info,
            published=info.published or entry.published,
            author=info.author or entry.author,
            source=info.source or listing.title,
        ),
    )


def _own_text(
    entry: ListingEntry, listing: Listing, listed_at: str, keep_all: bool
) -> Article | None:
    """The article as in the feed, if that is more than a teaser and from the feed's own site."""
    host = urlsplit(listed_at).hostname
    if entry.address is not None and urlsplit(entry.address).hostname != host:
        return None
    text = plain_text(entry.html or "")
    if len(text.split()) < _FEWEST_WORDS:
        return None
    record = {
        "id": entry.address or f"{listed_at}#{entry.key}",
        "text": text,
        "title": entry.title,
        "published": entry.published and entry.published.isoformat(),
        "author": entry.author,
        "source": listing.title,
        "url": entry.address or listed_at,
    }
    article = parse_record(record, where=listed_at, keep_all=keep_all)
    return article if isinstance(article, Article) else None
