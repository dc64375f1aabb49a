"""Questions made from statements: something the statement says is taken out and asked for.

The grammar is rule-based and sometimes odd, as in people's questions. What matters is that the
answer is known, and that the rest of the question is in the words of the statement's author.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qa.training.substitutions import NUMBER, ORGANISATION, lower_article, names_in
from vectorstore.text.dates import find_times
from vectorstore.types import Span

_PREPOSITION = re.compile(
    r"\b(?:in|on|at|since|by|during|from|near|to|into|of|for|with|around|until|before|after) "
    r"(?:the |early |late )?$"
)
_PLACED = re.compile(r"\b(?:in|at|near|to|from) (?:the )?$")
_CLAUSE = re.compile(
    r"^((?:(?:the|a|an|his|her|its|their) )?[^,;:()]{2,60}?) "
    r"(?P<verb>was|were|is|are|has|have|had|will|would|can|could|may|must"
    r"|\w{2,}ed|won|lost|led|made|took|became|began|left|said|told|went|gave|held|ran|built|wrote"
    r"|sold|bought|paid|met|found|came|grew|rose|fell) (.+)$",
    re.IGNORECASE,
)
_BASES = {
    "won": "win",
    "lost": "lose",
    "led": "lead",
    "made": "make",
    "took": "take",
    "became": "become",
    "began": "begin",
    "left": "leave",
    "said": "say",
    "told": "tell",
    "went": "go",
    "gave": "give",
    "held": "hold",
    "ran": "run",
    "built": "build",
    "wrote": "write",
    "sold": "sell",
    "bought": "buy",
    "paid": "pay",
    "met": "meet",
    "found": "find",
    "came": "come",
    "grew": "grow",
    "rose": "rise",
    "fell": "fall",
}
_HELPING = frozenset("was were is are has have had will would can could may must".split())
_REASON = re.compile(
    r"^(?P<what>.{15,120}?),? (?P<why>(?:because|due to|owing to|in order to|so that|as a result of"
    r"|thanks to|citing|following|for fear)\b .{8,150}?)[.!]?$"
)
# A name before another noun is an adjective: "a British fund".
_AFTER_NAME = re.compile(
    r"^(?:[.,;:)”\"]|’s|'s|$| (?:in|on|at|for|to|of|by|and|or|from|with|after|before|when|while|as"
    r"|that|who|which|where|was|is|were|are|has|have|had|will|would|can|could|may|said|says|told"
    r"|over|during|because|but|under|against|between|since|until|near|\w+ed|won|lost|led|made"
    r"|took|became|began|left|went|gave|held|ran|wrote|sold|bought|paid)\b)"
)
_COUNTED = re.compile(r"^ ((?:[a-z]+ )?[a-z]{3,}s)\b")
_PERSON = re.compile(r"^[A-Z][\w’'-]+(?: [A-Z]\.?)?(?: [A-Z][\w’'-]+){1,2}$")


@dataclass(frozen=True, slots=True)
class MadeQuestion:
    text: str
    answer: str
    """Words of the statement."""


def made_questions(statement: str, chance: random.Random) -> Iterator[MadeQuestion]:
    """One for each date, number, name and reason of a sentence.

    >>> made = made_questions("Ripple was sued by the SEC in December 2020.", random.Random(1))
    >>> [each.text for each in made][:2]
    ['When was Ripple sued by the SEC?', 'What was sued by the SEC in December 2020?']
    """
    statement = " ".join(statement.split())
    taken: list[Span] = []
    for span in find_times(statement):
        taken.append(span)
        yield _made("When", statement, span, chance, drop_preposition=True)
    for match in NUMBER.finditer(statement):
        span = Span(*match.span())
        if _overlaps(span, taken) or re.match(r"[-–]|\.\d", statement[span.end :]):
            continue
        taken.append(span)
        yield _counted(statement, span, chance)
    for name in names_in(statement):
        start = statement.index(name)
        span = Span(start, start + len(name))
        if _overlaps(span, taken) or not _AFTER_NAME.match(statement[span.end :]):
            continue
        placed = bool(_PLACED.search(statement[:start]))
        asks = "Where" if placed and chance.random() < 0.7 else _asks_for(name, chance)
        yield _made(asks, statement, span, chance, drop_preposition=asks == "Where")
    if reason := _REASON.match(statement):
        yield MadeQuestion(_question("Why", reason["what"], chance), reason["why"])


def _overlaps(span: Span, others: Sequence[Span]) -> bool:
    return any(span.start < other.end and other.start < span.end for other in others)


def _asks_for(name: str, chance: random.Random) -> str:
    if ORGANISATION.search(name):
        kind = ORGANISATION.findall(name)[-1].lower()
        return chance.choice(("What", f"Which {kind}", "Who"))
    if _PERSON.match(name):
        return "Who"
    return chance.choice(("What", "What", "Who", "Which one"))


def _made(
    asks: str, statement: str, span: Span, chance: random.Random, *, drop_preposition: bool
) -> MadeQuestion:
    answer = span.of(statement)
    before, after = statement[: span.start], statement[span.end :]
    if drop_preposition:
        before = _PREPOSITION.sub("", before)
    if not before.strip(" ,") or before.lower() in ("the ", "a ", "an "):
        if re.match(r"^ \w", after):
            return MadeQuestion(_tidy(f"{asks}{after}"), answer)
        before = ""
    return MadeQuestion(_question(asks, f"{before.rstrip(' ,')}{after}", chance), answer)


def _counted(statement: str, span: Span, chance: random.Random) -> MadeQuestion:
    before, after = statement[: span.start], statement[span.end :]
    if money := re.search(r"[$€£]$", before):
        scale = re.match(r" (?:million|billion|trillion)\b", after)
        answer = Span(money.start(), span.end + (scale.end() if scale else 0))
        return MadeQuestion(
            _question("How much", statement[: answer.start] + statement[answer.end :], chance),
            answer.of(statement),
        )
    if counted := _COUNTED.match(after):
        rest = f"{before}{after[counted.end() :]}"
        if not before.strip():
            return MadeQuestion(_tidy(f"How many{after}"), span.of(statement))
        return MadeQuestion(_question(f"How many {counted[1]}", rest, chance), span.of(statement))
    if percent := re.match(r" ?%| percent| per cent", after):
        rest = _question("What percentage", f"{before}{after[percent.end() :]}", chance)
        return MadeQuestion(rest, f"{span.of(statement)}{percent[0]}")
    return MadeQuestion(_question("What number", f"{before}{after}", chance), span.of(statement))


def _question(asks: str, rest: str, chance: random.Random) -> str:
    rest = " ".join(rest.split()).strip(" ,.;")
    clause = _CLAUSE.match(rest)
    if clause is None or chance.random() < 0.1:
        return _tidy(f"{asks}: {rest}" if chance.random() < 0.5 else f"{asks} {rest}")
    subject, verb, more = clause.groups()
    subject = lower_article(subject)
    if verb.lower() in _HELPING:
        return _tidy(f"{asks} {verb.lower()} {subject} {more}")
    return _tidy(f"{asks} did {subject} {base_form(verb.lower())} {more}")


def base_form(verb: str) -> str:
    """The infinitive of a past form, judged by its spelling.

    >>> [base_form(verb) for verb in ("joined", "announced", "stopped", "carried", "won")]
    ['join', 'announce', 'stop', 'carry', 'win']
    """
    if verb in _BASES:
        return _BASES[verb]
    if verb.endswith("ied"):
        return f"{verb[:-3]}y"
    bare = verb.removesuffix("ed")
    if re.search(r"([bdgmnprt])\1$", bare):
        return bare[:-1]
    if re.search(r"(?:[cvuzs]|[aeiou][lk]|[^aeiou][lg]|[ai]t|[aiou]r|in|ag|id)$", bare):
        return (
            bare
            if re.search(r"(?:ss|[aeo]il|al|ell|ain|oin|ek|ook|ow|ear|air|our)$", bare)
            else f"{bare}e"
        )
    return bare


def _tidy(text: str) -> str:
    text = re.sub(r"\s+([,.;:?!’'])", r"\1", " ".join(text.split()))
    return f"{text.strip(' ,.;:')}?"
