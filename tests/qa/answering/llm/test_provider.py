"""Chat models from settings, for every provider."""

import subprocess
import sys

import pytest

from qa.answering.llm.provider import ModelError, make_chat_model
from qa.settings import read_settings


@pytest.mark.parametrize(
    ("name", "package"),
    [
        ("openai:gpt-5-mini", "langchain_openai"),
        ("anthropic:claude-sonnet-4-5", "langchain_anthropic"),
        ("ollama:llama3.2", "langchain_ollama"),
    ],
)
def test_each_provider_is_made_without_reaching_it(name: str, package: str) -> None:
    pytest.importorskip(package)
    make_chat_model(read_settings(model=name, model_api_key="a-key", model_timeout=7))


def test_a_server_that_speaks_openais_protocol_needs_no_key() -> None:
    pytest.importorskip("langchain_openai")
    make_chat_model(read_settings(model="openai:any", model_base_url="http://127.0.0.1:9/v1"))


def test_second_tries_and_patience_are_ours_and_not_the_clients() -> None:
    pytest.importorskip("langchain_openai")
    model = make_chat_model(read_settings(model="openai:any", model_api_key="k", model_timeout=7))
    assert model.max_retries == 0  # type: ignore[attr-defined]
    assert model.request_timeout == 7  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("name", "install"),
    [
        ("openai:any", "pip install 'article-qa[openai]'"),
        ("anthropic:any", "pip install 'article-qa[anthropic]'"),
        ("ollama:any", "pip install 'article-qa[ollama]'"),
    ],
)
def test_a_missing_package_is_named_by_its_extra(name: str, install: str) -> None:
    # LangChain remembers the packages that it has found, so that only a new process has none.
    package = f"langchain_{name.partition(':')[0]}"
    script = f"""
import sys
sys.modules["{package}"] = None
from qa.answering.llm.provider import ModelError, make_chat_model
from qa.settings import read_settings
try:
    make_chat_model(read_settings(model="{name}", model_api_key="a-key"))
except ModelError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert install in done.stdout


@pytest.mark.parametrize("name", ["gpt-without-provider-9", "nobody:model", "", ":"])
def test_a_name_that_no_provider_goes_by_is_said_to_be_so(name: str) -> None:
    with pytest.raises(ModelError, match="QA_MODEL"):
        make_chat_model(read_settings(model=name))


def test_no_model_is_said_to_be_missing() -> None:
    with pytest.raises(ModelError, match="No chat model"):
        make_chat_model(read_settings())


def test_a_key_is_never_part_of_an_error() -> None:
    with pytest.raises(ModelError) as raised:
        make_chat_model(read_settings(model="nobody:model", model_api_key="sk-secret"))
    assert "sk-secret" not in str(raised.value)
