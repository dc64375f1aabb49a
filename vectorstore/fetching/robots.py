"""What robots.txt allows, and how often."""

from collections.abc import Callable
from dataclasses import dataclass

from protego import Protego

MOST_SECONDS_BETWEEN_REQUESTS = 60.0


@dataclass(frozen=True, slots=True)
class RobotsFile:
    """The body of a robots.txt; None if the site has none, or it cannot be fetched.

    Without one, a site forbids nothing; if the server fails, it forbids everything (RFC 9309).
    """

    text: str | None
    server_failed: bool = False


class RobotsRules:
    """The rules for one user agent, site by site; `fetch` is called once per site."""

    def __init__(self, agent: str, fetch: Callable[[str], RobotsFile]) -> None:
        self._agent = agent
        self._fetch = fetch
        self._sites: dict[str, Protego | None] = {}
        self._failed: set[str] = set()

    def allows(self, site: str, address: str) -> bool:
        """Whether `address` may be fetched; `site` is its scheme, host and port."""
        rules = self._rules(site)
        if site in self._failed:
            return False
        return rules is None or rules.can_fetch(address, self._agent)

    def seconds_between_requests(self, site: str) -> float:
        """What the site asks for, or 0."""
        rules = self._rules(site)
        delay = None if rules is None else rules.crawl_delay(self._agent)
        return min(float(delay or 0), MOST_SECONDS_BETWEEN_REQUESTS)

    def _rules(self, site: str) -> Protego | None:
        if site not in self._sites:
            found = self._fetch(f"{site}/robots.txt")
            self._sites[site] = None if found.text is None else Protego.parse(found.text)
            if found.server_failed:
                self._failed.add(site)
        return self._sites[site]
