"""qa backup, qa restore and qa reindex, beside a running service and without one."""

from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from qa import composition
from qa.cli.commands import cli
from tests.qa import program
from tests.qa.processes import serving
from vectorstore import embedding
from vectorstore.errors import UserError


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / f"{name}.txt").write_text(f"The {name} stood by the weir.")


@pytest.fixture
def qa(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, str, str]]:
    """A command in this process, with the cheap embedding model of `tests.qa.program`."""
    monkeypatch.chdir(tmp_path)
    for module in (composition, embedding):
        monkeypatch.setattr(module, "embedder_for", program.embedder_for)

    def qa(*arguments: str) -> tuple[int, str, str]:
        ran = CliRunner().invoke(cli, arguments)
        if not isinstance(ran.exception, SystemExit | None):
            assert isinstance(ran.exception, UserError), ran.exception
            return 1, ran.stdout, f"{ran.exception}\n"
        return ran.exit_code, ran.stdout, ran.stderr

    return qa


def test_a_backup_of_a_served_index_is_restored_there_and_elsewhere(
    tmp_path: Path, qa: Callable[..., tuple[int, str, str]]
) -> None:
    write(tmp_path, "heron", "otter")
    with serving(tmp_path):
        assert qa("ingest", "heron.txt")[1].startswith("1 added")
        code, out, err = qa("backup", "b.zip")
        assert (code, err) == (0, "")
        assert out.startswith("Backed up 1 articles, 1 passages, to b.zip (")
        assert qa("ingest", "otter.txt")[1].startswith("1 added")
        code, _, err = qa("restore", "b.zip")
        assert code == 1
        assert err == (
            "The index in data has articles. To replace it with the backup, add --replace.\n"
        )
        code, out, err = qa("restore", "b.zip", "--replace")
        assert (code, err) == (0, "")
        assert out.startswith("Restored 1 articles, 1 passages, as they were at 20")
        assert qa("articles")[1].count("\n") == 1
        assert qa("ingest", "otter.txt")[1].startswith("1 added")
    assert qa("restore", "b.zip", "--data", "elsewhere")[0] == 0
    assert qa("articles", "--data", "elsewhere")[1].count("\n") == 1

    assert qa("restore", "b.zip", "--replace")[0] == 0
    assert qa("articles")[1].count("\n") == 1
    assert qa("doctor")[1].endswith("The index is consistent.\n")

    content = (tmp_path / "b.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(content[:-100])
    code, _, err = qa("restore", "cut.zip", "--replace")
    assert code == 1
    assert err.startswith("cut.zip is not a backup of an index, or is one that is cut off.")


def test_a_served_index_is_searched_with_another_model_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qa: Callable[..., tuple[int, str, str]]
) -> None:
    write(tmp_path, "heron", "otter")
    assert qa("collections", "add", "news")[0] == 0
    with serving(tmp_path) as (_, url):
        assert qa("ingest", "heron.txt", "otter.txt")[1].startswith("2 added")
        assert qa("ingest", "otter.txt", "--collection", "news")[1].startswith("1 added")
        code, out, err = qa("reindex", "--model", "another")
        assert code == 0
        assert out == (
            "Embedded 2 of 2 passages with another. From now on, set QA_EMBEDDING_MODEL=another\n"
        )
        assert "qa reindex --model another --collection NAME" in err
        found = httpx.get(f"{url}/search", params={"q": "otter"}).json()["passages"]
        assert found[0]["article_id"] == "otter.txt"
        code, out, err = qa("reindex", "--model", "another", "--collection", "news")
        assert (code, out, err) == (0, "Embedded 1 of 1 passages with another.\n", "")
    code, _, err = qa("search", "otter")
    assert code == 1
    assert "QA_EMBEDDING_MODEL=another" in err
    assert qa("search", "otter", "--collection", "news")[0] == 0
    monkeypatch.setenv("QA_EMBEDDING_MODEL", "another")
    assert qa("search", "otter")[0] == 0
    code, out, _ = qa("reindex", "--model", "third")
    assert code == 0
    assert out.startswith("Embedded 2 of 2 passages with third.")


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_an_index_on_servers_is_not_taken_for_the_folder_beside_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    monkeypatch.setenv("QA_DATABASE_URL", "postgresql://127.0.0.1/articles")
    monkeypatch.setenv("QA_CHROMA_URL", "http://127.0.0.1:1")
    ran = CliRunner().invoke(cli, [command, str(tmp_path / "b.zip"), "--data", str(tmp_path)])
    assert ran.exit_code == 1
    assert "qa move --to FOLDER" in ran.stderr
    assert list(tmp_path.iterdir()) == []
