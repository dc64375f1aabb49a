"""Recognises questions that ask what something is, and the sentences that define it, by pattern.

The patterns are those used to collect definitions from text: a copula, an apposition, and a
pronoun after the name (Hearst 1992, "Automatic acquisition of hyponyms from large text corpora").
"""

import re

from vectorstore.text.words import FUNCTION_WORDS, WORD

MOST_WORDS = 4
_THING = r"(?:an? |the )?[\"“]?(?P<thing>[\w.&’'\- ]+?)[\"”]?"
_ASKS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^\W*(?:so |and )?(?:what|who)(?:['’]?s| is| are| was| were) {_THING}\W*$",
        rf"\bwhat does {_THING} mean\b",
        rf"\bwhat {_THING} (?:is|are|means)\W*$",
        rf"^\W*(?:please )?(?:define|explain) {_THING}\W*$",
        rf"^\W*{_THING}\W+what (?:is|are) (?:it|that|they)\W*$",
    )
)
_ASKS_FOR_SOMEBODY = re.compile(
    r"\b(?:was|were) [a-z]+(?:ed|en)\W*$|^\W*(?i:so |and )?(?i:who)\b.*\b[a-z][\w’'-]*\W*$"
)
"""What is no thing to define: "Who was arrested?", "Who is the mayor?" """
_PRONOUN = re.compile(
    r"^(?:it|this|these|they) (?:is|are|was|were|means?) (?:an?|the|one|not|[a-z]+s)\b",
    re.IGNORECASE,
)


def defined_thing(question: str) -> str | None:
    """The thing whose meaning a question asks for; None if it asks for something else.

    >>> [defined_thing(each) for each in ("What is a Wells notice?", "What is the price of it?")]
    ['Wells notice', None]
    >>> [defined_thing(each) for each in ("Who is Ann Lee?", "Who is the mayor?")]
    ['Ann Lee', None]
    """
    if _ASKS_FOR_SOMEBODY.search(question):
        return None
    for pattern in _ASKS:
        match = pattern.search(question)
        if match is None:
            continue
        words = WORD.findall(match["thing"])
        if 0 < len(words) <= MOST_WORDS and not FUNCTION_WORDS & {w.lower() for w in words}:
            return match["thing"].strip()
    return None


def defines(thing: str, sentence: str, before: str) -> bool:
    """Whether a sentence says what `thing` is; `before` is the sentence before it.

    >>> defines("Wells notice", "It is a letter.", "Few documents are like the Wells notice.")
    True
    >>> defines("Circle", "Circle, a company in Boston, issues it.", "")
    True
    >>> defines("Circle", "Circle lost money.", "")
    False
    """
    named = rf"\b{re.escape(thing)}s?\b"
    if re.search(named, before, re.IGNORECASE) and _PRONOUN.match(sentence):
        return True
    said = (
        rf"{named}[\"”]?(?: \([^)]*\))?"
        r"(?:,? (?:is|are|means|refers to) |, (?:an?|the|which is|or) )"
    )
    return bool(re.search(said, sentence, re.IGNORECASE))
