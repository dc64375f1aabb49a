"""What the reader is trained on: questions with windows of articles that answer them or do not."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qa.training.entailment_pairs import Split, in_split, read_pairs, split_of
from qa.training.made_questions import made_questions
from qa.training.synthetic_pairs import reword
from qa.training.training_mix import ARTICLES, Embed, reading_file, reading_rows
from vectorstore.passage_reader import ReadingPassage
from vectorstore.text.sentences import split_sentences
from vectorstore.types import Span

WINDOWS = 2
"""For each answered question: so many windows with the answer, and as many without."""
NEAREST = 4
STATEMENTS = {
    "fever_dev_rte": 1_250,
    "fever_symmetric": 250,
    "vitaminc_sample": 150,
    "wice_claim": 150,
    "rte": 1_250,
    "begin_wow": 500,
}
"""Sources whose supported claims are made into questions to their evidence, at most so many."""
OWN_SENTENCES = 4_500
ELSEWHERE = 0.25
"""The share of made questions that are put to another window of their article."""
NEWS = "news"
OTHER_STORIES = 0.5
"""The share of questions about news that are put to the nearest passage of another story."""
NEIGHBOURS = 12
"""Articles of the file that stand no further apart may tell the same story."""
WORDS = (40, 170)
"""The length of windows."""


@dataclass(frozen=True, slots=True)
class ReadingExample:
    """A question, a passage, the sentences that answer it, and the words, if they are known.

    `answering` is empty where the passage does not answer.
    """

    question: str
    passage: ReadingPassage
    answering: tuple[int, ...]
    words: Span | None
    source: str


@dataclass(frozen=True, slots=True)
class Document:
    """An article's sentences, and the paragraph that each is of."""

    title: str
    sentences: tuple[str, ...]
    paragraphs: tuple[int, ...]

    def window(self, first: int, last: int) -> ReadingPassage:
        """The sentences from `first` to `last`, inclusive."""
        spans: list[Span] = []
        text = ""
        for sentence in self.sentences[first : last + 1]:
            start = len(text) + bool(text)
            text = f"{text} {sentence}" if text else sentence
            spans.append(Span(start, len(text)))
        return ReadingPassage(self.title, text, tuple(spans))

    def around(self, sentence: int, chance: random.Random) -> tuple[int, int]:
        """The first and last sentence of a window of random length that holds `sentence`."""
        budget = chance.randint(*WORDS)
        first = last = sentence
        words = len(self.sentences[sentence].split())
        while True:
            ends = [
                *([first - 1] if first > 0 else []),
                *([last + 1] if last + 1 < len(self.sentences) else []),
            ]
            if not ends:
                return first, last
            new = chance.choice(ends)
            words += len(self.sentences[new].split())
            if words > budget:
                return first, last
            first, last = min(first, new), max(last, new)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question about a document: its paragraph, and each answer's sentence and place there."""

    text: str
    paragraph: int
    answers: tuple[tuple[int, Span], ...]


Documents = Sequence[tuple[Document, tuple[Asked, ...]]]


def reading_mix(data: Path, news: Path, seed: int, embed: Embed) -> list[ReadingExample]:
    """All training examples; `news` is a file like those of `reading`, of invented articles."""
    chance = random.Random(seed)  # noqa: S311  # a choice of examples, no secret
    examples: list[ReadingExample] = []
    documents: list[Document] = []
    for source, path in reading_files(data, news).items():
        splits: tuple[Split, ...] = ("train", "development") if source == NEWS else ("train",)
        found = [each for split in splits for each in documents_of(path, split)]
        for document, asked in found:
            documents.append(document)
            examples.extend(asked_examples(document, asked, source, embed, chance))
        if source == NEWS:
            examples.extend(other_story_examples(found, source, embed, chance))
    examples.extend(sentence_examples(data, "train", chance))
    made: list[ReadingExample] = []
    for source, cap in STATEMENTS.items():
        pairs = in_split(read_pairs(data / "entailment", source), "train")
        evidence = [document_of("", pair.evidence) for pair in pairs]
        documents += [each for each in evidence if len(each.sentences) > 1]
        stated = [
            example
            for pair, document in zip(pairs, evidence, strict=True)
            if pair.is_supported
            for example in statement_examples(pair.claim, document, evidence, source, chance)
        ]
        made += chance.sample(stated, k=min(cap, len(stated)))
    own = [each for document in documents for each in own_examples(document, chance)]
    examples += made + chance.sample(own, k=min(OWN_SENTENCES, len(own)))
    chance.shuffle(examples)
    return examples


def reading_files(data: Path, news: Path) -> dict[str, Path]:
    """By source, the files of paragraphs with questions."""
    return {source: reading_file(data, source) for source in ARTICLES} | {NEWS: news}


def documents_of(path: Path, split: Split) -> Iterator[tuple[Document, tuple[Asked, ...]]]:
    """The documents of a file of `reading`: all paragraphs of a title together."""
    by_title: dict[str, list[dict[str, Any]]] = {}
    for row in reading_rows(path, split):
        by_title.setdefault(row["title"], []).append(row)
    for title, rows in by_title.items():
        sentences: list[str] = []
        paragraphs: list[int] = []
        asked: list[Asked] = []
        for number, row in enumerate(rows):
            spans = split_sentences(row["context"])
            places = _places(row["questions"], spans, len(sentences))
            asked += [
                Asked(question["question"], number, answers)
                for question, answers in zip(row["questions"], places, strict=True)
            ]
            sentences += [span.of(row["context"]) for span in spans]
            paragraphs += [number] * len(spans)
        # A title that is the first words of the text, as in some files, tells nothing.
        named = "" if sentences and title in rows[0]["context"] else title.replace("_", " ")
        yield Document(named, tuple(sentences), tuple(paragraphs)), tuple(asked)


def document_of(title: str, text: str) -> Document:
    sentences = tuple(span.of(text) for span in split_sentences(text))
    return Document(title, sentences, (0,) * len(sentences))


def asked_examples(
    document: Document,
    asked: Sequence[Asked],
    source: str,
    embed: Embed,
    chance: random.Random,
) -> Iterator[ReadingExample]:
    """Windows with the answer, and of the nearest other paragraphs; or the paragraph without."""
    bounds = paragraph_bounds(document)
    texts = [" ".join(document.sentences[first : last + 1]) for first, last in bounds]
    vectors = embed([*(each.text for each in asked), *texts])
    similar = vectors[: len(asked)] @ vectors[len(asked) :].T
    for question, row in zip(asked, similar, strict=True):
        if not question.answers:
            first, last = bounds[question.paragraph]
            yield example_of(question, document, first, last, source)
            continue
        nearest = [n for n in np.argsort(-row, kind="stable") if n != question.paragraph][:NEAREST]
        for _ in range(WINDOWS):
            sentence = question.answers[0][0]
            yield example_of(question, document, *document.around(sentence, chance), source)
            if nearest:
                first, last = bounds[int(chance.choice(nearest))]
                if all(not first <= place <= last for place, _ in question.answers):
                    yield example_of(question, document, first, last, source)


def other_story_examples(
    documents: Documents, source: str, embed: Embed, chance: random.Random
) -> Iterator[ReadingExample]:
    """Some of the questions with the passage nearest to them that tells another story."""
    places = [
        (number, first, last)
        for number, (document, _) in enumerate(documents)
        for first, last in paragraph_bounds(document)
    ]
    passages = [documents[n][0].window(first, last) for n, first, last in places]
    of_passages = embed([each.text for each in passages])
    for number, (_, asked) in enumerate(documents):
        put = [each for each in asked if each.answers and chance.random() < OTHER_STORIES]
        if not put:
            continue
        others = [n for n, place in enumerate(places) if abs(place[0] - number) > NEIGHBOURS]
        if not others:
            continue
        similar = embed([each.text for each in put]) @ of_passages[others].T
        for question, row in zip(put, similar, strict=True):
            nearest = passages[others[int(np.argmax(row))]]
            yield ReadingExample(question.text, nearest, (), None, source)


def example_of(
    question: Asked, document: Document, first: int, last: int, source: str
) -> ReadingExample:
    passage = document.window(first, last)
    inside = [(place - first, words) for place, words in question.answers if first <= place <= last]
    known = [
        Span(
            passage.sentences[place].start + words.start, passage.sentences[place].start + words.end
        )
        for place, words in inside
        if passage.sentences[place].start + words.end <= passage.sentences[place].end
    ]
    return ReadingExample(
        question.text,
        passage,
        tuple(sorted({place for place, _ in inside})),
        known[0] if known else None,
        source,
    )


def sentence_examples(data: Path, split: Split, chance: random.Random) -> Iterator[ReadingExample]:
    """QNLI: a question and a sentence, which answers or does not; others around some of them."""
    rows = _sentence_rows(data, split)
    for row in rows:
        sentences = [row["evidence"]]
        if chance.random() < 0.5:
            sentences += [chance.choice(rows)["evidence"] for _ in range(chance.randint(1, 4))]
            chance.shuffle(sentences)
        document = Document("", tuple(sentences), (0,) * len(sentences))
        answering = (sentences.index(row["evidence"]),) if row["supported"] else ()
        passage = document.window(0, len(sentences) - 1)
        yield ReadingExample(row["claim"], passage, answering, None, "qnli_dev")


def trained_sentence_questions(data: Path) -> frozenset[str]:
    """QNLI's questions that are trained on.

    QNLI is made from SQuAD but split by question, not by title, so some of these are also among the
    questions of SQuAD's test split.
    """
    return frozenset(row["claim"] for row in _sentence_rows(data, "train"))


def statement_examples(
    claim: str,
    document: Document,
    others: Sequence[Document],
    source: str,
    chance: random.Random,
) -> Iterator[ReadingExample]:
    """Questions made from a claim, put to the evidence that supports it."""
    made = list(made_questions(claim, chance))
    chance.shuffle(made)
    for question in made[:2]:
        place = _sentence_with(question.answer, claim, document)
        if place is None:
            continue
        sentence, words = place
        before = chance.choice(others) if chance.random() < 0.4 else None
        after = chance.choice(others) if chance.random() < 0.4 else None
        head = before.sentences[-3:] if before else ()
        tail = after.sentences[:3] if after else ()
        sentences = (*head, *document.sentences, *tail)
        mixed = Document("", sentences, (0,) * len(sentences))
        asked = Asked(question.text, 0, ((len(head) + sentence, words),))
        window = mixed.around(len(head) + sentence, chance)
        yield example_of(asked, mixed, *window, source)


def own_examples(document: Document, chance: random.Random) -> Iterator[ReadingExample]:
    """Questions made from a document's sentences, some put to where the answer is not."""
    for number, sentence in enumerate(document.sentences):
        if not 6 <= len(sentence.split()) <= 45:
            continue
        made = list(made_questions(reword(sentence, chance) or sentence, chance))
        chance.shuffle(made)
        for question in made[:2]:
            start = sentence.find(question.answer)
            if start < 0:
                continue
            asked = Asked(question.text, 0, ((number, Span(start, start + len(question.answer))),))
            first, last = document.around(number, chance)
            elsewhere = [n for n in range(len(document.sentences)) if not first <= n <= last]
            if elsewhere and chance.random() < ELSEWHERE:
                first, last = document.around(chance.choice(elsewhere), chance)
                shown = " ".join(document.sentences[first : last + 1])
                if first <= number <= last or question.answer in shown:
                    continue
            yield example_of(asked, document, first, last, "own")


def _sentence_rows(data: Path, split: Split) -> list[dict[str, Any]]:
    lines = (data / "entailment" / "qnli_dev.jsonl").read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if split_of(row["claim"]) == split]


def _sentence_with(answer: str, claim: str, document: Document) -> tuple[int, Span] | None:
    """The sentence with the answer that shares most words with the claim."""
    words = set(claim.lower().split())
    found = [
        (len(words & set(sentence.lower().split())), -number, start)
        for number, sentence in enumerate(document.sentences)
        if (start := sentence.lower().find(answer.lower())) >= 0
    ]
    if not found:
        return None
    _, place, start = max(found)
    return -place, Span(start, start + len(answer))


def _places(
    questions: Sequence[dict[str, Any]], spans: Sequence[Span], offset: int
) -> list[tuple[tuple[int, Span], ...]]:
    """For each question, its answers' sentences, counted from `offset`, and places in them."""
    return [
        tuple(
            dict.fromkeys(
                (
                    offset + number,
                    Span(
                        max(0, answer["start"] - span.start),
                        answer["start"] + len(answer["text"]) - span.start,
                    ),
                )
                for answer in question["answers"]
                for number, span in enumerate(spans)
                if span.start < answer["start"] + len(answer["text"]) and answer["start"] < span.end
            )
        )
        for question in questions
    ]


def paragraph_bounds(document: Document) -> list[tuple[int, int]]:
    """The first and last sentence of each paragraph."""
    found: dict[int, tuple[int, int]] = {}
    for number, paragraph in enumerate(document.paragraphs):
        first, _ = found.get(paragraph, (number, number))
        found[paragraph] = (first, number)
    return [found[paragraph] for paragraph in sorted(found)]
