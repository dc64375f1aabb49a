"""The examples of the documentation run as they stand."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.qa.serving import Served

ROOT = Path(__file__).parents[2]
DOORS = (
    "docs/python.md",
    "docs/openai.md",
    "docs/mcp.md",
    "docs/receipts.md",
    "docs/frameworks.md",
)
PAGES = (*DOORS, "README.md")
EXAMPLE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:8000"


def examples_of(page: str) -> str:
    """The code of a page, as one program."""
    found = EXAMPLE.findall((ROOT / page).read_text("utf-8"))
    assert found, page
    return "\n".join(found)


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_a_page_run(
    page: str,
    served: Served,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "seeds").symlink_to(ROOT / "seeds")
    monkeypatch.chdir(tmp_path)
    program = examples_of(page).replace(ADDRESS, served.url)
    if "llama_index" in program:
        pytest.importorskip("llama_index.core", reason="scripts/setup --dev installs it")
    names: dict[str, Any] = {}
    try:
        exec(compile(program, page, "exec"), names)
    finally:
        for each in ("articles", "client"):
            if each in names:
                names[each].close()
    assert (
        "Coinbase, a founding member and its rival, left within days [1]."
        in capsys.readouterr().out
    )


def test_each_page_of_a_door_is_at_most_a_screen() -> None:
    for page in (*DOORS, "docs/cli.md", "docs/prompts.md"):
        assert len((ROOT / page).read_text("utf-8").splitlines()) <= 60, page
