"""The README's examples work as shown."""

import asyncio
import io
import re
from pathlib import Path

from rich.console import Console

from qa.cli.output import show_answer_stream
from qa.composition import build_service
from qa.settings import Settings, read_settings
from qa.types import Question
from vectorstore.readers import SUFFIXES, read_articles

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text("utf-8")


def test_the_answer_shown_first_is_the_answer_given(tmp_path: Path) -> None:
    shown = re.search(r'^\$ qa ask "(.+)"\n(.*?)^```$', README, re.MULTILINE | re.DOTALL)
    assert shown is not None
    question, answer = shown.groups()
    service = build_service(read_settings(data=tmp_path))
    try:
        service.add(read_articles([ROOT / "seeds" / "articles"]))
        written = io.StringIO()
        console = Console(file=written, highlight=False, soft_wrap=True)
        asyncio.run(show_answer_stream(console, service.stream(Question(question))))
    finally:
        service.close()
    assert written.getvalue() == answer


def test_every_setting_is_explained() -> None:
    explained = set(re.findall(r"^\| `(QA_\w+)`", README, re.MULTILINE))
    assert explained == {f"QA_{name.upper()}" for name in Settings.model_fields}


def test_every_script_named_is_there() -> None:
    named = set(re.findall(r"\bscripts/([\w-]+)", README))
    assert named
    assert all((ROOT / "scripts" / name).exists() for name in named)


ALIASES = {".htm", ".markdown", ".mht", ".ndjson", ".text", ".tgz", ".xhtml"}


def test_the_table_of_formats_has_all_that_are_read_and_no_others() -> None:
    table = README[README.index("| format |") :].split("\n\n")[0]
    rows = [row.split("|")[1] for row in table.splitlines()[2:]]
    named = {suffix for row in rows for suffix in re.findall(r"`([.\w]+)`", row)}
    assert named == SUFFIXES - ALIASES
