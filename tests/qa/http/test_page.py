"""The chat page: its headers, its media types, and nothing outside its folder."""

from pathlib import Path

import httpx
import pytest

from tests.qa.http.shapes import assert_problem
from tests.qa.serving import Served


@pytest.mark.parametrize("path", ["/", "/web/app.js", "/web/base.css", "/web/icon.svg"])
def test_the_page_has_a_strict_content_security_policy(http: httpx.Client, path: str) -> None:
    response = http.get(path)
    assert response.status_code == 200
    policy = response.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert "http" not in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert http.head(path).status_code == 200


def test_every_file_of_the_page_has_its_media_type(http: httpx.Client) -> None:
    folder = Path(__file__).parents[3] / "qa" / "web"
    expected = {".js": "text/javascript", ".css": "text/css", ".html": "text/html"}
    for path in folder.iterdir():
        if path.suffix in expected:
            media_type = http.get(f"/web/{path.name}").headers["content-type"]
            assert media_type == f"{expected[path.suffix]}; charset=utf-8"


@pytest.mark.parametrize(
    "path",
    ["/web/", "/web/nothing.js", "/web/../settings.py", "/web/..%2fsettings.py",
     "/web/%2e%2e/%2e%2e/pyproject.toml", "/web/..%2f..%2fCHANGELOG.html", "/web/%2fetc%2fhosts.js",
     "/web//etc/hosts", "/web/%00.js", "/web/..%5csettings.py", "/web/app.js%00",
     "/web/app.js/x.js", f"/web/{'a' * 5_000}.js", "/web/%ff.js"],
)  # fmt: skip
def test_paths_outside_the_page_are_refused(http: httpx.Client, path: str) -> None:
    assert_problem(http.get(path), 404)


def test_path_traversal_in_a_raw_request_is_refused(served: Served) -> None:
    import socket
    from urllib.parse import urlsplit

    address = urlsplit(served.url)
    with socket.create_connection((address.hostname, address.port), timeout=10) as connection:
        request = f"GET /web/../../settings.py HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n"
        connection.sendall(request.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 404")
