from dataclasses import replace

import pytest

from qa.evaluation.run_records import Judgement, Run
from qa.evaluation.scoring import score
from qa.types import ShortAnswer, Usage
from tests.qa.evaluation.conftest import Evaluated
from tests.qa.evaluation.fake import FakeSystem


def _values(run: Run, case_id: str) -> dict[str, tuple[float, float]]:
    [record] = [record for record in run.records if record.case.id == case_id]
    return dict(record.values)


def _rescored(run: Run, case_id: str, **changes: object) -> dict[str, tuple[float, float]]:
    """The values of one record whose answer is changed."""
    [record] = [record for record in run.records if record.case.id == case_id]
    assert record.answer is not None
    changed = replace(record, answer=replace(record.answer, **changes))  # type: ignore[arg-type]
    [scored] = score([changed], run.setup)
    return dict(scored.values)


def test_a_right_answer_scores_in_every_figure(evaluated: Evaluated, system: FakeSystem) -> None:
    values = _values(evaluated(system), "join")
    assert values["passage_hits@1"] == (1.0, 1.0)
    assert values["answer_in_quote"] == (1.0, 1.0)
    assert values["citation_precision"] == (1.0, 1.0)
    assert values["citation_recall"] == (1.0, 1.0)
    assert values["exact_quotes"] == (1.0, 1.0)
    assert values["decision_accuracy"] == (1.0, 1.0)
    # Two of the gold words among the seven of the sentence (SQuAD's "the" does not count).
    assert values["token_f1"] == pytest.approx((2 * 2 / (7 + 2), 1.0))
    assert values["exact_match"] == (0.0, 1.0)


def test_a_short_answer_is_what_is_compared_with_gold(
    evaluated: Evaluated, system: FakeSystem
) -> None:
    values = _rescored(
        evaluated(system), "join", short_answer=ShortAnswer("august 2020.", citation=1)
    )
    assert values["exact_match"] == values["token_f1"] == (1.0, 1.0)


def test_markers_in_the_text_are_not_words_of_the_answer(
    evaluated: Evaluated, system: FakeSystem
) -> None:
    values = _rescored(evaluated(system), "join", text="August 2020 [1].")
    assert values["exact_match"] == (1.0, 1.0)


def test_a_comparison_needs_both_its_spans_for_full_recall(
    evaluated: Evaluated, system: FakeSystem
) -> None:
    values = _values(evaluated(system), "compare")
    assert values["citation_recall"] == (0.5, 1.0)
    assert values["citation_precision"] == (1.0, 1.0)
    assert values["passage_recall@5"] == (1.0, 1.0)


def test_a_declined_question_scores_nothing_but_makes_no_wrong_citation(
    evaluated: Evaluated, system: FakeSystem
) -> None:
    values = _values(evaluated(system), "kraken")
    assert values["answer_in_quote"] == values["token_f1"] == (0.0, 1.0)
    assert values["citation_precision"] == (0.0, 0.0)
    assert values["decision_accuracy"] == (0.0, 1.0)


def test_an_unanswerable_question_counts_only_where_it_can(
    evaluated: Evaluated, system: FakeSystem
) -> None:
    values = _values(evaluated(system), "price")
    assert values["decision_accuracy"] == values["declined_unanswerable"] == (1.0, 1.0)
    assert values["confidence_auroc"][1] == -1.0
    assert not {"token_f1", "answer_in_quote", "passage_hits@5", "answered_answerable"} & set(
        values
    )


def test_a_failure_is_never_right_even_for_an_unanswerable_question(
    evaluated: Evaluated, system: FakeSystem
) -> None:
    system.failing = {"What does a bushel of wheat cost in Chicago?": "Out of order."}
    run = evaluated(system)
    values = _values(run, "price")
    assert values["failed"] == (1.0, 1.0)
    assert values["decision_accuracy"] == values["declined_unanswerable"] == (0.0, 1.0)
    assert "ask_ms_p50" not in values
    failed = run.figure("failed")
    assert failed is not None
    assert failed.value == 0.2


def test_a_search_that_failed_found_nothing_and_counts_as_a_failure(
    evaluated: Evaluated, system: FakeSystem
) -> None:
    run = evaluated(system)
    records = [
        replace(each, found=(), search_ms=None) if each.case.id == "join" else each
        for each in run.records
    ]
    scored = {each.case.id: dict(each.values) for each in score(records, run.setup)}
    assert scored["join"]["passage_hits@5"] == (0.0, 1.0)
    assert scored["join"]["failed"] == (1.0, 1.0)
    assert scored["compare"]["failed"] == (0.0, 1.0)


def test_a_system_that_cannot_search_has_no_figures_of_retrieval(
    evaluated: Evaluated, system: FakeSystem
) -> None:
    run = evaluated(system)
    records = [replace(each, found=(), search_ms=None) for each in run.records]
    scored = {each.case.id: dict(each.values) for each in score(records, run.setup)}
    assert "passage_hits@5" not in scored["join"]
    assert scored["join"]["failed"] == (0.0, 1.0)


def test_a_quote_that_is_not_the_articles_words_is_counted(
    evaluated: Evaluated, system: FakeSystem
) -> None:
    system.shift = 1
    figure = evaluated(system).figure("exact_quotes")
    assert figure is not None
    assert figure.value == 0.0


def test_tokens_and_cost_are_those_of_the_model(evaluated: Evaluated, system: FakeSystem) -> None:
    run = evaluated(system)
    run = replace(
        run,
        setup=replace(run.setup, answerer="llm", input_price=2.0, output_price=10.0),
    )
    values = _rescored(run, "join", model="openai:x", answerer="llm", usage=Usage(3000, 200))
    assert values["input_tokens"] == (3000.0, 1.0)
    # 3,000 tokens at $2 and 200 at $10 a million are $0.008: $8 for a thousand questions.
    assert values["cost"] == pytest.approx((8.0, 1.0))
    assert values["fallback_rate"] == (0.0, 1.0)


def test_a_fallback_answer_counts_what_the_model_had_read_and_written(
    evaluated: Evaluated, system: FakeSystem
) -> None:
    run = evaluated(system)
    run = replace(
        run,
        setup=replace(run.setup, answerer="llm", input_price=2.0, output_price=10.0),
    )
    values = _rescored(run, "join", model=None, answerer="extractive", usage=Usage(3000, 200))
    assert values["fallback_rate"] == (1.0, 1.0)
    assert values["input_tokens"] == (3000.0, 1.0)
    assert values["cost"] == pytest.approx((8.0, 1.0))


def test_without_a_chat_model_there_are_no_tokens_to_count(
    evaluated: Evaluated, system: FakeSystem
) -> None:
    assert "input_tokens" not in _values(evaluated(system), "join")


def test_a_judgement_is_averaged_where_there_is_one(
    evaluated: Evaluated, system: FakeSystem
) -> None:
    run = evaluated(system)
    judged = replace(run.records[0], judgement=Judgement(0.5, 1.0, "since"))
    unanswerable = replace(run.records[4], judgement=Judgement(None, 0.25, "since"))
    first, last = score([judged, unanswerable], run.setup)
    assert first.values["judged_correct"] == (0.5, 1.0)
    assert last.values["judged_faithful"] == (0.25, 1.0)
    assert "judged_correct" not in last.values
