"""Prompts of one's own, and the house style."""

import re
from pathlib import Path

import pytest

from qa.answering.llm.prompts import (
    ALLOWED,
    HouseStyle,
    PromptsRefused,
    bundled_prompts,
    faults_of,
    read_prompts,
)
from tests.openai_server import Say
from tests.qa.llm_service import QUESTION, TRUE, answering

ROOT = Path(__file__).parents[4]
TEMPLATES = ROOT / "qa" / "answering" / "llm" / "templates"
EXAMPLE = re.compile(r"^\$ QA_PROMPTS=prompts qa serve\n(.*)$", re.MULTILINE)


def system_prompt(style: HouseStyle) -> str:
    return read_prompts(None, style).answer(QUESTION, [], "fence")[0].text


def test_the_bundled_prompts_have_no_fault() -> None:
    assert {each.stem for each in TEMPLATES.iterdir()} == set(ALLOWED)
    for name in ALLOWED:
        assert faults_of(name, (TEMPLATES / f"{name}.md").read_text("utf-8")) == []


def test_without_a_house_style_answers_are_in_the_language_of_the_question() -> None:
    written = system_prompt(HouseStyle())
    assert "- Answer in one to six sentences of plain prose, in the language of the question. " in (
        written
    )
    assert "The tone" not in written
    assert "$" not in written


def test_the_house_style_reaches_the_model() -> None:
    written = system_prompt(HouseStyle("short", "German", "warm\nand plain."))
    assert "- Answer in one or two sentences of plain prose, in German. " in written
    assert "\n- The tone of the answer: warm and plain.\n" in written


def test_a_style_is_another_version_of_the_prompts() -> None:
    styles = [HouseStyle(), HouseStyle("long"), HouseStyle(language="French")]
    assert len({read_prompts(None, each).version for each in styles}) == 3
    assert read_prompts(None).version == bundled_prompts().version


def test_own_prompts_take_the_place_of_some(tmp_path: Path) -> None:
    own = "Be a pirate. $fence\nOtherwise: The articles do not say. It costs $$5."
    (tmp_path / "answer_system.md").write_text(own)
    prompts = read_prompts(tmp_path)
    system, user = prompts.answer(QUESTION, [], "f1")
    assert system.text == "Be a pirate. f1\nOtherwise: The articles do not say. It costs $5."
    assert QUESTION in user.text
    assert own in prompts.private_texts
    assert prompts.version != bundled_prompts().version
    assert prompts.judge([("a", "b")], "f") == bundled_prompts().judge([("a", "b")], "f")


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("answer_system", "", "answer_system.md is empty."),
        ("answer_system", "$fence", "does not tell the model to write “The articles do not say.”"),
        ("answer_user", "$fence $question", "answer_user.md lacks $passages."),
        ("answer_user", "$fence $question $passages $x", "has $x, which is no placeholder of it"),
        ("judge_user", "$fence $pairs\n5 $", "has a $ in line 2 that begins no placeholder"),
        ("judge_user", "$fence $pairs" + "x" * 20_000, "more than 20,000 characters"),
    ],
)
def test_each_fault_is_said(tmp_path: Path, name: str, text: str, told: str) -> None:
    (tmp_path / f"{name}.md").write_text(text)
    with pytest.raises(PromptsRefused) as refused:
        read_prompts(tmp_path)
    assert str(refused.value).startswith(f"QA_PROMPTS is '{tmp_path}'. {name}.md ")
    assert told in str(refused.value)


def test_a_style_that_would_not_reach_the_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "answer_system.md").write_text("$fence The articles do not say. $length")
    read_prompts(tmp_path, HouseStyle("short"))
    with pytest.raises(PromptsRefused, match=r"no \$language, so that QA_ANSWER_LANGUAGE"):
        read_prompts(tmp_path, HouseStyle(language="German"))


def test_what_is_no_folder_of_prompts_is_said(tmp_path: Path) -> None:
    with pytest.raises(PromptsRefused, match="no prompt: the files are answer_system"):
        read_prompts(tmp_path)
    (tmp_path / "anser_system.md").write_text("x")
    with pytest.raises(PromptsRefused, match=r"anser_system\.md, which are no prompts"):
        read_prompts(tmp_path)
    (tmp_path / "anser_system.md").rename(tmp_path / "answer_user.md")
    (tmp_path / "answer_user.md").write_bytes(b"\xff")
    with pytest.raises(PromptsRefused, match=r"answer_user\.md cannot be read as UTF-8"):
        read_prompts(tmp_path)
    with pytest.raises(PromptsRefused, match="no folder to read"):
        read_prompts(tmp_path / "missing")


def test_the_documented_refusal_is_the_one_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shown,) = EXAMPLE.findall((ROOT / "docs" / "prompts.md").read_text("utf-8"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "answer_user.md").write_text("$fence $passage $question")
    with pytest.raises(PromptsRefused) as refused:
        read_prompts(Path("prompts"))
    assert str(refused.value) == shown


def test_a_service_asks_with_its_own_prompts_in_its_style(tmp_path: Path) -> None:
    folder = tmp_path / "prompts"
    folder.mkdir()
    (folder / "answer_system.md").write_text(
        "House rules. Write in $language. $fence The articles do not say."
    )
    with answering(tmp_path / "index", [Say(TRUE)], prompts=folder, answer_language="Welsh") as it:
        answer = it.served.http.post("/ask", json={"question": QUESTION}).json()
        assert answer["answered"]
        (request,) = it.model.requests
        assert request["messages"][0]["content"].startswith("House rules. Write in Welsh.")
        kept = it.served.http.get(f"/answers/{answer['id']}").json()
        assert kept["answered_by"]["prompts"] == it.served.service._prompts
