"""A chat model judges each answer, with the prompts of openevals (imported only here).

Correctness compares the answer with the gold spans, faithfulness with the quotes that it cites.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, cast

from qa.evaluation.question_file import Case
from qa.evaluation.run_records import Judgement
from qa.evaluation.runner import Judge
from qa.evaluation.scoring import gold_texts, plain_text
from qa.evaluation.system import AskError
from qa.types import Answer
from vectorstore.errors import UserError

if TYPE_CHECKING:
    from qa.answering.llm.provider import ChatModel

SCORES = [0.0, 0.25, 0.5, 0.75, 1.0]


class JudgeMissingError(UserError):
    """openevals is not installed."""


class _Evaluator(Protocol):
    def __call__(self, **shown: str) -> object: ...


def make_judge(model: "ChatModel") -> Judge:
    """A judge that calls `model` twice per answer.

    Raises JudgeMissingError without the extra `judge`.
    """
    try:
        from openevals.llm import create_llm_as_judge
        from openevals.prompts import CORRECTNESS_PROMPT, RAG_GROUNDEDNESS_PROMPT
    except ImportError as error:
        raise JudgeMissingError(
            "Judging needs openevals; install it with: pip install 'article-qa[judge]'."
        ) from error

    def evaluator(prompt: str) -> _Evaluator:
        made = create_llm_as_judge(prompt=prompt, judge=model, choices=SCORES)
        return cast("_Evaluator", made)

    correctness, faithfulness = (
        evaluator(CORRECTNESS_PROMPT),
        evaluator(RAG_GROUNDEDNESS_PROMPT),
    )

    def judge(case: Case, answer: Answer) -> Judgement:
        given = plain_text(answer)
        faithful, why_faithful = _opinion(
            lambda: faithfulness(
                context="\n\n".join(citation.quote for citation in answer.citations), outputs=given
            )
        )
        if not case.answerable:
            return Judgement(None, faithful, why_faithful)
        correct, why_correct = _opinion(
            lambda: correctness(
                inputs=case.question,
                outputs=given,
                reference_outputs="\n".join(gold_texts(case)[: len(case.answers)]),
            )
        )
        return Judgement(correct, faithful, f"{why_correct}\n{why_faithful}")

    return judge


def _opinion(ask: Callable[[], object]) -> tuple[float, str]:
    """A score and its reason. Any error of the provider's library becomes an AskError."""
    try:
        opinion = ask()
        score, reason = opinion["score"], opinion["comment"]  # type: ignore[index]
        return min(1.0, max(0.0, float(score))), str(reason or "")
    except Exception as error:  # each provider's library raises its own errors
        raise AskError(f"The judge gave no opinion: {type(error).__name__}.") from error
