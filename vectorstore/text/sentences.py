"""Splits text into sentences. Pure."""

from collections.abc import Iterator

import nupunkt

from vectorstore.types import Span

# nupunkt takes quadratic time on some runs of punctuation; no real paragraph is this long.
MAX_SPLITTER_INPUT = 10_000


def split_sentences(text: str) -> list[Span]:
    """The ranges of the sentences of `text`, without surrounding whitespace.

    Together they cover every character that is not whitespace. A blank line ends a sentence.

    >>> text = "Binance.US is based in the U.S. It joined in Aug. 2020."
    >>> [sentence.of(text) for sentence in split_sentences(text)]
    ['Binance.US is based in the U.S.', 'It joined in Aug. 2020.']
    """
    return [
        Span(piece.start + start, piece.start + end)
        for piece in _splitter_pieces(text)
        for start, end in nupunkt.sentence_spans(piece.of(text))
    ]


def _splitter_pieces(text: str) -> Iterator[Span]:
    start = 0
    while len(text) - start > MAX_SPLITTER_INPUT:
        limit = start + MAX_SPLITTER_INPUT
        paragraph = text.rfind("\n\n", start, limit)
        space = text.rfind(" ", start, limit)
        end = next((cut for cut in (paragraph, space) if cut > start), limit)
        yield Span(start, end)
        start = end
    if start < len(text):
        yield Span(start, len(text))
