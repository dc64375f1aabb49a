"""The page's modules imported one at a time, without the page or the service."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page, Route

WEB = Path(__file__).parents[2] / "qa" / "web"
SITE = "http://modules.test"


class Modules:
    def __init__(self, page: Page) -> None:
        self.page = page

    def run(self, name: str, script: str, argument: object = None) -> Any:
        """`script` is a function of (module, argument)."""
        return self.page.evaluate(
            f"async (argument) => ({script})(await import('/web/{name}'), argument)", argument
        )


def serve(route: Route) -> None:
    """Answers requests to SITE: an empty page, and the files of qa/web."""
    name = route.request.url.removeprefix(f"{SITE}/web/")
    if "/" in name:
        route.fulfill(content_type="text/html", body="<!doctype html><title>Modules</title>")
    else:
        route.fulfill(path=WEB / name, content_type="text/javascript")
