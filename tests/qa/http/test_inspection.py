"""GET /inspection: what is wrong with an index while it is served, told to its own machine."""

from pathlib import Path

import httpx

from qa.http.app import create_app
from tests.qa.http.shapes import assert_problem
from tests.qa.serving import Served, running
from tests.qa.shelf import shelf_in


def test_an_index_in_order_has_no_findings(http: httpx.Client) -> None:
    report = http.get("/inspection").json()
    summary = http.get("/collection").json()
    assert report == {
        "articles": summary["articles"],
        "passages": summary["passages"],
        "findings": [],
        "repaired": [],
    }


def test_what_is_wrong_is_found_in_the_collection_that_has_it(tmp_path: Path) -> None:
    with shelf_in(tmp_path) as shelf:
        with shelf.pool.using("a") as service:
            (passage,) = service.store.catalog.passages_of("only-a")
            service.store.vectors.delete([passage.id])
        found = shelf.http.get("/collections/a/inspection").json()["findings"]
        assert found == ["1 passages have no vector."]
        assert shelf.http.get("/collections/b/inspection").json()["findings"] == []


def test_only_the_machine_of_the_service_inspects_it(served: Served) -> None:
    app = create_app(served.service, is_local=False)
    with running(app) as url, httpx.Client(base_url=url, timeout=60) as http:
        assert "`qa doctor` there" in assert_problem(http.get("/inspection"), 403)
