"""Keys, scopes, rates and origins of a service that others reach."""

from pathlib import Path

import httpx
import pytest
from openai import AuthenticationError, OpenAI

from qa.http.access import AccessControl
from qa.http.app import create_app
from qa.http.origins import LOOPBACK_NAMES
from qa.http.server import is_local, names_of, server_of
from qa.keys import KeyFile, KeyRing, read_local_key, write_local_key
from qa.settings import read_settings
from tests.qa.http.conftest import Serve
from tests.qa.http.scripted import Failing, service_over
from tests.qa.http.shapes import assert_problem
from tests.qa.serving import Served, running
from vectorstore.errors import UserError

ANSWER = Failing(UserError("It is closed. Come back."))
ARTICLE = {"id": "two", "text": "The dog slept by the door."}
SITE = "https://app.example.org"


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "keys.json")


@pytest.fixture
def reader(keys: KeyFile) -> dict[str, str]:
    return bearer(keys.add("reader", "read"))


@pytest.fixture
def editor(keys: KeyFile) -> dict[str, str]:
    return bearer(keys.add("editor", "change"))


@pytest.fixture
def http(serve: Serve, keys: KeyFile) -> httpx.Client:
    return keyed(serve, keys).http


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def keyed(serve: Serve, keys: KeyFile, key: str = "none", address: str = "none") -> Served:
    control = AccessControl(KeyRing((), keys), key, address)
    return serve(ANSWER, control=control, cors_origins=[SITE])


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/articles"), ("GET", "/search?q=cat"), ("GET", "/collection"), ("POST", "/ask"),
     ("POST", "/check"), ("POST", "/articles"), ("DELETE", "/articles/one"), ("GET", "/v1/models"),
     ("GET", "/docs"), ("GET", "/openapi.json"), ("GET", "/nothing"), ("PUT", "/web")],
)  # fmt: skip
def test_a_request_without_a_key_is_refused(http: httpx.Client, method: str, path: str) -> None:
    refused = http.request(method, path)
    assert "needs a key" in assert_problem(refused, 401)
    assert refused.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("path", ["/", "/web/app.js", "/health"])
def test_the_page_and_probes_need_no_key(http: httpx.Client, path: str) -> None:
    assert http.get(path).status_code == 200


def test_a_key_to_read_reads_and_changes_nothing(
    http: httpx.Client, reader: dict[str, str]
) -> None:
    assert http.get("/articles/one", headers=reader).status_code == 200
    assert http.post("/check", json={"text": "The cat sat."}, headers=reader).status_code == 200
    for refused in (
        http.post("/articles", json=ARTICLE, headers=reader),
        http.delete("/articles/one", headers=reader),
    ):
        assert "scope change" in assert_problem(refused, 403)
    assert http.get("/articles", headers=reader).json()["total"] == 1


def test_a_key_to_change_changes(http: httpx.Client, editor: dict[str, str]) -> None:
    assert http.post("/articles", json=ARTICLE, headers=editor).status_code == 201
    assert http.delete("/articles/two", headers=editor).status_code == 204


@pytest.mark.parametrize("given", ["Bearer wrong", "Bearer", "Basic {}", "{}", "Bearer {}x"])
def test_a_wrong_key_is_refused(http: httpx.Client, keys: KeyFile, given: str) -> None:
    secret = keys.add("page", "change")
    headers = {"Authorization": given.format(secret)}
    assert_problem(http.get("/articles", headers=headers), 401)


def test_a_key_is_refused_once_it_is_revoked(
    http: httpx.Client, keys: KeyFile, reader: dict[str, str]
) -> None:
    assert http.get("/articles", headers=reader).status_code == 200
    keys.revoke("reader")
    assert_problem(http.get("/articles", headers=reader), 401)


def test_the_page_keeps_its_key_in_a_cookie(http: httpx.Client, keys: KeyFile) -> None:
    secret = keys.add("page", "read")
    begun = http.post("/session", json={"key": secret})
    assert begun.status_code == 204
    cookie = begun.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert http.get("/articles").status_code == 200, "the client has the cookie"
    assert_problem(http.delete("/articles/one"), 403)
    assert http.delete("/session").status_code == 204
    assert_problem(http.get("/articles"), 401)


def test_a_wrong_key_begins_no_session(http: httpx.Client) -> None:
    refused = http.post("/session", json={"key": "wrong"})
    assert "not one of this service's keys" in assert_problem(refused, 401)
    assert "set-cookie" not in refused.headers


def test_the_cookie_of_a_service_behind_tls_is_sent_over_tls_only(
    tmp_path: Path, keys: KeyFile
) -> None:
    secret = keys.add("page", "read")
    service = service_over(tmp_path / "index", ANSWER)
    control = AccessControl(KeyRing((), keys), "none", "none")
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    for proxies, secure in (((), False), (("127.0.0.1",), True)):
        app = create_app(service, hosts=None, control=control)
        with running(app, proxies=proxies) as url:
            begun = httpx.post(f"{url}/session", json={"key": secret}, headers=headers)
            assert ("secure" in begun.headers["set-cookie"].lower()) is secure
    service.close()


def test_clients_of_the_openai_protocol_send_their_key(http: httpx.Client, keys: KeyFile) -> None:
    url = str(http.base_url.join("/v1"))
    with OpenAI(base_url=url, api_key=keys.add("client", "read"), max_retries=0) as client:
        assert [each.id for each in client.models.list()]
    with (
        OpenAI(base_url=url, api_key="wrong", max_retries=0) as client,
        pytest.raises(AuthenticationError, match="not one of"),
    ):
        client.models.list()


def test_a_key_has_a_rate_with_the_standard_headers(
    serve: Serve, keys: KeyFile, reader: dict[str, str], editor: dict[str, str]
) -> None:
    http = keyed(serve, keys, key="3/minute").http
    responses = [http.get("/articles", headers=reader) for _ in range(4)]
    assert [each.status_code for each in responses] == [200, 200, 200, 429]
    assert responses[0].headers["ratelimit-policy"] == '"key";q=3;w=60'
    remaining = [each.headers["ratelimit"].split(";")[1] for each in responses[:3]]
    assert remaining == ["r=2", "r=1", "r=0"]
    assert "with this key" in assert_problem(responses[3], 429)
    assert 0 < int(responses[3].headers["retry-after"]) <= 60
    assert http.get("/articles", headers=editor).status_code == 200, "it has a rate of its own"


def test_an_address_has_a_rate_whatever_its_keys(
    serve: Serve, keys: KeyFile, reader: dict[str, str], editor: dict[str, str]
) -> None:
    http = keyed(serve, keys, address="2/minute").http
    statuses = [http.get("/articles", headers=each).status_code for each in (reader, editor) * 2]
    assert statuses == [200, 200, 429, 429]
    assert http.get("/health").status_code == 200


def test_guessing_is_slowed_down_and_does_not_lock_out_who_has_a_key(
    http: httpx.Client, reader: dict[str, str]
) -> None:
    guesses = [http.get("/articles", headers=bearer(f"{n}")) for n in range(12)]
    assert [each.status_code for each in guesses] == [401] * 10 + [429] * 2
    assert int(guesses[-1].headers["retry-after"]) > 0
    assert http.get("/articles", headers=reader).status_code == 200


def test_a_forged_forwarded_header_does_not_change_the_address(
    serve: Serve, keys: KeyFile, reader: dict[str, str]
) -> None:
    http = keyed(serve, keys, address="1/minute").http
    statuses = [
        http.get("/articles", headers={**reader, "X-Forwarded-For": f"192.0.2.{n}"}).status_code
        for n in range(2)
    ]
    assert statuses == [200, 429]


def test_a_configured_origin_may_read_and_change_and_no_other(
    http: httpx.Client, editor: dict[str, str]
) -> None:
    preflight = {"Origin": SITE, "Access-Control-Request-Method": "POST",
                 "Access-Control-Request-Headers": "authorization,content-type"}  # fmt: skip
    allowed = http.options("/ask", headers=preflight)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == SITE
    read = http.get("/articles", headers={**editor, "Origin": SITE})
    assert read.headers["access-control-allow-origin"] == SITE
    assert "access-control-allow-credentials" not in read.headers, "a cookie does not count"
    changed = http.delete("/articles/one", headers={**editor, "Origin": SITE})
    assert changed.status_code == 204
    other = {**editor, "Origin": "https://evil.example"}
    assert "access-control-allow-origin" not in http.get("/articles", headers=other).headers
    assert_problem(http.delete("/articles/one", headers=other), 403)


def test_the_description_says_how_to_send_a_key(http: httpx.Client, reader: dict[str, str]) -> None:
    description = http.get("/openapi.json", headers=reader).json()
    assert set(description["components"]["securitySchemes"]) == {"bearer", "page"}
    assert description["paths"]["/ask"]["post"]["security"] == [{"bearer": []}, {"page": []}]
    assert "security" not in description["paths"]["/health"]["get"]


def test_the_environment_names_no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    config = server_of(lambda scope, receive, send: None).config  # type: ignore[arg-type, return-value]
    assert not config.proxy_headers
    assert config.forwarded_allow_ips == []


@pytest.mark.parametrize(
    ("host", "hosts", "names"),
    [
        ("127.0.0.1", (), LOOPBACK_NAMES),
        ("127.0.0.2", (), {*LOOPBACK_NAMES, "127.0.0.2"}),
        ("127.0.0.1", ("QA.example.org",), {*LOOPBACK_NAMES, "qa.example.org"}),
        ("192.0.2.7", ("qa.example.org",), {*LOOPBACK_NAMES, "192.0.2.7", "qa.example.org"}),
        ("0.0.0.0", ("qa.example.org",), {*LOOPBACK_NAMES, "qa.example.org"}),
        ("0.0.0.0", (), None),
    ],
)
def test_the_names_that_a_service_answers_to(
    host: str, hosts: tuple[str, ...], names: set[str] | None
) -> None:
    assert names_of(read_settings(host=host, hosts=hosts)) == names


@pytest.mark.parametrize(
    ("settings", "local"),
    [
        ({}, True),
        ({"host": "127.0.0.2"}, True),
        ({"host": "0.0.0.0"}, False),
        ({"host": "0.0.0.0", "hosts": ("localhost",)}, False),
        ({"hosts": ("localhost",)}, False),
        ({"trusted_proxies": ("127.0.0.1",)}, False),
    ],
)
def test_a_service_is_local_if_only_its_machine_reaches_it(
    settings: dict[str, object], local: bool
) -> None:
    assert is_local(read_settings(**settings)) is local


@pytest.mark.parametrize("path", ["/health", "/ready"])
def test_a_probe_is_answered_at_any_address(serve: Serve, path: str) -> None:
    http = serve(ANSWER).http
    elsewhere = {"Host": "10.0.0.7:8000"}
    assert "does not answer at" not in http.get(path, headers=elsewhere).text
    refused = http.get("/collection", headers=elsewhere)
    assert "does not answer at '10.0.0.7:8000'" in assert_problem(refused, 403)


def test_the_first_key_is_needed_at_once_and_for_good(
    serve: Serve, keys: KeyFile, tmp_path: Path
) -> None:
    local_key = write_local_key(tmp_path)
    control = AccessControl(
        KeyRing((), keys), "none", "none", local_key=local_key, is_optional=True
    )
    http = serve(ANSWER, control=control).http
    assert http.get("/articles").status_code == 200
    assert http.post("/session", json={"key": "any"}).status_code == 204
    assert "security" not in http.get("/openapi.json").json()["paths"]["/ask"]["post"]
    key = bearer(keys.add("reader", "read"))
    assert_problem(http.get("/articles"), 401)
    assert http.get("/articles", headers=key).status_code == 200
    described = http.get("/openapi.json", headers=key).json()
    assert described["paths"]["/ask"]["post"]["security"]
    keys.path.unlink()
    assert_problem(http.get("/articles"), 401)
    of_this_user = bearer(read_local_key(tmp_path) or "")
    assert http.get("/articles", headers=of_this_user).status_code == 200
