"""The few words of a sentence that answer a question, where its form shows them."""

import re
from collections.abc import Sequence

from qa.mentions import MONTH, YEAR, new_mentions
from qa.wording import Kind, Wording
from vectorstore.types import Span
from vectorstore.words import WORD, stem


def short_answer(wording: Wording, sentence: str) -> Span | None:
    """The few words of `sentence` that answer the question; None when the rules are not sure.

    Of several times, numbers or places that the question does not have, the one nearest to a word
    that it has; a person must be the subject of the question's verb, come after "by", or be the
    only one named.
    """
    spans = list(new_mentions(wording, sentence))
    anchors = [
        Span(*match.span())
        for match in WORD.finditer(sentence)
        if stem(match[0]) in wording.weights
    ]
    if wording.kind is Kind.TIME:
        spans = _times(wording, sentence, spans)
    elif wording.kind is Kind.NUMBER:
        spans = _numbers(wording, sentence, spans)
    elif wording.kind is Kind.PLACE:
        spans = _places(wording, sentence, spans)
    elif wording.kind is Kind.PERSON:
        spans = _persons(wording, sentence, spans)
    else:
        return None
    return min(
        spans,
        key=lambda each: (min((_gap(each, a) for a in anchors), default=0), each.start),
        default=None,
    )


def _gap(a: Span, b: Span) -> int:
    return max(a.start - b.end, b.start - a.end, 0)


def _times(wording: Wording, sentence: str, spans: Sequence[Span]) -> list[Span]:
    if not re.search(r"\b(?:what|which) year\b", wording.text.lower()):
        return list(spans)
    years = [(span, match) for span in spans if (match := re.search(YEAR, span.of(sentence)))]
    return [Span(span.start + m.start(), span.start + m.end()) for span, m in years]


_LENGTH = re.compile(
    r"[- ](?:seconds?|minutes?|hours?|days?|weeks?|months?|years?|decades?"
    r"|miles?|feet|met(?:er|re)s|kilomet(?:er|re)s)\b"
)


def _numbers(wording: Wording, sentence: str, spans: Sequence[Span]) -> list[Span]:
    asked = wording.text.lower()
    spans = [
        each
        for each in spans
        if not re.fullmatch(rf"{YEAR}|one", each.of(sentence).lower())
        and not re.search(rf"{MONTH}\s*$", sentence[: each.start])
    ]
    if re.search(r"\bpercent|%", asked):
        return [each for each in spans if re.search(r"%|percent|per cent", each.of(sentence))]
    if re.search(r"\bhow old\b|\bage\b", asked):
        return [
            each
            for each in spans
            if re.match(r"[- ]years?[- ]old|,", sentence[each.end :])
            or re.search(r"\baged? $", sentence[: each.start])
        ]
    if re.search(r"\bhow long\b|\blength\b", asked):
        lengths = ((each, _LENGTH.match(sentence, each.end)) for each in spans)
        return [Span(each.start, match.end()) for each, match in lengths if match]
    spans = [each for each in spans if not re.match(r"-years?-old", sentence[each.end :])]
    if re.search(r"\bhow much\b|\b(?:cost|price|worth|paid|pay|amount)\b", asked):
        money = [
            each for each in spans if re.search(r"[$€£]|dollars|euros|pounds", each.of(sentence))
        ]
        return money or spans
    if counted := re.search(r"\bhow many (\w+)", asked):
        near = [
            each
            for each in spans
            if stem(counted[1]) in map(stem, WORD.findall(sentence[each.end : each.end + 35]))
        ]
        return near or spans
    return spans


def _places(wording: Wording, sentence: str, spans: Sequence[Span]) -> list[Span]:
    asked = wording.text.lower()
    if re.search(r"\bfrom\b", asked):
        allowed = {"from"}
    elif re.search(r"\b(?:go|going|travel\w*|head\w*|mov\w+|fly\w*|sent|send|return)\b", asked):
        allowed = {"to", "into", "toward", "towards"}
    else:
        allowed = {"in", "at", "near", "outside", "off", "inside", "across", "around"}
    return [
        each
        for each in spans
        if sentence[: each.start].split()[-1].lower().strip("“\"'(") in allowed
    ]


_VERB = re.compile(
    r"\bwho(?:m|'s|’s)?\b\s+(?:(?:is|are|was|were|has|have|had|will|would|did|does|do|been|being|be"
    r"|also|now|can|could)\s+)*(\w+)"
)


def _persons(wording: Wording, sentence: str, spans: Sequence[Span]) -> list[Span]:
    asked = _VERB.search(wording.text.lower())
    verbs = [
        Span(*match.span())
        for match in WORD.finditer(sentence)
        if asked and stem(match[0]) == stem(asked[1])
    ]
    names = [
        each
        for each in spans
        if len(WORD.findall(each.of(sentence))) > 1 and not _quoted(sentence, each)
    ]
    fitting = [
        (gap, name)
        for name in names
        for verb in verbs
        if 0 <= (gap := verb.start - name.end) <= 30
        or (
            0 <= (gap := name.start - verb.end) <= 25
            and re.search(r"\bby (?:the )?(?:[a-z]+ )*$", sentence[verb.end : name.start])
        )
    ]
    if fitting:
        return [min(fitting)[1]]
    return names if len(names) == 1 else []


def _quoted(sentence: str, span: Span) -> bool:
    before = sentence[: span.start]
    return before.count('"') % 2 == 1 or before.count("“") > before.count("”")
