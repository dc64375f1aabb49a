"""The answer so far: what the model has written, checked, and how much of it is shown."""

from collections.abc import Callable, Sequence

from qa.answering.llm.model_client import ModelChunk
from qa.types import Citation, Reply, Sentence, SentenceChecked, Token, Usage
from qa.verification.checker import CheckedPiece, StreamChecker


class AnswerDraft:
    """Checks what a model writes as it arrives, and decides what is shown.

    Nothing is shown before the first supported sentence: a text without one is not an answer. From
    then on each sentence is shown once it is checked. `written` is all that the model wrote, `text`
    what is shown of it. `new_checker` creates a checker for a text that starts over.
    """

    def __init__(self, new_checker: Callable[[], StreamChecker]) -> None:
        self._new_checker = new_checker
        self._checker = new_checker()
        self.written = ""
        self.text = ""
        self.usage = Usage()
        self._sentences: list[Sentence] = []
        self._citations: list[Citation] = []
        self._held_back: list[CheckedPiece] = []

    @property
    def abstained(self) -> bool:
        """Whether the model wrote that the passages do not answer."""
        return self._checker.abstained

    def add(self, chunk: ModelChunk) -> list[Token | SentenceChecked]:
        """The events that show what this chunk completes."""
        text = chunk.text
        if chunk.retracts:
            self.written = ""
            if self.text:
                # What the reader has seen stays; what follows is not part of its last sentence.
                text = f"\n\n{text}"
            else:
                self._held_back.clear()
                self._checker = self._new_checker()
        self.written += chunk.text
        return self._shown(self._checker.feed(text))

    def finish(self) -> list[Token | SentenceChecked]:
        """The events that show what was left when the text ended."""
        return self._shown(self._checker.finish())

    def reply(self, model: str, notice: str | None = None) -> Reply:
        return Reply(
            answered=True,
            text=self.text,
            sentences=tuple(self._sentences),
            citations=tuple(self._citations),
            answerer="llm",
            model=model,
            usage=self.usage,
            notice=notice,
        )

    def _shown(self, pieces: Sequence[CheckedPiece]) -> list[Token | SentenceChecked]:
        self._held_back += pieces
        if not self.text and not any(p.checked.sentence.supported for p in self._held_back):
            return []
        shown, self._held_back = self._held_back, []
        events: list[Token | SentenceChecked] = []
        for piece in shown:
            self.text += piece.text
            self._sentences.append(piece.checked.sentence)
            self._citations += piece.checked.citations
            events += [Token(piece.text), piece.checked]
        return events
