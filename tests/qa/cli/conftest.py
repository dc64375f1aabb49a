"""`qa` in this process."""

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from qa.cli import commands
from vectorstore.types import Embedder


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Qa = Callable[..., Ran]


@pytest.fixture
def qa(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    embedder: Embedder,
) -> Qa:
    """Runs a command in a folder of its own, with the model that is read already."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("qa.composition.embedder_for", lambda model: embedder)
    for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "TTY_COMPATIBLE", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: str | Path) -> Ran:
        monkeypatch.setattr(sys, "argv", ["qa", *map(str, arguments)])
        try:
            commands.main()
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        printed = capsys.readouterr()
        assert "Traceback" not in printed.err
        assert "\x1b" not in printed.out + printed.err, "what is no terminal gets plain text"
        return Ran(code, printed.out, printed.err)

    return run
