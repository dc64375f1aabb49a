"""Claims made from reading-comprehension questions: "Who formed it?" and "Newton" make a claim.

People wrote the questions in their own words, so these claims paraphrase. An answer put into
another question, or into one that the paragraph does not answer, makes a claim without support.
The grammar is rule-based: questions that it cannot convert are left out.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qa.training.entailment_pairs import EntailmentPair
from vectorstore.text.sentences import split_sentences

AUXILIARIES = "is|are|was|were|has|had|have|can|could|will|would|may|might|should|does|do|did"
SUBJECT_QUESTION = re.compile(
    r"^(?:(?:[Ww]hat|[Ww]hich)(?: (?:type|kind|sort) of)?"
    rf"(?: (?!{AUXILIARIES}\b)[\w'-]+){{0,3}}?|[Ww]ho) "
    r"(?=(?:(?:is|are|was|were|has|had|have|can|could|will|would) )?"
    r"(?:\w+(?:ed|es|s)|led|won|lost|made|took|became|began|built|wrote|held|gave|ran|came|said|found"
    r"|is|are|was|were|has|had|have) )(.+)\?$"
)
DIRECT_OBJECT = re.compile(rf"^(?:{AUXILIARIES}) (?:the|a|an|his|her|its|their|[A-Z])")
IN_PLACE = re.compile(
    r"^(?!Who|What|When|Where|Why|How|Which|In what)(.+?) (?:what|which) ?(.*)\?$"
)
PASSIVE_QUESTION = re.compile(
    r"^(When|Where|In (?:what|which) (?:year|city|country|month|century|state|decade)) "
    r"(was|were|is|are) (.+?) "
    r"((?:\w+ed|born|built|held|made|found|known|given|taken|written|won|lost|set|begun)\b.*)\?$"
)
_PLACE = re.compile(
    r"^(?:in|on|at|near|from|between|outside|inside|by|during|around|after|before)\b"
)


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """A question about a paragraph, its answer, if there is one, and where the answer starts."""

    text: str
    answer: str = ""
    start: int = -1

    @property
    def kind(self) -> str:
        """The word that decides the kind of answer: "who", "when"."""
        return self.text.lower().split()[0]


def claim_from(question: str, answer: str) -> str | None:
    """`question` and `answer` as a statement; None if no rule can convert the question.

    >>> claim_from("Who formed the theory of gravitation?", "Newton")
    'Newton formed the theory of gravitation.'
    >>> claim_from("When was the service launched?", "1 October 1998")
    'The service was launched on 1 October 1998.'
    >>> claim_from("Speakers are allotted more what?", "time")
    'Speakers are allotted more time.'
    >>> claim_from("Why did it fail?", "rain") is None
    True
    """
    question, answer = " ".join(question.split()), answer.strip(" .,;:")
    if not answer or len(answer.split()) > 12:
        return None
    if match := PASSIVE_QUESTION.match(question):
        asks, verb, subject, rest = match.groups()
        return _sentence(f"{subject} {verb} {rest} {_placed(asks, answer)}")
    if match := SUBJECT_QUESTION.match(question):
        rest = match[1]
        return (
            None
            if DIRECT_OBJECT.match(rest) and not _names_itself(rest)
            else _sentence(f"{answer} {rest}")
        )
    if match := IN_PLACE.match(question):
        return _sentence(f"{match[1]} {answer} {match[2]}")
    return None


def question_pairs(
    context: str, questions: Sequence[AskedQuestion], source: str, chance: random.Random
) -> Iterator[EntailmentPair]:
    """Pairs made from one paragraph and what is asked about it."""
    spans = split_sentences(context)
    sentences = [" ".join(span.of(context).split()) for span in spans]
    answered = [question for question in questions if question.answer]
    for question in questions:
        others = [
            other.answer
            for other in answered
            if other.kind == question.kind and not _overlap(other.answer, question.answer)
        ]
        if question.answer:
            place = next((i for i, s in enumerate(spans) if s.start <= question.start < s.end), 0)
        else:
            place = _nearest(question.text, sentences)
        before, after = chance.choice(((0, 0), (1, 0), (1, 1), (2, 1), (0, 2)))
        evidence = " ".join(sentences[max(0, place - before) : place + 1 + after])
        right = claim_from(question.text, question.answer) if question.answer else None
        if right:
            yield EntailmentPair(evidence, right, "supported", source)
        if others and (not question.answer or chance.random() < 0.7):
            wrong = claim_from(question.text, chance.choice(others))
            if wrong:
                yield EntailmentPair(evidence, wrong, "unsupported", source)


def _names_itself(rest: str) -> bool:
    """Whether "is the ..." names its subject, as in "What is the capital of France?"."""
    return bool(re.match(r"(?:is|are|was|were) (?:the|a|an|one)\b", rest)) and not re.search(
        r"\b(?:called|named|known|considered|located|used|made|based|found|like|for|of|to|in|as|by|with|from|at|on)$",
        rest,
    )


def _placed(asks: str, answer: str) -> str:
    if _PLACE.match(answer.lower()):
        return answer
    day = re.search(r"\b\d{1,2}\b(?!\d)", answer) and re.search(r"[A-Za-z]{3}", answer)
    return f"{'on' if asks == 'When' and day else 'in'} {answer}"


def _nearest(question: str, sentences: Sequence[str]) -> int:
    """The sentence that shares the most long words with the question."""
    asked = set(re.findall(r"\w{4,}", question.lower()))
    shared = [len(asked & set(re.findall(r"\w{4,}", each.lower()))) for each in sentences]
    return max(range(len(shared)), key=shared.__getitem__)


def _overlap(one: str, other: str) -> bool:
    return one.lower() in other.lower() or (bool(other) and other.lower() in one.lower())


def _sentence(text: str) -> str:
    text = " ".join(text.split()).replace(" ,", ",")
    return f"{text[0].upper()}{text[1:]}."
