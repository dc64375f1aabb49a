"""A chat model as the judge of what was written, with all sentences in one call."""

import json
import logging
import re
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qa.answering.llm.model_failures import describe_failure
from qa.answering.llm.prompts import Prompts, bundled_prompts, new_fence
from qa.answering.llm.thoughts import without_thoughts
from qa.verification.claim_judge import (
    CONTRADICTED,
    NOT_FOUND,
    SUPPORTED,
    ClaimJudge,
    Opinions,
)

if TYPE_CHECKING:
    from qa.answering.llm.provider import ChatModel

logger = logging.getLogger(__name__)

_COLUMNS = {"supported": SUPPORTED, "contradicted": CONTRADICTED, "not_found": NOT_FOUND}
_AT_ONCE = 40
"""A longer text is judged in several calls."""


class ModelJudge:
    """A `ClaimJudge` over a chat model. If the model fails, `fallback` judges."""

    reads_all_at_once = True

    def __init__(
        self,
        model: "ChatModel",
        fallback: ClaimJudge,
        concurrent: int = 4,
        *,
        seconds: float = 60.0,
        prompts: Prompts | None = None,
    ) -> None:
        """`seconds`: what the model has for a text, including the wait for its turn."""
        self._model = model
        self._fallback = fallback
        self._calls = threading.Semaphore(concurrent)
        self._seconds = seconds
        self._prompts = prompts or bundled_prompts()

    def judge(self, pairs: Sequence[tuple[str, str]]) -> Opinions:
        """All-or-nothing opinions: the probability of what the model says is one.

        A text that is too long for one call is judged by `fallback` if any of its calls fails.
        """
        columns: list[int] = []
        due = time.monotonic() + self._seconds
        for start in range(0, len(pairs), _AT_ONCE):
            found = self._columns(pairs[start : start + _AT_ONCE], due)
            if found is None:
                return self._fallback.judge(pairs)
            columns += found
        return Opinions(np.eye(3, dtype=np.float32)[columns], threshold=0.5)

    def _columns(self, pairs: Sequence[tuple[str, str]], due: float) -> list[int] | None:
        prompt = [(each.role, each.text) for each in self._prompts.judge(pairs, new_fence())]
        try:
            reply = self._reply(prompt, due)
        except Exception as error:  # noqa: BLE001  # each provider's library has errors of its own
            logger.warning("As a judge the chat model %s.", describe_failure(error))
            return None
        return read_verdicts(reply, len(pairs))

    def _reply(self, prompt: Any, due: float) -> str:  # messages, as LangChain takes them
        """Raises TimeoutError if the model is not done by `due`, and whatever the model raises."""
        if not self._calls.acquire(timeout=max(0.0, due - time.monotonic())):
            raise TimeoutError
        try:
            pieces = []
            for chunk in self._model.stream(prompt):
                if time.monotonic() > due:
                    raise TimeoutError
                pieces.append(str(chunk.text))
        finally:
            self._calls.release()
        return without_thoughts("".join(pieces))


def read_verdicts(reply: str, count: int) -> list[int] | None:
    """The columns that a reply such as {"verdicts": ["supported", "not_found"]} names.

    None unless there is one known verdict for each of `count` sentences.

    >>> read_verdicts('```json {"verdicts": ["supported", "contradicted"]} ```', 2)
    [0, 1]
    """
    found = re.search(r"\{.*\}", reply, re.DOTALL)
    try:
        verdicts = json.loads(found[0])["verdicts"] if found else []
        columns = [_COLUMNS[verdict] for verdict in verdicts]
    except (ValueError, KeyError, TypeError):
        columns = []
    if len(columns) != count:
        logger.warning("As a judge the chat model gave no verdict on each of %d sentences.", count)
        return None
    return columns
