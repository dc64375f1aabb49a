"""A website, and a fetcher that may fetch from it."""

from collections.abc import Iterator

import pytest

from tests.website import Website, website
from vectorstore.fetching.address_guard import AddressGuard, parse_networks
from vectorstore.fetching.fetcher import Fetcher, FetchLimits

QUICK = FetchLimits(
    body_bytes=1_000_000, seconds=5, seconds_of_silence=2, seconds_between_requests=0
)


@pytest.fixture
def site() -> Iterator[Website]:
    with website() as served:
        yield served


@pytest.fixture
def fetcher() -> Fetcher:
    return Fetcher(AddressGuard(parse_networks("127.0.0.1")), QUICK)
