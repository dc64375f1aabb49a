"""What robots.txt allows, and how often."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from protego import Protego

MOST_SECONDS_BETWEEN_REQUESTS = 60.0
SECONDS_KEPT = 86_400.0
"""The longest that RFC 9309 allows."""
SECONDS_FAILURE_KEPT = 60.0
"""Long enough for a long list to ask a failing server only once, short enough to try again soon."""


@dataclass(frozen=True, slots=True)
class RobotsFile:
    """The text of a robots.txt, None if the site has none; or a sentence that says why it cannot
    be fetched.

    Without one, a site forbids nothing; if it cannot be fetched, everything (RFC 9309).
    """

    text: str | None = None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class SiteRules:
    """What a site asks of one user agent; nothing may be fetched if there is a `failure`."""

    agent: str
    parsed: Protego
    failure: str | None
    expire: float
    """When they must be fetched again, in seconds on the `time.monotonic` clock."""

    def allows(self, address: str) -> bool:
        return self.failure is None and self.parsed.can_fetch(address, self.agent)

    @property
    def seconds_between_requests(self) -> float:
        """What the site asks for, or 0."""
        return min(float(self.parsed.crawl_delay(self.agent) or 0), MOST_SECONDS_BETWEEN_REQUESTS)


class RobotsRules:
    """The rules for one user agent, site by site. `fetch` is called when those of a site are not
    known, or have expired."""

    def __init__(self, agent: str, fetch: Callable[[str], RobotsFile]) -> None:
        self._agent = agent
        self._fetch = fetch
        self._sites: dict[str, SiteRules] = {}

    def of(self, site: str) -> SiteRules:
        """The rules of a site, given as its scheme, host and port."""
        known = self._sites.get(site)
        if known is not None and time.monotonic() < known.expire:
            return known
        found = self._fetch(f"{site}/robots.txt")
        kept = SECONDS_KEPT if found.failure is None else SECONDS_FAILURE_KEPT
        rules = SiteRules(
            self._agent, Protego.parse(found.text or ""), found.failure, time.monotonic() + kept
        )
        self._sites[site] = rules
        return rules
