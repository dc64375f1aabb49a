"""Splits articles into passages of whole sentences, at exact offsets. Pure."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from vectorstore.text.paragraphs import paragraph_spans
from vectorstore.text.sentences import split_sentences
from vectorstore.types import Article, Passage, SkippedSpan, Span


@dataclass(frozen=True, slots=True)
class Tokens:
    """How the embedding model tokenises texts: the part of an `Embedder` that chunking needs."""

    count: Callable[[Sequence[str]], list[int]]
    spans: Callable[[str], list[Span]]


@dataclass(frozen=True, slots=True)
class PassageSize:
    """Limits in tokens of the embedding model.

    `limit` is for a passage, `overlap` for the sentences repeated from the end of the previous
    one, and `title` for the title put before it.
    """

    limit: int = 224
    overlap: int = 32
    title: int = 28


def fitted(size: PassageSize, most: int) -> PassageSize:
    """`size`, reduced if need be so that a passage and its title have at most `most` tokens.

    >>> fitted(PassageSize(limit=192, overlap=0, title=48), 126)
    PassageSize(limit=101, overlap=0, title=25)
    """
    if size.title + size.limit <= most:
        return size
    title = min(size.title, most // 5)
    limit = min(size.limit, most - title)
    return replace(size, limit=limit, overlap=min(size.overlap, limit // 2), title=title)


def split_article(article: Article, tokens: Tokens, size: PassageSize) -> list[Passage]:
    """The passages of an article, in order, covering all of its prose.

    A passage never reaches into a skipped range and never has more than `size.limit` tokens;
    longer sentences are cut between tokens.
    """
    return [
        Passage(
            id=_passage_id(article, start, article.text[start:end]),
            article_id=article.id,
            start=start,
            end=end,
            text=article.text[start:end],
            sentences=sentences,
        )
        for prose in prose_spans(article)
        for start, end, sentences in _packed(prose, article.text, tokens, size)
    ]


def embedded_text(passage: Passage, title: str, tokens: Tokens, size: PassageSize) -> str:
    """The text to embed for a passage: its own, preceded by the title unless it contains it."""
    title = " ".join(title.split())
    if not title or title in " ".join(passage.text.split()):
        return passage.text
    spans = tokens.spans(title)[: size.title]
    return f"{title[: spans[-1].end]}\n{passage.text}" if spans else passage.text


def prose_spans(article: Article) -> Iterator[Span]:
    """The ranges of an article's text between its skipped ranges, except blank ones."""
    position = 0
    end = len(article.text)
    for skipped in (*article.skipped, SkippedSpan(end, end)):
        piece = Span(position, skipped.start)
        if piece.of(article.text).strip():
            yield piece
        position = max(position, skipped.end)


def _fitting_sentences(
    prose: Span, text: str, tokens: Tokens, limit: int
) -> Iterator[tuple[Span, int]]:
    """The sentences with their token counts; those that are too long are cut into pieces."""
    within = prose.of(text)
    sentences = [
        Span(prose.start + paragraph.start + start, prose.start + paragraph.start + end)
        for paragraph in paragraph_spans(within)
        for start, end in split_sentences(paragraph.of(within))
    ]
    counts = tokens.count([sentence.of(text) for sentence in sentences])
    for sentence, count in zip(sentences, counts, strict=True):
        if count <= limit:
            yield sentence, count
        else:
            pieces = list(_cut_sentence(sentence, text, tokens, limit))
            yield from zip(pieces, tokens.count([each.of(text) for each in pieces]), strict=True)


def _cut_sentence(sentence: Span, text: str, tokens: Tokens, limit: int) -> Iterator[Span]:
    """Pieces of at most `limit` tokens.

    On its own, a piece may be tokenized differently at its edges, so each is counted again and
    halved until it fits.
    """
    spans = tokens.spans(sentence.of(text))
    start = 0
    for cut in [*range(limit, len(spans), limit), len(spans)]:
        end = spans[cut].start if cut < len(spans) else sentence.end - sentence.start
        piece = _trimmed(Span(sentence.start + start, sentence.start + end), text)
        yield from _halved(piece, text, tokens, limit)
        start = end


def _halved(piece: Span, text: str, tokens: Tokens, limit: int) -> Iterator[Span]:
    if piece.start >= piece.end:
        return
    if piece.end - piece.start == 1 or tokens.count([piece.of(text)])[0] <= limit:
        yield piece
        return
    middle = (piece.start + piece.end) // 2
    for half in (Span(piece.start, middle), Span(middle, piece.end)):
        yield from _halved(_trimmed(half, text), text, tokens, limit)


def _trimmed(span: Span, text: str) -> Span:
    piece = span.of(text)
    start = span.start + len(piece) - len(piece.lstrip())
    return Span(start, max(start, span.start + len(piece.rstrip())))


def _pack(counts: Sequence[int], size: PassageSize) -> list[tuple[int, int]]:
    """The inclusive index ranges (first, last) of the sentences of each passage.

    Passages are about equally long, since a short one at the end would match on a few words alone:
    the limit is lowered as far as possible without needing another passage.

    >>> _pack([40, 40, 40, 40], PassageSize(limit=120, overlap=0))
    [(0, 1), (2, 3)]
    """
    fewest = len(_greedy(counts, size.limit, size.overlap))
    lowest, highest = max(counts, default=0), size.limit
    while lowest < highest:
        middle = (lowest + highest) // 2
        if len(_greedy(counts, middle, size.overlap)) > fewest:
            lowest = middle + 1
        else:
            highest = middle
    return _greedy(counts, highest, size.overlap)


def _greedy(counts: Sequence[int], limit: int, overlap: int) -> list[tuple[int, int]]:
    """As many sentences per passage as fit; each passage starts with the last sentences of the
    previous one, up to `overlap` tokens.

    >>> _greedy([40, 40, 40, 40], limit=100, overlap=40)
    [(0, 1), (1, 2), (2, 3)]
    """
    packed: list[tuple[int, int]] = []
    first = 0
    while first < len(counts):
        last, total = first, counts[first]
        while last + 1 < len(counts) and total + counts[last + 1] <= limit:
            last += 1
            total += counts[last]
        packed.append((first, last))
        if last + 1 == len(counts):
            break
        following, repeated = last + 1, 0
        while (
            overlap
            and following - 1 > first
            and repeated + counts[following - 1] <= overlap
            and repeated + counts[following - 1] + counts[last + 1] <= limit
        ):
            following -= 1
            repeated += counts[following]
        first = following
    return packed


def _packed(
    prose: Span, text: str, tokens: Tokens, size: PassageSize
) -> Iterator[tuple[int, int, tuple[Span, ...]]]:
    counted = list(_fitting_sentences(prose, text, tokens, size.limit))
    sentences = [sentence for sentence, _ in counted]
    for first, last in _pack([count for _, count in counted], size):
        yield sentences[first].start, sentences[last].end, tuple(sentences[first : last + 1])


def _passage_id(article: Article, start: int, text: str) -> str:
    """A hash of everything that a stored vector depends on or is stored with: the passage's text,
    its position and the article's metadata. The format is pinned: see `ArticleInfo.hashed`."""
    content = f"({article.info.hashed}, {start!r}, {text!r})"
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
