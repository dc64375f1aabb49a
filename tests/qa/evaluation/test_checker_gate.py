"""The check of sentences must not get worse on the sample collection."""

import json
from pathlib import Path

import pytest

from qa.evaluation.check_cases import CheckResult, read_check_cases, run_check
from qa.verification.claim_judge import ClaimJudge
from vectorstore.embedding import BundledEmbedder
from vectorstore.ingest import ingest
from vectorstore.readers import read_articles
from vectorstore.store import Store

SEEDS = Path(__file__).parents[3] / "seeds"
BASELINE = SEEDS / "checks-baseline.json"
"""Which sentences were judged rightly: scripts/measure-checker --part all --save writes it."""

EVERY = 4
"""A quarter of the sentences; scripts/measure-checker --part all checks every one."""


@pytest.fixture(scope="module")
def results(
    embedder: BundledEmbedder,
    judge: ClaimJudge,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[CheckResult]:
    store = Store(tmp_path_factory.mktemp("seeds"), embedder)
    ingest(store, read_articles([SEEDS / "articles"]))
    cases = list(read_check_cases(SEEDS / "checks.jsonl"))[::EVERY]
    found = [run_check(case, store, judge) for case in cases]
    store.close()
    return found


def test_no_more_sentences_are_misjudged_than_chance_explains(results: list[CheckResult]) -> None:
    right_before = set(json.loads(BASELINE.read_text("utf-8"))["right"])
    lost = [r for r in results if not r.is_right and r.case.id in right_before]
    won = [r for r in results if r.is_right and r.case.id not in right_before]
    # Two standard deviations of the difference if each change were as likely a loss as a gain.
    noise = 2 * (len(lost) + len(won)) ** 0.5
    assert len(lost) - len(won) <= noise, (
        "\n".join(f"{r.case.id} {r.case.kind}: {r.case.sentence}" for r in lost)
        + "\nIf the loss is meant: scripts/measure-checker --part all --save"
    )


def test_what_is_kept_is_quoted_from_the_right_place(results: list[CheckResult]) -> None:
    kept = [r for r in results if r.supported and r.case.is_true]
    assert sum(r.quoted_rightly for r in kept) >= 0.9 * len(kept)
