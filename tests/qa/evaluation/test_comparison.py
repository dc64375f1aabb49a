from dataclasses import replace

import pytest

from qa.evaluation.comparison import ComparisonError, compare
from qa.evaluation.regression_gate import baseline_of, comparable, falls
from qa.evaluation.run_records import Run
from tests.qa.evaluation.conftest import Evaluated, renamed
from tests.qa.evaluation.fake import FakeSystem


@pytest.fixture
def run(evaluated: Evaluated, system: FakeSystem) -> Run:
    """Forty questions of as many articles."""
    return renamed(evaluated(system), 8)


def _changed(run: Run, key: str, count: int, to: float) -> Run:
    """The run with the first `count` questions' x of a figure set."""
    records = list(run.records)
    places = [n for n, record in enumerate(records) if key in record.values]
    for place in places[:count]:
        y = records[place].values[key][1]
        records[place] = replace(records[place], values={**records[place].values, key: (to, y)})
    return replace(run, records=tuple(records))


def test_a_run_does_not_differ_from_itself(run: Run) -> None:
    comparison = compare(run, run)
    assert comparison.common == 40
    assert comparison.left_out == 0
    for difference in comparison.differences:
        assert difference.change == difference.low == difference.high == 0.0
        assert difference.p_value == 1.0
        assert not difference.significant


def test_a_large_difference_is_real_and_its_direction_is_told(run: Run) -> None:
    worse = _changed(run, "answer_in_quote", 32, to=0.0)
    [forth] = [d for d in compare(run, worse).differences if d.key == "answer_in_quote"]
    [back] = [d for d in compare(worse, run).differences if d.key == "answer_in_quote"]
    assert forth.significant
    assert forth.high < 0
    assert not forth.better
    assert back.better
    assert back.change == -forth.change


def test_one_question_more_is_not_a_real_difference(run: Run) -> None:
    [found] = [
        d
        for d in compare(run, _changed(run, "answer_in_quote", 1, to=0.0)).differences
        if d.key == "answer_in_quote"
    ]
    assert found.change < 0
    assert not found.significant


def test_less_time_is_better_even_where_all_times_are_the_same(run: Run) -> None:
    fast = _changed(run, "ask_ms_p50", 40, to=1.0)
    slow = _changed(run, "ask_ms_p50", 40, to=2.0)
    [found] = [d for d in compare(fast, slow).differences if d.key == "ask_ms_p50"]
    assert found.significant
    assert not found.better


def test_a_run_is_not_the_faster_for_answers_that_failed(run: Run) -> None:
    before = _changed(run, "ask_ms_p50", 40, to=2.0)
    failed = tuple(
        replace(each, values={k: v for k, v in each.values.items() if k != "ask_ms_p50"})
        if number % 2
        else each
        for number, each in enumerate(before.records)
    )
    compared = compare(before, replace(before, records=failed))
    [found] = [d for d in compared.differences if d.key == "ask_ms_p50"]
    assert found.p_value == 1.0


def test_only_the_questions_of_both_runs_are_compared(run: Run) -> None:
    comparison = compare(run, replace(run, records=run.records[:30]))
    assert comparison.common == 30
    assert comparison.left_out == 10


def test_runs_of_other_questions_cannot_be_compared(run: Run) -> None:
    with pytest.raises(ComparisonError, match="no question in common"):
        compare(run, replace(run, records=()))


def test_the_baseline_holds_a_later_run_against_itself_without_a_fall(run: Run) -> None:
    baseline = baseline_of(run)
    assert comparable(baseline, run)
    assert falls(baseline, run) == ()
    assert all(record.answer is None for record in baseline.records)


def test_a_fall_beyond_the_noise_is_named_and_one_within_is_not(run: Run) -> None:
    baseline = baseline_of(run)
    [fall] = falls(baseline, _changed(run, "answer_in_quote", 20, to=0.0))
    assert fall.key == "answer_in_quote"
    assert "answer in quote fell from 0.7" in str(fall)
    assert falls(baseline, _changed(run, "answer_in_quote", 1, to=0.0)) == ()


def test_a_rise_is_no_fall(run: Run) -> None:
    low = _changed(run, "token_f1", 32, to=0.0)
    assert falls(baseline_of(low), run) == ()


def test_milliseconds_are_no_part_of_the_baseline(run: Run) -> None:
    assert falls(baseline_of(run), _changed(run, "ask_ms_p50", 40, to=1e6)) == ()


def test_a_baseline_of_other_questions_is_not_comparable(run: Run) -> None:
    assert not comparable(baseline_of(replace(run, records=run.records[:30])), run)
    assert comparable(baseline_of(run), replace(run, records=run.records[:30]))
