"""From a record to the pair of numbers that it adds to each metric."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from qa.evaluation.question_file import Case
from qa.evaluation.retrieval_metrics import CUTOFFS, LEVELS, RankScores, rank_scores
from qa.evaluation.run_records import Record, Setup
from qa.evaluation.squad_metrics import exact_match, holds_answer, token_f1
from qa.types import Answer, Citation

Pair = tuple[str, float, float]

_MARKER = re.compile(r"\s*\[\d+\]")


def score(records: Sequence[Record], setup: Setup) -> tuple[Record, ...]:
    """The records with their values filled in."""
    # A system that cannot search has no figures of retrieval; in one that can, a search that failed
    # found nothing.
    can_search = any(record.search_ms is not None for record in records)
    found = {
        level: rank_scores([r.case for r in records], [r.found for r in records], level)
        for level in LEVELS
    }
    return tuple(
        replace(
            record,
            values={
                key: (x, y)
                for level in LEVELS
                if record.case.id in found[level] and can_search
                for key, x, y in _retrieval(level, found[level][record.case.id])
            }
            | {key: (x, y) for key, x, y in _values(record, setup, can_search=can_search)},
        )
        for record in records
    )


def short_text(answer: Answer) -> str:
    """What is compared with gold: the short answer, or else the text without its [n] markers."""
    if answer.short_answer is not None:
        return answer.short_answer.text
    return plain_text(answer)


def plain_text(answer: Answer) -> str:
    """The answer's text without its [n] markers."""
    return _MARKER.sub("", answer.text)


def gold_texts(case: Case) -> tuple[str, ...]:
    """The text of each gold span and, if there are several, of all together (a list)."""
    texts = tuple(gold.text for gold in case.answers)
    return (*texts, " ".join(texts)) if len(texts) > 1 else texts


def overlaps(citation: Citation, case: Case, number: int) -> bool:
    """Whether the citation shares a character with the case's gold span `number`."""
    gold = case.answers[number]
    return (
        citation.article_id == gold.article_id
        and citation.start < gold.end
        and gold.start < citation.end
    )


def _retrieval(level: str, scores: RankScores) -> Iterator[Pair]:
    for cutoff in CUTOFFS:
        yield f"{level}_hits@{cutoff}", scores.hits[cutoff], 1.0
    for cutoff in (5, 10):
        yield f"{level}_recall@{cutoff}", scores.recall[cutoff], 1.0
    yield f"{level}_mrr", scores.reciprocal_rank, 1.0
    yield f"{level}_ndcg@10", scores.ndcg[10], 1.0


def _values(record: Record, setup: Setup, *, can_search: bool) -> Iterator[Pair]:
    search_failed = can_search and record.search_ms is None
    yield "failed", float(record.answer is None or search_failed), 1.0
    if record.ask_ms is not None:
        yield "ask_ms_p50", record.ask_ms, 1.0
        yield "ask_ms_p95", record.ask_ms, 1.0
    if record.search_ms is not None:
        yield "search_ms_p50", record.search_ms, 1.0
        yield "search_ms_p95", record.search_ms, 1.0
    yield from _decision(record)
    if record.case.answerable:
        yield from _answer(record)
    yield "exact_quotes", float(sum(record.exact)), float(len(record.exact))
    yield from _model(record, setup)
    if record.judgement is not None:
        if record.judgement.correctness is not None:
            yield "judged_correct", record.judgement.correctness, 1.0
        yield "judged_faithful", record.judgement.faithfulness, 1.0


def _decision(record: Record) -> Iterator[Pair]:
    answered = record.answer is not None and record.answer.answered
    failed = record.answer is None
    answerable = record.case.answerable
    # A failure is not a decision to decline, and never right.
    yield "decision_accuracy", float(answered == answerable and not failed), 1.0
    if answerable:
        yield "answered_answerable", float(answered), 1.0
    else:
        yield "declined_unanswerable", float(not answered and not failed), 1.0
    if record.answer is not None and record.answer.confidence is not None:
        yield "confidence_auroc", record.answer.confidence, 1.0 if answerable else -1.0


def _answer(record: Record) -> Iterator[Pair]:
    case, answer = record.case, record.answer
    golds = gold_texts(case)
    answered = answer is not None and answer.answered
    text = short_text(answer) if answer is not None and answered else ""
    yield "exact_match", exact_match(text, golds) if answered else 0.0, 1.0
    yield "token_f1", token_f1(text, golds) if answered else 0.0, 1.0
    whole = plain_text(answer) if answer is not None and answered else ""
    yield "answer_in_text", float(holds_answer(whole, golds)), 1.0
    citations = answer.citations if answer is not None else ()
    held = any(holds_answer(citation.quote, golds) for citation in citations)
    yield "answer_in_quote", float(held), 1.0
    numbers = range(len(case.answers))
    right = [c for c in citations if any(overlaps(c, case, number) for number in numbers)]
    yield "citation_precision", float(len(right)), float(len(citations))
    reached = [n for n in numbers if any(overlaps(c, case, n) for c in citations)]
    yield "citation_recall", len(reached) / len(numbers), 1.0


def _model(record: Record, setup: Setup) -> Iterator[Pair]:
    answer = record.answer
    if answer is None or setup.answerer != "llm":
        return
    yield "fallback_rate", float(answer.answerer != "llm"), 1.0
    usage = answer.usage
    yield "input_tokens", float(usage.input_tokens), 1.0
    yield "output_tokens", float(usage.output_tokens), 1.0
    if setup.input_price is not None and setup.output_price is not None:
        dollars = usage.input_tokens * setup.input_price + usage.output_tokens * setup.output_price
        yield "cost", dollars / 1_000, 1.0
