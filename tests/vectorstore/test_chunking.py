"""Passages are exact, complete, in order, and within the model's token limit."""

from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.vectorstore import nasty
from tests.vectorstore.hashing import HashingEmbedder
from vectorstore.chunking import (
    PassageSize,
    Tokens,
    embedded_text,
    prose_spans,
    split_article,
)
from vectorstore.text.sentences import split_sentences
from vectorstore.types import Article, ArticleInfo, Embedder, SkippedSpan, Span

sizes = st.builds(
    PassageSize, limit=st.integers(4, 192), overlap=st.integers(0, 60), title=st.integers(1, 48)
)
no_overlap = PassageSize(limit=40, overlap=0)


def tokens_of(embedder: Embedder) -> Tokens:
    return Tokens(embedder.count_tokens, embedder.token_spans)


HASHING = tokens_of(HashingEmbedder())


def prose(text: str, skipped: tuple[Span, ...] = (), title: str = "") -> Article:
    return Article(
        ArticleInfo("a", title=title), text, tuple(SkippedSpan(*span) for span in skipped)
    )


def check_passages(article: Article, tokens: Tokens, size: PassageSize) -> None:
    passages = split_article(article, tokens, size)
    covered = [False] * len(article.text)
    for passage in passages:
        assert passage.text == article.text[passage.start : passage.end]
        assert passage.text == passage.text.strip() != ""
        assert passage.sentences[0].start == passage.start
        assert passage.sentences[-1].end == passage.end
        assert all(sentence.start < sentence.end for sentence in passage.sentences)
        assert all(a.end <= b.start for a, b in pairwise(passage.sentences))
        for sentence in passage.sentences:
            assert passage.sentence_text(sentence) == sentence.of(article.text)
            covered[sentence.start : sentence.end] = [True] * (sentence.end - sentence.start)
        for skip in article.skipped:
            assert passage.end <= skip.start or skip.end <= passage.start
    assert all(a.start < b.start and a.end < b.end for a, b in pairwise(passages))
    if not size.overlap:
        assert all(a.end <= b.start for a, b in pairwise(passages))
    for skip in article.skipped:
        covered[skip.start : skip.end] = [True] * (skip.end - skip.start)
    left_out = [
        at for at, seen in enumerate(covered) if not seen and not article.text[at].isspace()
    ]
    assert left_out == []
    assert all(n <= size.limit for n in tokens.count([each.text for each in passages]))
    assert len({passage.id for passage in passages}) == len(passages)

    embedded = [embedded_text(each, article.info.title, tokens, size) for each in passages]
    assert all(text.endswith(each.text) for text, each in zip(embedded, passages, strict=True))
    assert all(n <= size.limit + size.title for n in tokens.count(embedded))


@given(article=nasty.articles(), size=sizes)
@settings(deadline=None)
def test_passages_are_exact_whole_and_in_order_whatever_the_text(
    article: Article, size: PassageSize
) -> None:
    check_passages(article, HASHING, size)


def test_so_they_are_in_the_tokens_of_the_real_model(embedder: Embedder) -> None:
    tokens = tokens_of(embedder)

    @given(article=nasty.articles(), size=sizes)
    @settings(deadline=None)
    def check(article: Article, size: PassageSize) -> None:
        check_passages(article, tokens, size)

    check()


def test_a_sentence_of_no_tokens_is_not_repeated_without_an_overlap(embedder: Embedder) -> None:
    sentence = "Binance.US joined the Blockchain Association in August 2020. "
    text = f"{sentence}{sentence}\ufeff\u200b\u200d\u2060\r\n{sentence}"
    check_passages(prose(text), tokens_of(embedder), PassageSize(limit=4, overlap=0))


def test_a_passage_under_its_title_is_never_longer_than_the_real_model_reads(
    embedder: Embedder,
) -> None:
    size = PassageSize()
    assert size.title + size.limit <= embedder.max_tokens


@given(text=nasty.texts)
@example(text="He left the U.S.\r\n\r\nShe came.\x0bThey met.\u3000So.")
@settings(deadline=None)
def test_sentences_hold_every_character_that_is_no_white_space(text: str) -> None:
    sentences = split_sentences(text)
    assert all(a.end <= b.start for a, b in pairwise(sentences))
    outside = [text[a.end : b.start] for a, b in pairwise([Span(0, 0), *sentences])]
    outside.append(text[sentences[-1].end if sentences else 0 :])
    assert not any(piece.strip() for piece in outside)


@pytest.mark.parametrize(
    "sentence",
    [
        "Binance.US is based in Washington, D.C. and in the U.S. market.",
        "Mr. Smith of Smith & Co. Inc. met Sen. Warren on Jan. 3 at 5 p.m. sharp.",
        "It was No. 3 on the list of Prof. J. R. R. Tolkien.",
        "The price rose by 3.5 percent to $1.25 a share.",
    ],
)
def test_an_abbreviation_does_not_end_a_sentence(sentence: str) -> None:
    text = f"{sentence} Then they left."
    assert [each.of(text) for each in split_sentences(text)] == [sentence, "Then they left."]


def test_a_paragraph_longer_than_the_splitter_takes_at_once_is_cut_between_words() -> None:
    text = "The seventh committee met again. " * 1_000
    sentences = split_sentences(text)
    assert "".join(each.of(text) for each in sentences).count("committee") == 1_000
    assert all(text[each.start].isalpha() for each in sentences)


def test_a_passage_holds_as_many_whole_sentences_as_fit() -> None:
    text = "One two three four. Five six seven eight. Nine ten eleven twelve."
    passages = split_article(prose(text), HASHING, PassageSize(limit=11, overlap=0))
    assert [each.text for each in passages] == [
        "One two three four. Five six seven eight.",
        "Nine ten eleven twelve.",
    ]


def test_a_skipped_line_parts_two_passages() -> None:
    text = "The vote passed.\n\nSign up for our newsletter.\n\nThe bill is law."
    skip = Span(text.index("Sign"), text.index("The bill"))
    passages = split_article(prose(text, (skip,)), HASHING, no_overlap)
    assert [each.text for each in passages] == ["The vote passed.", "The bill is law."]


@pytest.mark.parametrize("text", ["", " \r\n\t\u3000\u2028 ", "gone"])
def test_without_prose_there_are_no_passages(text: str) -> None:
    article = prose(text, (Span(0, len(text)),) if text.strip() else ())
    assert split_article(article, HASHING, no_overlap) == []
    assert list(prose_spans(article)) == []


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10_000,
        "中" * 5_000,
        "中文沒有空格的句子。" * 600,
        "!?" * 5_000,
        "word " * 20_000,
        "A line.\n" * 3_000,
        "A paragraph.\n\n" * 3_000,
        "👩‍👩‍👧‍👦" * 2_000,
        "\x00" * 20_000 + "end.",
    ],
    ids=["word", "ideographs", "chinese", "marks", "words", "lines", "paragraphs", "emoji", "nul"],
)
def test_monotonous_text_of_any_length_is_split_in_the_real_model_s_tokens(
    text: str, embedder: Embedder
) -> None:
    check_passages(prose(text), tokens_of(embedder), PassageSize())


def test_a_passage_has_the_same_id_in_every_run_and_another_at_another_place() -> None:
    text = "Same words here. " * 8
    article = prose(text)
    size = PassageSize(limit=4, overlap=0)
    ids = [each.id for each in split_article(article, HASHING, size)]
    assert ids == [each.id for each in split_article(article, HASHING, size)]
    assert ids[0] == "1c63aecc7c900a1f6951fa047c780f97"
    assert len(set(ids)) == 8


def test_another_title_makes_other_passages_since_it_is_embedded_with_them() -> None:
    old, new = (split_article(prose("Words.", title=t), HASHING, no_overlap) for t in "AB")
    assert old[0].text == new[0].text
    assert old[0].id != new[0].id


@pytest.mark.parametrize("title", ["", " \n ", "The vote\npassed"])
def test_a_title_that_is_empty_or_in_the_passage_is_not_put_before_it(title: str) -> None:
    (passage,) = split_article(prose("On Monday the vote  passed."), HASHING, no_overlap)
    title = title.lower()
    assert embedded_text(passage, title, HASHING, no_overlap) == passage.text


@pytest.mark.parametrize("title", ["\u200d", "\x00", "\u200b \ufeff", "\U000e0001"])
def test_a_title_in_which_the_model_sees_nothing_is_left_out(
    title: str, embedder: Embedder
) -> None:
    (passage,) = split_article(prose("The vote passed."), HASHING, no_overlap)
    embedded = embedded_text(passage, title, tokens_of(embedder), no_overlap)
    assert embedded == passage.text


def test_a_long_title_is_cut_at_a_token() -> None:
    (passage,) = split_article(prose("The vote passed."), HASHING, no_overlap)
    embedded = embedded_text(passage, "one two three", HASHING, PassageSize(title=2))
    assert embedded == "one two\nThe vote passed."
