"""The extractive answerer must not get worse on the sample collection."""

from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from qa.evaluation.command_line import ARTICLES, BASELINE, QUESTIONS, UPDATE, Target
from qa.evaluation.evaluate import Plan, evaluate
from qa.evaluation.library_system import LibrarySystem, open_target
from qa.evaluation.regression_gate import comparable, falls
from qa.evaluation.run_records import read_run
from qa.evaluation.tables import exact_quotes
from qa.service import Service

# Every fourth question, spread over the kinds: a quarter of the time. scripts/evaluate asks all.
ASKED = 70


def test_no_key_figure_has_fallen_below_the_baseline_by_more_than_its_noise(
    tmp_path: Path, sample: Service
) -> None:
    plan = Plan(QUESTIONS, str(ARTICLES), answerer="extractive", limit=ASKED)
    opened = open_target(Target(ARTICLES, None, plan, judge=False))
    run, _ = evaluate(
        replace(opened, build=lambda: nullcontext(LibrarySystem(sample))),
        folder=tmp_path,
        name="now",
        console=Console(quiet=True),
    )
    baseline = read_run(BASELINE)
    assert comparable(baseline, run), (
        f"The baseline is of other questions than {QUESTIONS} has now. Look at the figures, and if "
        f"they are right: {UPDATE}"
    )
    fallen = falls(baseline, run)
    assert not fallen, (
        "\n".join(map(str, fallen))
        + f"\nSee what was lost: scripts/evaluate --compare {BASELINE} and the JSON file of a new "
        f"run. If the loss is meant: {UPDATE}"
    )
    exact, all_quotes = exact_quotes(run)
    assert exact == all_quotes
