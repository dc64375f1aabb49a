"""Short, invented articles and their passages, for the tests of answers."""

from collections.abc import Sequence
from datetime import date

from vectorstore.text.sentences import split_sentences
from vectorstore.types import ArticleInfo, Passage, ScoredPassage, Span

LOBBY = """Binance.US was admitted to the Blockchain Association in August 2020. \
Coinbase, a founding member, left the group within days. \
It spoke of decisions by the board that did not fit the group's mission. \
The exchange pays no dues."""

FINE = """The Securities and Exchange Commission sued BlockFi on Tuesday. \
BlockFi will pay $100 million to settle the case; half of it goes to 32 states. \
Gary Gensler, who chairs the agency, called it the first of its kind. \
The price of bitcoin rose by 9 percent."""


def passage_of(
    text: str,
    article_id: str = "lobby",
    *,
    title: str = "A lobby loses a member",
    published: date | None = date(2022, 4, 20),
    source: str | None = "Harbor Desk",
    url: str | None = None,
    before: str = "",
) -> ScoredPassage:
    """A passage that is its article's text after `before`."""
    offset = len(before)
    sentences = tuple(Span(s.start + offset, s.end + offset) for s in split_sentences(text))
    info = ArticleInfo(article_id, title=title, published=published, source=source, url=url)
    end = offset + len(text)
    passage = Passage(f"{article_id}:{offset}", article_id, offset, end, text, sentences)
    return ScoredPassage(passage, info, 0.5)


def given() -> Sequence[ScoredPassage]:
    """Two passages, of two articles; [1] is the lobby's, [2] the fine's."""
    return (
        passage_of(LOBBY),
        passage_of(
            FINE,
            "fine",
            title="BlockFi pays",
            published=date(2022, 2, 16),
            url="https://desk.example/fine",
            before="Harbor Desk. ",
        ),
    )
