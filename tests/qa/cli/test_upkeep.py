"""qa backup, qa restore and qa reindex, beside a running service and without one."""

from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from qa.cli.commands import cli
from tests.qa.processes import finished, run, serving, started


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / f"{name}.txt").write_text(f"The {name} stood by the weir.")


def test_a_backup_of_a_served_index_is_restored_elsewhere_and_here(tmp_path: Path) -> None:
    write(tmp_path, "heron", "otter")
    with serving(tmp_path):
        assert run(tmp_path, "ingest", "heron.txt")[1].startswith("1 added")
        code, out, err = run(tmp_path, "backup", "b.zip")
        assert (code, err) == (0, "")
        assert out.startswith("Backed up 1 articles, 1 passages, to b.zip (")
        assert run(tmp_path, "ingest", "otter.txt")[1].startswith("1 added")
        code, _, err = run(tmp_path, "restore", "b.zip", "--replace")
        assert code == 1
        assert "Stop that service first." in err
    code, out, err = run(tmp_path, "restore", "b.zip", "--data", "elsewhere")
    assert (code, err) == (0, "")
    assert out.startswith("Restored 1 articles, 1 passages, as they were at 20")
    assert run(tmp_path, "articles", "--data", "elsewhere")[1].count("\n") == 1

    code, _, err = run(tmp_path, "restore", "b.zip")
    assert code == 1
    assert err == "The index in data has articles. To replace it with the backup, add --replace.\n"
    assert run(tmp_path, "restore", "b.zip", "--replace")[0] == 0
    assert run(tmp_path, "articles")[1].count("\n") == 1
    assert run(tmp_path, "doctor")[1].endswith("The index is consistent.\n")

    content = (tmp_path / "b.zip").read_bytes()
    (tmp_path / "cut.zip").write_bytes(content[:-100])
    code, _, err = run(tmp_path, "restore", "cut.zip", "--replace")
    assert code == 1
    assert err.startswith("cut.zip is not a backup of an index, or is one that is cut off.")


def test_a_served_index_is_searched_with_another_model_at_once(tmp_path: Path) -> None:
    write(tmp_path, "heron", "otter")
    with serving(tmp_path) as (_, url):
        assert run(tmp_path, "ingest", "heron.txt", "otter.txt")[1].startswith("2 added")
        code, out, err = run(tmp_path, "reindex", "--model", "another")
        assert (code, err) == (0, "")
        assert out == (
            "Embedded 2 of 2 passages with another. From now on, set QA_EMBEDDING_MODEL=another\n"
        )
        found = httpx.get(f"{url}/search", params={"q": "otter"}).json()["passages"]
        assert found[0]["article_id"] == "otter.txt"
    code, _, err = run(tmp_path, "search", "otter")
    assert code == 1
    assert "QA_EMBEDDING_MODEL=another" in err
    with started(tmp_path, "search", "otter", QA_EMBEDDING_MODEL="another") as process:
        assert finished(process)[0] == 0
    with started(tmp_path, "reindex", "--model", "third", QA_EMBEDDING_MODEL="another") as process:
        code, out, _ = finished(process)
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
