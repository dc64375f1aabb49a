"""Commands that need no model, or use a running service, do not import slow libraries."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.qa.processes import REAL, environment, run
from tests.qa.serving import Served

MODEL_AND_STORE = {"chromadb", "sentence_transformers", "sklearn", "torch", "transformers"}
CHAIN = {"langchain", "langchain_core", "langsmith"}
SERVER = {"fastapi", "starlette", "trafilatura", "uvicorn"}

PRINT_MODULES = """
import json, sys
from qa.cli.commands import main
sys.argv[0] = "qa"
try:
    main()
except SystemExit as ended:
    assert not ended.code, ended.code
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def imported(folder: Path, *arguments: str) -> set[str]:
    """The libraries that a command imports."""
    ran = subprocess.run(
        [sys.executable, "-c", PRINT_MODULES, *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    return set(json.loads(ran.stdout.splitlines()[-1]))


@pytest.mark.parametrize("command", [("--help",), ("ask", "--help"), ("settings",)])
def test_what_needs_no_index_imports_no_library_for_one(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    assert not imported(tmp_path, *command) & (MODEL_AND_STORE | CHAIN | SERVER | {"httpx"})


@pytest.mark.parametrize(
    "command", [("articles",), ("ask", "Who joined in 2020?"), ("search", "x")]
)
def test_what_a_service_does_needs_no_model_here(
    tmp_path: Path, served: Served, command: tuple[str, ...]
) -> None:
    heavy = MODEL_AND_STORE | CHAIN | (SERVER - {"trafilatura"})
    assert not imported(tmp_path, *command, "--data", str(served.folder)) & heavy


def test_what_calls_no_chat_model_needs_no_chain(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("The museum opens.")
    assert not imported(tmp_path, "ingest", "a.txt") & (CHAIN | SERVER - {"trafilatura"})
    asked = imported(tmp_path, "ask", "What opens?")
    assert not asked & (CHAIN | SERVER - {"trafilatura"})


def test_the_package_runs_as_a_program(tmp_path: Path) -> None:
    code, out, err = run(tmp_path, "settings", module=REAL)
    assert (code, err) == (0, "")
    assert "QA_PORT=8000" in out
    assert run(tmp_path, "nonsense", module=REAL)[0] == 2
