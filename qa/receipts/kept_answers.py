"""Answers and conversations that are kept for a set time beside their collection."""

import json
import logging
import sqlite3
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.metadata import version

from qa.receipts.receipt import RECEIPT, AnsweredBy, NoSuchAnswer, Receipt, receipt_of
from qa.types import Answer, Turn
from vectorstore.errors import UserError
from vectorstore.kept_records import KeptRecords

log = logging.getLogger(__name__)

CONVERSATION = "resp_"


class KeptAnswers:
    """The answers of one collection, kept for `days`; 0 keeps nothing. Thread-safe."""

    def __init__(
        self,
        records: KeptRecords,
        days: float,
        text_of: Callable[[str], str | None],
        made_with: Callable[[Answer], AnsweredBy],
        collection: Callable[[], str],
    ) -> None:
        self._records = records
        self._days = days
        self._text_of = text_of
        self._made_with = made_with
        self._collection = collection

    @property
    def keeps(self) -> bool:
        return self._days > 0

    def kept(self, answer: Answer) -> Answer:
        """Keeps the answer and returns it. One that cannot be kept is not lost: the log says why,
        and its `kept_until` is None."""
        if not self.keeps:
            return answer
        made = datetime.now(UTC).replace(microsecond=0)
        until = made + timedelta(days=self._days)
        answer = replace(answer, kept_until=until)
        try:
            receipt = self._receipt(answer, made)
            self._records.keep(answer.id, RECEIPT.dump_json(receipt).decode(), _seconds(until))
        except (UserError, sqlite3.Error, OSError, ValueError) as error:
            log.warning("An answer was not kept. %s", error)
            return replace(answer, kept_until=None)
        return answer

    def receipt(self, answer: Answer) -> Receipt:
        """The receipt kept with the answer, or else one made now."""
        if answer.kept_until is not None:
            return self.read(answer.id)
        return self._receipt(answer, datetime.now(UTC).replace(microsecond=0))

    def read(self, answer_id: str) -> Receipt:
        """Raises NoSuchAnswer."""
        is_answer = not answer_id.startswith(CONVERSATION)
        record = self._records.read(answer_id, int(time.time())) if is_answer else None
        if record is None:
            raise NoSuchAnswer(answer_id)
        return RECEIPT.validate_json(record)

    def keep_conversation(self, conversation_id: str, turns: Sequence[Turn]) -> bool:
        """Keeps it under this id. Returns whether that succeeded."""
        until = datetime.now(UTC) + timedelta(days=self._days)
        record = json.dumps([asdict(each) for each in turns])
        try:
            self._records.keep(conversation_id, record, _seconds(until))
        except (UserError, sqlite3.Error, OSError, ValueError) as error:
            log.warning("A conversation was not kept. %s", error)
            return False
        return True

    def conversation(self, conversation_id: str) -> tuple[Turn, ...] | None:
        """None if it was not kept, or no longer is."""
        if not conversation_id.startswith(CONVERSATION):
            return None
        record = self._records.read(conversation_id, int(time.time()))
        return None if record is None else tuple(Turn(**each) for each in json.loads(record))

    def _receipt(self, answer: Answer, made: datetime) -> Receipt:
        return receipt_of(
            answer,
            self._text_of,
            made=made,
            kept_until=answer.kept_until,
            collection=self._collection(),
            answered_by=self._made_with(answer),
        )


def new_conversation_id() -> str:
    """An id that cannot be guessed."""
    return f"{CONVERSATION}{uuid.uuid4().hex}"


@cache
def own_version() -> str:
    return version("article-qa")


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
