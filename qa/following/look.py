"""One look at a followed source: what is new or changed is added, what is gone is removed."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from qa.following.followed import Followed, FollowedPage, now
from vectorstore.fetching.fetcher import (
    NO_VALIDATORS,
    Fetcher,
    FetchFailed,
    Validators,
    is_address,
)
from vectorstore.fetching.listings import Listing, ListingEntry
from vectorstore.fetching.web_reader import (
    PageRead,
    listing_in,
    parse_page,
    read_entry,
    read_page,
    with_nested,
)
from vectorstore.readers import Unreadable
from vectorstore.types import Article

CHECK_AGAIN = timedelta(days=1)
"""When a page is fetched again although its list reports nothing new about it."""
LONGEST_BACKOFF = timedelta(days=1)
MISSING_BEFORE_REMOVAL = 2
"""A page that answers 404 may be back at the next look; one that answers 410 will not be."""
OUT_OF_REACH = "It cannot be reached at the moment, and its articles are kept. Is its disk there?"


@dataclass(frozen=True, slots=True)
class LookOptions:
    """`every` is the time between two looks; `check_all` fetches every page again."""

    every: timedelta
    keep_all: bool = False
    check_all: bool = False


class Changes(Protocol):
    """Where a look puts what it finds."""

    def add(self, outcomes: Sequence[Article | Unreadable]) -> object: ...

    def remove(self, article_id: str) -> object: ...


def look_at_address(
    source: Followed, fetcher: Fetcher, changes: Changes, options: LookOptions
) -> Iterator[Followed]:
    """Look at a page, a feed or a sitemap. Yields its state after each of its pages, the last one
    being the result. Never raises for problems with the source: they are in its `error`."""
    known = Validators(source.etag, source.last_modified)
    try:
        fetched = fetcher.fetch(source.address, None if options.check_all else known)
        listing = None if fetched.data is None else listing_in(fetched)
        # An index of sitemaps may stay the same while they change.
        validators = NO_VALIDATORS if listing and listing.nested else fetched.validators
        if listing is not None:
            listing = with_nested(fetcher, listing, fetched.address)
    except FetchFailed as failure:
        if source.kind in (None, "page") and failure.gone:
            pages = _page_gone(source, failure, changes)
            yield failed(replace(source, pages=pages), str(failure), options)
        else:
            yield failed(source, str(failure), options, failure.retry_after)
        return
    if fetched.data is None:
        source = replace(source, looked=now())
    elif listing is None and source.kind in ("feed", "sitemap"):
        yield failed(source, f"It was a {source.kind}, and is a web page now.", options)
        return
    else:
        source = replace(
            source,
            kind="page" if listing is None else listing.kind,
            title=(listing and listing.title) or source.title,
            etag=validators.etag,
            last_modified=validators.last_modified,
            looked=now(),
        )
    if source.kind == "page":
        if fetched.data is not None:
            read = PageRead(tuple(parse_page(fetched, keep_all=options.keep_all)))
            page = _page_of(source) or FollowedPage(key=source.address)
            after = _after(page, read, changes)
            _remove_dropped((page,), (after,), changes)
            source = replace(source, pages=(after,))
            title = next((each.info.title for each in read.articles), None)
            source = replace(source, title=title or source.title)
        else:
            unchanged = PageRead(unchanged=True)
            source = replace(
                source, pages=tuple(_after(each, unchanged, changes) for each in source.pages)
            )
        yield succeeded(source, options)
        return
    yield from _look_at_list(source, listing, fetcher, changes, options)


def _look_at_list(
    source: Followed,
    listing: Listing | None,
    fetcher: Fetcher,
    changes: Changes,
    options: LookOptions,
) -> Iterator[Followed]:
    """`listing` is None if it has not changed."""
    was_sent = listing is not None
    pages = {page.key: page for page in source.pages}
    if listing is None:
        listing = Listing(
            "feed" if source.kind == "feed" else "sitemap",
            source.title,
            tuple(
                ListingEntry(page.key, page.key, page.updated)
                for page in source.pages
                if page.listed and is_address(page.key)
            ),
        )
    for entry in listing.entries:
        page = pages.get(_key(entry)) or FollowedPage(key=_key(entry))
        pages[page.key] = replace(page, listed=True)
        if options.check_all or _is_due(page, entry):
            known = None if options.check_all else Validators(page.etag, page.last_modified)
            read = read_entry(
                fetcher, entry, listing, source.address, known, keep_all=options.keep_all
            )
            after = _after(page, read, changes)
            pages[page.key] = replace(after, updated=entry.updated, listed=True)
            _remove_dropped((page,), pages.values(), changes)
        yield replace(source, pages=tuple(pages.values()))
    listed = {_key(entry) for entry in listing.entries}
    left = [each for each in pages.values() if each.listed and each.key not in listed]
    for page in left if was_sent else ():
        # Lists are short, and old articles drop out of them; but so do withdrawn ones.
        after = page
        if is_address(page.key):
            known = Validators(page.etag, page.last_modified)
            read = read_page(fetcher, page.key, known, keep_all=options.keep_all)
            after = _after(page, read, changes)
        # One that is missing for the first time is requested once more.
        pages[page.key] = replace(after, listed=bool(after.missing and after.article_ids))
        _remove_dropped((page,), pages.values(), changes)
        yield replace(source, pages=tuple(pages.values()))
    kept = tuple(page for page in pages.values() if page.listed or page.article_ids)
    yield succeeded(replace(source, pages=kept), options, listing.unread)


def look_at_files(
    source: Followed,
    files: Iterable[tuple[str, str]],
    read: Callable[[str], Sequence[Article | Unreadable]],
    is_gone: Callable[[str], bool],
    changes: Changes,
    options: LookOptions,
) -> Iterator[Followed]:
    """Look at a folder: `files` are its file names with their versions, `read` reads one, and
    `is_gone` tells a file that was removed from one that cannot be reached."""
    versions = dict(files)
    pages = {page.key: page for page in source.pages}
    if pages and not versions:
        yield failed(
            source,
            "The folder has no articles any more, and those from it are kept. If that is meant,"
            " stop following it, and remove them.",
            options,
        )
        return
    source = replace(source, looked=now())
    with_fewer: dict[str, FollowedPage] = {}
    for name, version in versions.items():
        page = pages.get(name) or FollowedPage(key=name)
        if options.check_all or page.updated != version:
            after = _after(page, PageRead(tuple(read(name))), changes)
            after = replace(after, updated=version)
            if set(page.article_ids) <= set(after.article_ids):
                pages[name] = after
                yield replace(source, pages=tuple(pages.values()))
            else:
                # Another file may have what it lost. Until that is known it counts as unread, so
                # that a look that is interrupted loses track of no article.
                with_fewer[name] = after
    there = tuple(
        with_fewer.get(name, page) if name in versions else replace(page, error=OUT_OF_REACH)
        for name, page in pages.items()
        if name in versions or not is_gone(name)
    )
    _remove_dropped(pages.values(), there, changes)
    yield succeeded(replace(source, pages=there), options)


def failed(
    source: Followed, error: str, options: LookOptions, retry_after: float | None = None
) -> Followed:
    """The source after a failed look: the wait until the next doubles each time, up to a day."""
    failures = source.failures + 1
    wait = min(options.every * 2 ** min(failures, 20), max(options.every, LONGEST_BACKOFF))
    wait = max(wait, timedelta(seconds=retry_after or 0))
    return replace(source, looked=now(), error=error, failures=failures, due=now() + wait)


def succeeded(
    source: Followed, options: LookOptions, unread: Sequence[Unreadable] = ()
) -> Followed:
    """The source after a look; `unread` are the parts of its list that could not be read."""
    wrong = [each.reason for each in unread]
    wrong += [page.error for page in source.pages if page.error]
    total = len(unread) + len(source.pages)
    error = None
    if wrong:
        error = wrong[0]
        if total > 1:
            error = f"{len(wrong):,} of {total:,} could not be read. The first: {error}"
    return replace(source, succeeded=now(), error=error, failures=0, due=now() + options.every)


def _after(page: FollowedPage, read: PageRead, changes: Changes) -> FollowedPage:
    """The page after it was read; its articles are added or replaced. What it has no longer is
    not removed yet: see `_remove_dropped`."""
    page = replace(page, checked=now())
    if read.unchanged:
        return replace(page, missing=0, error=None)
    wrong = [each for each in read.outcomes if isinstance(each, Unreadable)]
    error = wrong[0].reason if wrong else None
    if read.gone:
        missing = page.missing + 1
        if read.gone == 410 or missing >= MISSING_BEFORE_REMOVAL:
            page = replace(page, article_ids=())
        return replace(page, missing=missing, error=error)
    if not read.articles:
        return replace(page, missing=0, error=error)
    changes.add(read.articles)
    return replace(
        page,
        missing=0,
        error=error,
        article_ids=tuple(dict.fromkeys(each.id for each in read.articles)),
        etag=read.validators.etag,
        last_modified=read.validators.last_modified,
    )


def _remove_dropped(
    before: Iterable[FollowedPage], after: Iterable[FollowedPage], changes: Changes
) -> None:
    """Remove the articles of the pages `before` that none of the pages `after` has."""
    kept = {article_id for page in after for article_id in page.article_ids}
    for article_id in dict.fromkeys(each for page in before for each in page.article_ids):
        if article_id not in kept:
            changes.remove(article_id)


def _page_gone(
    source: Followed, failure: FetchFailed, changes: Changes
) -> tuple[FollowedPage, ...]:
    page = _page_of(source)
    if page is None:
        return ()
    read = PageRead((Unreadable(source.address, str(failure)),), gone=failure.gone)
    after = _after(page, read, changes)
    _remove_dropped((page,), (after,), changes)
    return (after,)


def _page_of(source: Followed) -> FollowedPage | None:
    return source.pages[0] if source.pages else None


def _is_due(page: FollowedPage, entry: ListingEntry) -> bool:
    """Whether to fetch a listed page: it is new, has changed, or was not fetched for a day."""
    if page.checked is None or page.updated != entry.updated:
        return True
    if page.missing and page.article_ids:
        return True
    return _since(page.checked) > CHECK_AGAIN


def _since(then: datetime) -> timedelta:
    return now() - then


def _key(entry: ListingEntry) -> str:
    return entry.address or entry.key
