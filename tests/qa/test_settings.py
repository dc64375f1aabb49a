"""Settings: flags, then the environment, then .env, then defaults; secrets stay hidden."""

from pathlib import Path

import pytest

from qa.cli.output import masked
from qa.settings import SettingsError, read_settings


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_defaults_are_those_of_the_documentation() -> None:
    settings = read_settings()
    assert (settings.data, settings.host, settings.port) == (Path("data"), "127.0.0.1", 8000)
    assert (settings.model, settings.model_base_url, settings.model_api_key) == (None, None, None)


def test_flags_come_before_the_environment_before_the_file_before_defaults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("QA_PORT=1\nQA_HOST=file\nQA_MODEL=file:model\nOTHER=5\n")
    monkeypatch.setenv("QA_PORT", "2")
    monkeypatch.setenv("QA_HOST", "environment")
    settings = read_settings(port=3, host=None)
    assert settings.port == 3
    assert settings.host == "environment", "a flag that was not given is none"
    assert settings.model == "file:model"
    assert settings.data == Path("data")


def test_an_empty_variable_is_as_if_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_PORT", "")
    assert read_settings().port == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("QA_PORT", "eighty"),
        ("QA_PORT", "65536"),
        ("QA_MODEL_TIMEOUT", "0"),
        ("QA_MODEL_CONCURRENCY", "none"),
        ("QA_UNSUPPORTED", "hide"),
        ("QA_CACHE", "-1"),
        ("QA_MODEL_PRICES", "{bad"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError) as refused:
        read_settings()
    assert name in str(refused.value)
    assert value in str(refused.value)
    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


def test_every_fault_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_PORT", "x")
    monkeypatch.setenv("QA_CACHE", "y")
    with pytest.raises(SettingsError, match=r"QA_PORT.*QA_CACHE"):
        read_settings()


def test_a_file_that_is_not_text_is_named() -> None:
    Path(".env").write_bytes(b"QA_PORT=\xff\xfe")
    with pytest.raises(SettingsError, match=r"\.env"):
        read_settings()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        read_settings().port = 5


def test_a_key_shows_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QA_MODEL_API_KEY", "swordfish")
    settings = read_settings()
    assert settings.model_api_key is not None
    assert settings.model_api_key.get_secret_value() == "swordfish"
    assert "swordfish" not in f"{settings} {settings!r} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("http://a:b@example.org/v1", "http://a:**********@example.org/v1"),
        ("http://:b@example.org", "http://:**********@example.org"),
        ("http://example.org:80/@x", "http://example.org:80/@x"),
        ("openai:gpt-5-mini", "openai:gpt-5-mini"),
    ],
)
def test_passwords_in_addresses_are_masked(value: str, shown: str) -> None:
    assert masked(value) == shown
