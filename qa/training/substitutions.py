"""Single changes to a sentence: those that keep it true, and those that make it false. Pure.

Each takes a sentence and returns the changed one, or None if it does not apply. Those that falsify
also take the article's text, where the wrong numbers and names come from.
"""

import calendar
import random
import re
from itertools import pairwise

MONTHS = tuple(calendar.month_name)[1:]
WEEKDAYS = tuple(calendar.day_name)
NUMBER_WORDS = "two three four five six seven eight nine ten eleven twelve".split()

SYNONYMS = (
    ("began", "started"),
    ("bought", "purchased"),
    ("said", "stated"),
    ("told", "informed"),
    ("approximately", "about"),
    ("around", "about"),
    ("large", "big"),
    ("died", "passed away"),
    ("created", "made"),
    ("built", "constructed"),
    ("used", "employed"),
    ("helped", "assisted"),
    ("largest", "biggest"),
    ("received", "got"),
    ("located", "situated"),
    ("near", "close to"),
    ("many", "numerous"),
    ("children", "kids"),
    ("ended", "finished"),
    ("allowed", "permitted"),
    ("well-known", "famous"),
    ("known as", "called"),
    ("movie", "film"),
    ("published", "released"),
    ("obtained", "got"),
    ("attempted", "tried"),
    ("required", "needed"),
    ("show", "demonstrate"),
    ("shows", "demonstrates"),
    ("showed", "demonstrated"),
    ("previously", "earlier"),
    ("currently", "now"),
    ("primarily", "mainly"),
    ("often", "frequently"),
    ("usually", "normally"),
    ("important", "significant"),
    ("entire", "whole"),
    ("percent", "per cent"),
    ("more than", "over"),
    ("United States", "US"),
    ("United Kingdom", "UK"),
    ("won", "was awarded"),
    ("joined", "became a member of"),
    ("child", "kid"),
    ("doctors", "physicians"),
    ("company", "firm"),
    ("leader", "head"),
)
OPPOSITES = (
    ("increased", "decreased"),
    ("increase", "decrease"),
    ("before", "after"),
    ("won", "lost"),
    ("first", "last"),
    ("more", "fewer"),
    ("higher", "lower"),
    ("high", "low"),
    ("largest", "smallest"),
    ("north", "south"),
    ("northern", "southern"),
    ("east", "west"),
    ("eastern", "western"),
    ("most", "few"),
    ("always", "never"),
    ("often", "rarely"),
    ("began", "ended"),
    ("opened", "closed"),
    ("accepted", "rejected"),
    ("allowed", "banned"),
    ("joined", "left"),
    ("supported", "opposed"),
    ("for", "against"),
    ("with", "without"),
    ("early", "late"),
    ("above", "below"),
    ("old", "new"),
    ("oldest", "newest"),
    ("rose", "fell"),
    ("gained", "lost"),
    ("bought", "sold"),
    ("arrived", "departed"),
    ("best", "worst"),
    ("positive", "negative"),
    ("public", "private"),
    ("major", "minor"),
    ("alive", "dead"),
    ("father", "son"),
    ("mother", "daughter"),
    ("husband", "brother"),
    ("wife", "sister"),
)

HEDGES = (
    ("could", "did"),
    ("may", "will"),
    ("might", "will"),
    ("some", "all"),
    ("plans to", "did"),
)

NAME = re.compile(
    r"\b[A-Z](?:[\w.&’'-]*[\w’])?(?: (?:of |the |de |von |van |al-)?[A-Z](?:[\w.&’'-]*[\w’])?)*"
)
PERSON_ACTS = re.compile(
    r"(?:^|, )([A-Z][a-z]+ )([A-Z][a-z]+)(?= (?:said|says|told|has|had|was|is|will|won|joined"
    r"|became|called|took|left|led|made|wrote|\w+ed)\b|, (?:who|the|a)\b)"
)
ORGANISATION = re.compile(
    r"\b(?:Bank|Group|Company|University|Party|Department|Council|Court|House|City|Institute|Church"
    r"|Association|Corporation|Union|College|School|Club|League|States|Kingdom|River|Lake|Street)\b"
)
YEAR = re.compile(r"\b(?:1[0-9]|20)\d\d\b")
NUMBER = re.compile(r"(?<![\w.,])\d[\d,]*(?:\.\d+)?(?![\w,]*\d)")
NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(NUMBER_WORDS)})\b")
CALENDAR = re.compile(rf"\b(?:{'|'.join([*MONTHS, *WEEKDAYS])})\b")
AUXILIARY = re.compile(
    r"\b(?:is|was|are|were|has|had|will|would|can|could|should|must|may|might)\b(?! not)"
)
OPENING = re.compile(
    r"^(?:In|On|At|During|By|Since|After|Before|From|Until|For|As of) [^,;:()]{2,50}, (?=\w)"
)
ASIDE = re.compile(r" \([^()]*\)|, (?:who|which|where|whose|also|then) [^,.;]{5,80},(?= )")
ENDING = re.compile(
    r"(?:, (?:\w+ing|who|which|where|with|while|although|but|including|because|such as|and \w+ed)"
    r" [^;:]{8,140}| (?:while|although|because|after|before|when) [^,;:]{8,100})(?=\.$)"
)
PASSIVE = re.compile(
    r"^((?:The |A |An )?[\w’' -]{3,40}?) (was|were) (\w+ed) by "
    r"((?:the |a |an )?[\w’'-]+(?: [\w’'-]+){0,3})((?: (?:in|on|at|for|from|during) .*)?\.)$"
)
# Only regular verbs: their past tense is also their participle.
ACTIVE = re.compile(
    r"^((?:(?:The|A|An) (?:[\w’'-]+ )?)?[\w’'-]+(?: [A-Z][\w’'-]+){0,2}) (\w+ed) "
    r"((?:(?:the|a|an) (?:[\w’'-]+ )?[\w’'-]+|[A-Z][\w’'-]+(?: [A-Z][\w’'-]+){0,2}))"
    r"((?:,| (?:in|on|at|for|from|during|after|before|and|with)\b).*|\.)$"
)
NEVER_A_NAME = frozenset(
    "The A An In On At By For From With After Before During Since While When Although If As He She "
    "It They This These That Those His Her Its Their There But And Or However Also I We You Most "
    "Many Some All Both Each Other Another One Two Three What Who How Why Where To Of Not No "
    "According Because Despite Under Later".split()
)


def drop_aside(sentence: str, chance: random.Random) -> str | None:
    return _without(ASIDE, sentence, chance)


def drop_ending(sentence: str, chance: random.Random) -> str | None:
    return _without(ENDING, sentence, chance)


def drop_opening(sentence: str, chance: random.Random) -> str | None:
    """
    >>> drop_opening("In August 2020, the fund joined the board.", random.Random(1))
    'The fund joined the board.'
    """
    match = OPENING.match(sentence)
    if not match or len(sentence[match.end() :].split()) < 4:
        return None
    return upper_start(sentence[match.end() :])


def move_opening(sentence: str, chance: random.Random) -> str | None:
    """
    >>> move_opening("In August 2020, the fund joined the board.", random.Random(1))
    'The fund joined the board in August 2020.'
    """
    match = OPENING.match(sentence)
    rest = sentence[match.end() :] if match else ""
    if not match or "," in rest or len(rest.split()) < 4:
        return None
    opening = match[0].rstrip(", ")
    return f"{upper_start(rest).rstrip('.')} {opening[0].lower()}{opening[1:]}."


def turn_voice(sentence: str, chance: random.Random) -> str | None:
    """Active to passive, and back.

    >>> turn_voice("The fund acquired Alameda in 2020.", random.Random(1))
    'Alameda was acquired by the fund in 2020.'
    >>> turn_voice("The city was destroyed by the Romans.", random.Random(1))
    'The Romans destroyed the city.'
    """
    if match := ACTIVE.match(sentence):
        agent, verb, patient, rest = match.groups()
        if have_roles(agent, patient):
            return f"{upper_start(patient)} was {verb} by {lower_article(agent)}{rest}"
    if match := PASSIVE.match(sentence):
        patient, _, verb, agent, rest = match.groups()
        return f"{upper_start(agent)} {verb} {lower_article(patient)}{rest}"
    return None


def use_synonym(sentence: str, chance: random.Random) -> str | None:
    return _exchange(sentence, SYNONYMS, chance)


def use_last_name(sentence: str, chance: random.Random) -> str | None:
    """
    >>> use_last_name("Gary Gensler has resigned.", random.Random(1))
    'Gensler has resigned.'
    """
    match = PERSON_ACTS.search(sentence)
    if not match or ORGANISATION.search(match[0]):
        return None
    return sentence[: match.start(1)] + match[2] + sentence[match.end(2) :]


def refer(sentence: str, name: str, chance: random.Random) -> str | None:
    """The sentence with the name that opens it replaced by a word that refers to it.

    >>> refer("Alameda sold its coins.", "Alameda", random.Random(2))
    'It sold its coins.'
    """
    words = name.split()
    person = len(words) == 2 and not ORGANISATION.search(name)
    opening = ("He", "She") if person else ("It", "It", "The company", "The group", "The agency")
    if not sentence.startswith(f"{name} "):
        return None
    return chance.choice(opening) + sentence[len(name) :]


def other_name(name: str, text: str, chance: random.Random) -> str | None:
    """Another name from the text, with about as many words."""
    found = {each[0] for each in NAME.finditer(text) if _is_name(each[0])}
    others = [
        each
        for each in sorted(found)
        if not set(each.split()) & set(name.split())
        and abs(len(each.split()) - len(name.split())) <= 1
    ]
    return chance.choice(others) if others else None


def names_in(sentence: str) -> list[str]:
    return [each[0] for each in NAME.finditer(sentence) if _is_name(each[0])]


def say_opposite(sentence: str, text: str, chance: random.Random) -> str | None:
    both_ways = (*OPPOSITES, *((other, one) for one, other in OPPOSITES), *HEDGES)
    return _exchange(sentence, both_ways, chance)


def swap_number(sentence: str, text: str, chance: random.Random) -> str | None:
    """Another number, from the article if it has a similar one."""
    found = [*NUMBER.finditer(sentence), *NUMBER_WORD.finditer(sentence)]
    found = [each for each in found if not YEAR.fullmatch(each[0])]
    if not found:
        return None
    match = chance.choice(found)
    if match[0] in NUMBER_WORDS:
        other = chance.choice([word for word in NUMBER_WORDS if word != match[0]])
        return _put(sentence, match, other)
    here = set(NUMBER.findall(sentence))
    others = [
        each
        for each in NUMBER.findall(text)
        if each not in here and not YEAR.fullmatch(each) and len(each) <= len(match[0]) + 3
    ]
    if others and chance.random() < 0.6:
        return _put(sentence, match, chance.choice(others))
    value = float(match[0].replace(",", ""))
    new = (
        value * chance.choice((0.5, 2, 3, 10, 0.1, 1.5, 1.2))
        if value > 20
        else value + chance.choice((1, 2, 3, 5))
    )
    decimals = len(match[0].partition(".")[2])
    return _put(sentence, match, f"{new:,.{decimals}f}" if value >= 1000 else f"{new:.{decimals}f}")


def swap_date(sentence: str, text: str, chance: random.Random) -> str | None:
    """Another year, month or weekday."""
    found = [*YEAR.finditer(sentence), *CALENDAR.finditer(sentence)]
    if not found:
        return None
    match = chance.choice(found)
    if match[0].isdigit():
        others = [each for each in YEAR.findall(text) if each not in sentence]
        if others and chance.random() < 0.5:
            return _put(sentence, match, chance.choice(others))
        return _put(sentence, match, str(int(match[0]) + chance.choice((-10, -3, -2, -1, 1, 2, 5))))
    names = MONTHS if match[0] in MONTHS else WEEKDAYS
    return _put(sentence, match, chance.choice([name for name in names if name != match[0]]))


def swap_name(sentence: str, text: str, chance: random.Random) -> str | None:
    """Another name from the article, preceded by the same kind of word."""
    found = [match for match in NAME.finditer(sentence) if _is_name(match[0])]
    if not found:
        return None
    match = chance.choice(found)
    kind = _name_kind(sentence, match)
    words = set(match[0].split())
    others = {
        each[0]
        for each in NAME.finditer(text)
        if _is_name(each[0])
        and _name_kind(text, each) == kind
        and not words & set(each[0].split())
        and each[0] not in sentence
        and abs(len(each[0].split()) - len(words)) <= 1
    }
    return _put(sentence, match, chance.choice(sorted(others))) if others else None


def swap_roles(sentence: str, text: str, chance: random.Random) -> str | None:
    """Two names swapped, if a verb, "by" or "of" stands between them.

    >>> swap_roles("Rome beat Carthage in the end.", "", random.Random(1))
    'Carthage beat Rome in the end.'
    """
    if (match := ACTIVE.match(sentence)) and have_roles(match[1], match[3]):
        agent, verb, patient, rest = match.groups()
        if chance.random() < 0.5:
            return f"{agent} was {verb} by {patient}{rest}"
        return f"{upper_start(patient)} {verb} {lower_article(agent)}{rest}"
    if match := PASSIVE.match(sentence):
        patient, was, verb, agent, rest = match.groups()
        return f"{upper_start(agent)} {was} {verb} by {lower_article(patient)}{rest}"
    found = [each for each in NAME.finditer(sentence) if _is_name(each[0])]
    for first, second in pairwise(found):
        between = sentence[first.end() : second.start()]
        symmetric = re.search(
            r"\b(?:and|or|with|is|was|are|were|near|between|as|like)\b|[,(/–]", between
        )
        if symmetric or not re.search(r"[a-z]{3}", between) or len(between.split()) > 6:
            continue
        return (
            f"{sentence[: first.start()]}{second[0]}{between}{first[0]}{sentence[second.end() :]}"
        )
    return None


def negate(sentence: str, text: str, chance: random.Random) -> str | None:
    """
    >>> negate("The fund was not admitted.", "", random.Random(1))
    'The fund was admitted.'
    """
    if " not " in sentence:
        return sentence.replace(" not ", " ", 1)
    match = AUXILIARY.search(sentence)
    if not match:
        return None
    word = chance.choice((" not", " not", " never"))
    return f"{sentence[: match.end()]}{word}{sentence[match.end() :]}"


def _without(pattern: re.Pattern[str], sentence: str, chance: random.Random) -> str | None:
    found = list(pattern.finditer(sentence))
    if not found:
        return None
    match = chance.choice(found)
    rest = sentence[: match.start()] + sentence[match.end() :]
    return rest if len(rest.split()) >= 5 else None


def _exchange(
    sentence: str, words: tuple[tuple[str, str], ...], chance: random.Random
) -> str | None:
    found = [
        (match, other) for one, other in words if (match := re.search(rf"\b{one}\b", sentence))
    ]
    return _put(sentence, *chance.choice(found)) if found else None


def have_roles(agent: str, patient: str) -> bool:
    """Whether both are things, not a time or a word that only looks like one."""
    return not any(
        CALENDAR.search(text) or text.split()[-1] in NEVER_A_NAME or text.endswith("ly")
        for text in (agent, patient)
    )


def _put(sentence: str, match: re.Match[str], words: str) -> str:
    return sentence[: match.start()] + words + sentence[match.end() :]


def _is_name(text: str) -> bool:
    first = text.split()[0]
    return (
        first not in NEVER_A_NAME
        and first not in MONTHS
        and first not in WEEKDAYS
        and len(text) > 2
    )


def _name_kind(text: str, match: re.Match[str]) -> str:
    before = text[max(0, match.start() - 8) : match.start()].split()
    word = before[-1].lower() if before else ""
    return word if word in ("in", "at", "the", "of", "by", "from") else "other"


def upper_start(text: str) -> str:
    return text[0].upper() + text[1:]


def lower_article(text: str) -> str:
    return re.sub(r"^(The|A|An)\b", lambda article: article[0].lower(), text)
