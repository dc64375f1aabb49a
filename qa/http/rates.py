"""Rate limits per key and per address, and the headers that report them."""

import ipaddress
import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

FAILURES = "10/minute"
"""How many requests with a wrong key, or none, an address may send."""


@dataclass(frozen=True, slots=True)
class RateLeft:
    """What is left of a rate limit after a request, and in how many seconds there is more."""

    name: str
    limit: RateLimitItem
    remaining: int
    seconds: int
    refused: bool

    @property
    def headers(self) -> dict[str, str]:
        """The RateLimit headers of the IETF draft, and Retry-After."""
        window = self.limit.get_expiry()
        headers = {
            "RateLimit-Policy": f'"{self.name}";q={self.limit.amount};w={window}',
            "RateLimit": f'"{self.name}";r={self.remaining};t={self.seconds}',
        }
        return headers | ({"Retry-After": str(self.seconds)} if self.refused else {})


class RequestRate:
    """A rate limit for each `who`, such as "300/minute", over a moving window."""

    def __init__(self, name: str, written: str) -> None:
        self._name = name
        self._limit = None if written == "none" else parse(written)
        self._windows = MovingWindowRateLimiter(MemoryStorage())

    def count(self, who: str) -> RateLeft | None:
        """Count a request; None if there is no limit."""
        if self._limit is None:
            return None
        refused = not self._windows.hit(self._limit, who)
        window = self._windows.get_window_stats(self._limit, who)
        seconds = max(1, math.ceil(window.reset_time - time.time()))
        return RateLeft(self._name, self._limit, window.remaining, seconds, refused)


def network_of(address: str) -> str:
    """What requests are counted by: an address, or the /64 network of an IPv6 address, since one
    client has a whole /64.

    >>> network_of("192.0.2.1"), network_of("2001:db8::1:2:3:4")
    ('192.0.2.1', '2001:db8::/64')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False))
