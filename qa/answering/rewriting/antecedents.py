"""What a pronoun refers to: the most salient name before it that agrees, if no other might do."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from qa.answering.rewriting.grammar import PERSONS, Reference
from qa.answering.rewriting.mentions import (
    Mention,
    MentionRole,
    find_names,
    find_nouns,
    with_roles,
)

_BE = r"(?:is|are|was|were)"
_ASKS_FOR_SUBJECT = re.compile(
    rf"\W*(?:who(?!\s+(?:did|does|do)\b)|(?:which|what)\s+{_BE}\s+(?:the|an?|his|her|its|their)\b"
    r"|(?:which|whose)\b(?!.*\b(?:did|does|do)\b))",
    re.IGNORECASE,
)
_ASKS_FOR_OBJECT = re.compile(r"\W*(?:what|which|whom?)\b.*\b(?:did|does|do)\b", re.IGNORECASE)
_ASKS_FOR_PERSON = re.compile(rf"\W*(?:whom?|which\s+(?:{'|'.join(PERSONS)}))\b", re.IGNORECASE)
_ASKS_FOR_AMOUNT = re.compile(r"\W*how much\b", re.IGNORECASE)
_DEFINES = re.compile(rf"\W*(who|what)\s+{_BE}\s+(?:the\s+)?$", re.IGNORECASE)


def antecedents(question: str, answer: str) -> list[Mention]:
    """What a pronoun after this question and answer may refer to, most salient first.

    >>> [each.text for each in antecedents("When did Ikea leave Russia?", "Ikea left in 2022.")]
    ['Ikea', 'Russia']
    >>> [each.text for each in antecedents("Who founded Tesla?", "Martin Eberhard.")]
    ['Martin Eberhard', 'Tesla']
    """
    names = [each for each in find_names(question) if each.sure]
    asked = with_roles(question, [*names, *find_nouns(question, names)])
    asked = [replace(each, person=_defined(question, each)) for each in asked]
    names = find_names(answer)
    whole = len(names) == 1 and names[0].text == answer.strip(" .!")
    told = _told(question, [each for each in with_roles(answer, names) if each.sure or whole])
    # What the answer repeats keeps the role it has in the question.
    by_words: dict[tuple[str, ...], Mention] = {}
    for mention in sorted([*asked, *told], key=lambda each: each.role):
        by_words.setdefault(mention.words, mention)
    return list(by_words.values())


def antecedent_of(reference: Reference, exchanges: Iterable[Sequence[Mention]]) -> Mention | None:
    """What a reference means; None if nothing fits, if it is ambiguous, or if it is not a name.

    `exchanges` are the `antecedents` of each exchange, the last one first; an earlier one counts
    only if those after it have none.
    """
    for candidates in exchanges:
        fitting = [each for each in candidates if each.may_be(reference.kind)]
        if reference.kind == "several" and candidates and _is_one_person_asked_for(candidates[0]):
            return None
        if any(each.is_name for each in fitting):
            chosen = _likeliest(reference, fitting)
            return chosen if chosen and chosen.is_name else None
    return None


def _told(question: str, mentions: Sequence[Mention]) -> list[Mention]:
    """The names in an answer, the first one standing for what was asked for."""
    role = MentionRole.ANSWER
    if _ASKS_FOR_SUBJECT.match(question):
        role = MentionRole.ASKED_SUBJECT
    elif _ASKS_FOR_OBJECT.match(question):
        role = MentionRole.ASKED_OBJECT
    told = [replace(each, role=MentionRole.ANSWER) for each in mentions]
    first = next((each for each in mentions if each.role is not MentionRole.OBLIQUE), None)
    if first is None or role is MentionRole.ANSWER:
        return told
    person = first.person
    if person is None:
        person = bool(_ASKS_FOR_PERSON.match(question))
    return [replace(first, role=role, person=person), *told]


def _is_one_person_asked_for(mention: Mention) -> bool:
    """ "They" may refer to one person, if nothing says whether it is a man or a woman."""
    return (
        mention.role is MentionRole.ASKED_SUBJECT and mention.person is True and not mention.several
    )


def _likeliest(reference: Reference, fitting: Sequence[Mention]) -> Mention | None:
    roles = {each.role for each in fitting}
    names = [each for each in fitting if each.is_name]
    # Salience says little about "the judge". An object may also mean the last question's object.
    if reference.definite:
        return names[0] if len(names) == 1 else None
    if reference.is_object:
        if MentionRole.ASKED_OBJECT in roles:
            return next(each for each in fitting if each.role is MentionRole.ASKED_OBJECT)
        if MentionRole.OBJECT in roles and roles & {MentionRole.SUBJECT, MentionRole.ASKED_SUBJECT}:
            return None
    if reference.kind == "person":
        # "What did Google promise Elon Musk?": the subject is not necessarily a person.
        likely = [each for each in names if each.looks_personal]
        return None if likely and likely[0] is not names[0] else names[0]
    likely = [each for each in fitting if each.several] if reference.kind == "several" else []
    likely += [each for each in fitting if not each.looks_personal]
    if not likely or (likely[0] is not fitting[0] and likely[0].role is MentionRole.ANSWER):
        return None
    return likely[0]


def _defined(question: str, mention: Mention) -> bool | None:
    """Whether it is a person, going by "Who is" or "What is" before it."""
    opening = _DEFINES.match(question[: mention.start])
    if opening is None or mention.person is not None:
        return mention.person
    return opening[1].casefold() == "who"


def asks_for_amount(question: str) -> bool:
    """Whether "it" may be an amount: "How much did BlockFi pay?", "And who got it?" """
    return bool(_ASKS_FOR_AMOUNT.match(question))
