"""Sentences that paraphrase an article, truly or falsely, checked as the service checks them.

A file of them has one JSON object per line: `id`, `part`, `kind` ("true", or a kind of falsehood),
`sentence`, `article_id`, and the range of the article that it paraphrases, if any.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from qa.verification.checker import check_text
from qa.verification.claim_judge import ClaimJudge
from vectorstore.retrieval import search
from vectorstore.store import Store
from vectorstore.types import ScoredPassage, Span

GIVEN = 8
"""How many passages the checker is given."""
TRUE = "true"
WRONG_MARKER = "wrong marker"
"""A true sentence that cites a passage of another article."""


@dataclass(frozen=True, slots=True)
class CheckCase:
    """A sentence, and the range of the article that it paraphrases, if any."""

    id: str
    part: str
    kind: str
    sentence: str
    article_id: str
    quote: Span | None

    @property
    def is_true(self) -> bool:
        return self.kind in (TRUE, WRONG_MARKER)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the checker said about a case; `told` is its reasons and quotes."""

    case: CheckCase
    supported: bool
    probability: float
    quoted_rightly: bool
    told: str

    @property
    def is_right(self) -> bool:
        return self.supported == self.case.is_true


def read_check_cases(path: Path, part: str = "all") -> Iterator[CheckCase]:
    """The cases of a part: "development", "test" or "all"."""
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        quote = Span(row["start"], row["end"]) if "start" in row else None
        if part in (row["part"], "all"):
            yield CheckCase(
                row["id"], row["part"], row["kind"], row["sentence"], row["article_id"], quote
            )


def with_wrong_markers(cases: Iterator[CheckCase]) -> Iterator[CheckCase]:
    """The cases, each true one followed by a copy that cites another article's passage."""
    for case in cases:
        yield case
        if case.kind == TRUE:
            yield replace(case, kind=WRONG_MARKER)


def run_check(case: CheckCase, store: Store, judge: ClaimJudge) -> CheckResult:
    """Checks one sentence; the passages it is given always include the right one."""
    passages = passages_for(case, store)
    text = case.sentence
    if case.kind == WRONG_MARKER:
        others = (n for n, p in enumerate(passages, 1) if p.article.id != case.article_id)
        text = f"{text.rstrip('.')} [{next(others, GIVEN + 1)}]."
    checked = check_text(text, passages, judge)
    reasons = (sentence.reason for sentence in checked.sentences)
    return CheckResult(
        case,
        checked.supported,
        min(sentence.probability or 0.0 for sentence in checked.sentences),
        case.quote is not None
        and any(
            each.article_id == case.article_id
            and each.start < case.quote.end
            and case.quote.start < each.end
            for each in checked.citations
        ),
        " | ".join([*filter(None, reasons), *(each.quote for each in checked.citations)]),
    )


def passages_for(case: CheckCase, store: Store) -> list[ScoredPassage]:
    """The best passages for the sentence, always including the right one."""
    found = search(store, case.sentence, GIVEN)
    if case.quote is None or any(_has_quote(each, case) for each in found):
        return found
    right = next(each for each in search(store, case.sentence, 1_000) if _has_quote(each, case))
    return [*found[:-1], right]


def _has_quote(found: ScoredPassage, case: CheckCase) -> bool:
    passage, quote = found.passage, case.quote
    return (
        quote is not None
        and found.article.id == case.article_id
        and passage.start <= quote.start < passage.end
    )
