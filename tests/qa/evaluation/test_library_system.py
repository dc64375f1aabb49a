"""The evaluation of the real service, in this process and over HTTP."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from qa.composition import build_service
from qa.evaluation.command_line import Target
from qa.evaluation.evaluate import Plan, evaluate
from qa.evaluation.library_system import (
    UNHURRIED,
    EmptyCollectionError,
    open_target,
    read,
    temporary_settings,
)
from qa.evaluation.run_records import Run
from qa.http.access import AccessControl
from qa.http.app import create_app
from qa.keys import KeyFile, KeyRing, keys_from_setting
from qa.settings import read_settings
from tests.qa.evaluation.conftest import ARTICLES
from tests.qa.serving import running
from vectorstore.errors import UserError

KEY = "qa_" + "k" * 43


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    folder = tmp_path / "articles"
    folder.mkdir()
    lines = [f'{{"id": "{name}", "text": {_json(text)}}}' for name, text in ARTICLES.items()]
    (folder / "articles.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return folder


def _json(text: str) -> str:
    return '"' + text.replace("\n", "\\n").replace('"', '\\"') + '"'


@pytest.fixture
def url(articles: Path, tmp_path: Path) -> Iterator[str]:
    """A running service with the three articles, which needs `KEY`."""
    service = build_service(read_settings(data=tmp_path / "data"))
    service.add(read(articles))
    keys = KeyRing(keys_from_setting(f"{KEY}:read"), KeyFile(tmp_path / "keys.json"))
    with running(create_app(service, control=AccessControl(keys, "none", "none"))) as url:
        yield url
    service.close()


def _evaluate(wanted: Target, folder: Path) -> Run:
    run, _ = evaluate(open_target(wanted), folder=folder, name="run", console=Console(quiet=True))
    return run


def _wanted(
    questions: Path, articles: Path, url: str | None = None, key: str | None = None
) -> Target:
    return Target(articles, url, Plan(questions, str(articles)), judge=False, key=key)


def test_a_temporary_index_is_in_its_folder_whatever_the_settings_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_DATABASE_URL", "postgresql://qa@servers.example/articles")
    monkeypatch.setenv("QA_CHROMA_URL", "http://servers.example:8000")
    monkeypatch.delenv("QA_READING_SECONDS", raising=False)
    own = temporary_settings(read_settings(), str(tmp_path))
    assert (own.data, own.database_url, own.chroma_url) == (tmp_path, None, None)
    assert (own.cache, own.reading_seconds) == (0, UNHURRIED)
    monkeypatch.setenv("QA_READING_SECONDS", "2")
    assert temporary_settings(read_settings(), str(tmp_path)).reading_seconds == 2


def test_the_service_is_measured_alike_in_this_process_and_over_http(
    question_file: Path, articles: Path, url: str, tmp_path: Path
) -> None:
    here = _evaluate(_wanted(question_file, articles), tmp_path / "here")
    with pytest.raises(UserError, match="needs a key"):
        open_target(_wanted(question_file, articles, url))
    there = _evaluate(_wanted(question_file, articles, url, KEY), tmp_path / "there")
    for run in (here, there):
        exact = run.figure("exact_quotes")
        assert exact is not None
        assert exact.value == 1.0
        hits = run.figure("article_hits@1")
        assert hits is not None
        assert hits.value == 1.0
    assert [_ranking(run) for run in (here, there)] == [_ranking(here)] * 2


def _ranking(run: Run) -> list[list[str]]:
    return [[passage.id for passage in record.found] for record in run.records]


def test_nothing_at_a_url_is_a_sentence_with_a_remedy(question_file: Path) -> None:
    with pytest.raises(UserError, match=r"127\.0\.0\.1:9 does not answer .*`qa serve`"):
        open_target(_wanted(question_file, Path("none"), "http://127.0.0.1:9"))


def test_a_folder_without_articles_is_a_sentence_with_a_remedy(
    question_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(
        EmptyCollectionError, match=r"no articles in .*empty; name a file or folder"
    ):
        open_target(_wanted(question_file, tmp_path / "empty"))


def test_other_articles_are_another_run(question_file: Path, articles: Path) -> None:
    wanted = _wanted(question_file, articles)
    first, again = open_target(wanted).plan, open_target(wanted).plan
    file = articles / "articles.jsonl"
    file.write_text(file.read_text(encoding="utf-8").replace("Ripley", "Rigby"), encoding="utf-8")
    assert again == first
    assert open_target(wanted).plan.articles_key != first.articles_key
