"""What the responses of this protocol have in common, whatever their shape."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pydantic_core import to_jsonable_python

from qa.http.openai.generation_options import TextLimit
from qa.quote_links import cited_address
from qa.types import UNANSWERED_TEXT, Answer, Citation, Event, Usage

NEAREST = 3


@dataclass(frozen=True, slots=True)
class Rendering:
    """What a response needs to know about its request.

    `prompt_tokens` and `count_tokens` are for answers not written by a chat model, whose tokens are
    counted with the embedding model's tokenizer.
    """

    model: str
    base_url: str
    limit: TextLimit
    prompt_tokens: int
    count_tokens: Callable[[str], int]
    notices: tuple[str, ...] = ()

    def usage(self, answer: Answer, text: str) -> Usage:
        """The chat model's tokens, or else those of the question and the text."""
        if answer.usage.input_tokens or answer.usage.output_tokens:
            return answer.usage
        return Usage(self.prompt_tokens, self.count_tokens(text))


class Shape(Protocol):
    """An answer in the shape of one route: whole, or as the encoded events of a stream."""

    def whole(self, answer: Answer) -> Mapping[str, object]: ...

    def first(self) -> Iterator[bytes]: ...

    def of(self, event: Event) -> Iterator[bytes]: ...

    def failed(self, detail: str) -> Iterator[bytes]: ...

    def last(self) -> Iterator[bytes]: ...


def whole_text(answer: Answer) -> str:
    return answer.text + nearest_titles(answer)


def nearest_titles(answer: Answer) -> str:
    """What to append if the articles do not have the answer: the titles of the nearest ones."""
    if not answer.text.startswith(UNANSWERED_TEXT) or not answer.passages:
        return ""
    found = {each.article_id: each for each in answer.passages}
    titles = [
        f"“{' '.join(each.title.split()) or each.article_id}”"
        + (f" ({each.published.isoformat()})" if each.published else "")
        for each in found.values()
    ]
    return f" Nearest: {'; '.join(titles[:NEAREST])}."


def url_citations(answer: Answer, asked: Rendering, length: int) -> list[dict[str, Any]]:
    """For each citation of each sentence within the first `length` characters: the sentence's range
    in the text, the article's title, and a URL of its own."""
    cited = {each.number: each for each in answer.citations}
    return [
        {
            "start_index": sentence.start,
            "end_index": sentence.end,
            "title": cited[number].title,
            "url": cited_address(cited[number], asked.base_url),
        }
        for sentence in answer.sentences
        if sentence.end <= length
        for number in sentence.citations
    ]


def source_events(citations: Sequence[Citation], base_url: str) -> list[dict[str, object]]:
    """Open WebUI's events that show numbered sources under a message, in numerical order.

    It merges those with the same `source` in their metadata, and shows a URL there as the name:
    here, it is the quoted range.
    """
    return [
        {
            "event": {
                "type": "source",
                "data": {
                    "source": {"name": each.title, "url": cited_address(each, base_url)},
                    "document": [each.quote],
                    "metadata": [
                        {
                            "source": f"{each.article_id}, {each.start} to {each.end}",
                            "name": each.title,
                        }
                    ],
                },
            }
        }
        for each in citations
    ]


def beyond_the_protocol(answer: Answer, asked: Rendering) -> dict[str, object]:
    own = () if answer.notice is None else (answer.notice,)
    return {
        "citations": to_jsonable_python(answer.citations),
        "passages": to_jsonable_python(answer.passages),
        "notices": [*own, *asked.notices],
    }
