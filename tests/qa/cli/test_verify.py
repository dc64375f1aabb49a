"""`qa ask --save` and `qa verify`."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.qa.cli.conftest import Qa
from tests.qa.serving import Served

DOCS = Path(__file__).parents[3] / "docs"
QUESTION = "When did Binance.US join the Blockchain Association?"


def test_an_answer_is_saved_and_verified_against_a_service(
    qa: Qa, served: Served, tmp_path: Path
) -> None:
    files = [tmp_path / f"answer{suffix}" for suffix in (".json", ".md", ".html", ".jsonld")]
    options = [part for each in files for part in ("--save", each)]
    asked = qa("ask", QUESTION, *options, "--data", served.folder)
    assert asked.code == 0
    assert "Saved" in asked.err
    assert all(each.stat().st_size for each in files)
    verified = qa("verify", files[0], "--data", served.folder)
    assert verified.code == 0
    assert "[1] exact" in verified.out
    receipt = json.loads(files[0].read_text())
    assert qa("verify", receipt["id"], "--data", served.folder).out == verified.out
    assert qa("verify", receipt["id"], "--json", "--data", served.folder).json["holds"] is True

    quote = receipt["quotes"][0]
    quote["quote"] = quote["quote"].replace("August", "September")
    files[0].write_text(json.dumps(receipt))
    changed = qa("verify", files[0], "--data", served.folder)
    assert changed.code == 1
    assert "[1] changed" in changed.out
    assert "[-September-]{+August+}" in " ".join(changed.out.split())


def test_the_documented_commands_work(
    qa: Qa, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QA_DATA", str(served.folder))
    shown = re.findall(r"^\$ qa (.*)$", (DOCS / "receipts.md").read_text("utf-8"), re.MULTILINE)
    assert [each.split()[0] for each in shown] == ["ask", "verify"]
    for command in shown:
        assert qa(*shlex.split(command)).code == 0


def test_what_cannot_be_saved_or_verified_is_said(qa: Qa, served: Served, tmp_path: Path) -> None:
    wrong = qa("ask", QUESTION, "--save", tmp_path / "answer.pdf", "--data", served.folder)
    assert (wrong.code, wrong.out) == (1, "")
    assert "names no format" in wrong.err
    (tmp_path / "no.json").write_text("{}")
    assert "no receipt" in qa("verify", tmp_path / "no.json", "--data", served.folder).err
    missing = qa("verify", "missing.json", "--data", served.folder)
    assert (missing.code, "cannot be read" in missing.err) == (1, True)
    unknown = qa("verify", "unknown", "--data", served.folder)
    assert (unknown.code, "No answer is kept under 'unknown'" in unknown.err) == (1, True)
