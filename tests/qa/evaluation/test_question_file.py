from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation.question_file import (
    Case,
    GoldSpan,
    QuestionFileError,
    check_spans,
    read_questions,
)
from qa.types import Turn

ANSWER = '{"article_id": "a", "start": 3, "end": 7, "text": "2021"}'
GOOD = f'{{"id": "q1", "question": "When?", "kind": "fact", "answers": [{ANSWER}]}}'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "questions.jsonl"


def test_a_line_becomes_a_case_with_its_line_number(file: Path) -> None:
    file.write_text(
        "\n" + GOOD + "\n"
        '{"id": "q2", "question": "And then?", "kind": "follow-up", "answers": [], '
        '"history": [{"role": "user", "content": "When?"}], '
        '"filters": {"published_from": "2022-04-01", "sources": ["Wire"]}}\n',
        encoding="utf-8",
    )
    first, second = read_questions(file)
    assert first.line == 2
    assert first.answers == (GoldSpan("a", 3, 7, "2021"),)
    assert first.answerable
    assert second.history == (Turn("user", "When?"),)
    assert second.filters.sources == ("Wire",)
    assert not second.answerable


def test_a_line_separator_inside_a_question_does_not_end_its_line(file: Path) -> None:
    file.write_text(GOOD.replace("When?", "When\u2028\x85?") + "\n", encoding="utf-8")
    [case] = read_questions(file)
    assert case.question == "When\u2028\x85?"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": "q2", "question": ', "line 2: not JSON at column"),
        ("[]", "line 2: the line"),
        ('{"id": "q2", "question": "Who?"}', "line 2: answers is missing; list the gold spans"),
        ('{"id": "q2", "question": "", "answers": []}', "line 2: question"),
        ('{"id": "q2", "question": "Who?", "answers": [], "knid": "fact"}', "no field knid"),
        ('{"id": "q1", "question": "Who?", "answers": []}', "'q1' is taken by line 1"),
        (
            GOOD.replace("q1", "q2").replace('"end": 7', '"end": 9'),
            "start 3 and end 9 span 6 characters, but text has 4",
        ),
        (
            GOOD.replace("q1", "q2").replace(f"[{ANSWER}]", f"[{ANSWER}, {ANSWER}]"),
            "line 2: the same answer is given twice",
        ),
        (
            GOOD.replace("q1", "q2").replace(
                "[", '[], "filters": {"published_from": "April"}, "x": ['
            ),
            "line 2: filters.published_from",
        ),
    ],
)
def test_a_malformed_line_is_named_with_what_is_wrong(file: Path, line: str, said: str) -> None:
    file.write_text(GOOD + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(QuestionFileError) as caught:
        read_questions(file)
    assert str(file) in str(caught.value)
    assert said in str(caught.value)


def test_every_malformed_line_is_named_up_to_a_few(file: Path) -> None:
    file.write_text("\n".join(["{"] * 20), encoding="utf-8")
    with pytest.raises(QuestionFileError) as caught:
        read_questions(file)
    message = str(caught.value)
    assert "line 1:" in message
    assert "line 8:" in message
    assert "line 9:" not in message
    assert "12 more" in message


def test_a_line_that_is_not_utf8_is_named(file: Path) -> None:
    file.write_bytes(GOOD.encode() + b'\n{"id": "\xff"}\n')
    with pytest.raises(QuestionFileError, match="line 2: byte 9 is not UTF-8"):
        read_questions(file)


def test_an_empty_file_is_an_error_and_not_a_perfect_score(file: Path) -> None:
    file.write_text("\n\n", encoding="utf-8")
    with pytest.raises(QuestionFileError, match="holds no questions"):
        read_questions(file)


@given(st.binary(max_size=80))
def test_no_bytes_at_all_bring_anything_but_cases_or_a_named_line(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.mktemp("any") / "questions.jsonl"
    file.write_bytes(GOOD.encode() + b"\n" + content)
    with suppress(QuestionFileError):
        assert read_questions(file)[0].id == "q1"


def _check(gold: GoldSpan, article: str) -> None:
    case = Case("q1", "When?", "fact", (gold,), line=7)
    check_spans([case], {"a": article}.__getitem__, path=Path("q.jsonl"), articles="seeds")


def test_spans_that_are_the_articles_own_words_pass() -> None:
    _check(GoldSpan("a", 3, 7, "2021"), "In 2021 it was 2022.")


@pytest.mark.parametrize(
    ("gold", "said"),
    [
        (GoldSpan("a", 0, 4, "2021"), "q.jsonl, line 7: a[0:4] is 'In 2', not '2021'"),
        (GoldSpan("a", 0, 4, "2021"), "; that text is at start 3, end 7."),
        (GoldSpan("a", 0, 2, "20"), "occurs 2 times: choose one"),
        (GoldSpan("a", 3, 7, "1999"), "is nowhere in the article"),
        (GoldSpan("b", 3, 7, "2021"), "line 7: there is no article 'b' in seeds"),
    ],
)  # fmt: skip
def test_a_span_that_is_not_its_article_is_named_with_the_remedy(gold: GoldSpan, said: str) -> None:
    with pytest.raises(QuestionFileError) as caught:
        _check(gold, "In 2021 it was 2022.")
    assert said in str(caught.value)
