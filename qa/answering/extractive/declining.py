"""What to say when no sentence answers."""

import re
from collections.abc import Mapping, Sequence

from qa.types import UNANSWERED_TEXT
from vectorstore.text.dates import day_name
from vectorstore.types import ScoredPassage

_ASKS_POLITELY = (
    r"(?:(?:please|can you|could you|would you|will you|i (?:want|need|would like)(?: you)?(?: to)?"
    r"|let['’]?s|(?:give|show|make|write|draw up|prepare)(?: (?:me|us))?)\s+)*"
)
_WHOLE = re.compile(
    rf"^\W*{_ASKS_POLITELY}(?:summari[sz]e|sum up|translate|write|compare|contrast"
    r"|list (?:all|every|the)|make a list"
    r"|(?:(?:a|an|the|some)\s+)?(?:\w+\s+)?(?:summary|overview|timeline|chronology|comparison)"
    r"(?!\s\w+ment\b))\b"
    r"|^\W*what(?:['’]s| is| are| were) (?:a|an|the) (?:\w+ )?"
    r"(?:summary|overview|chronology|comparison) of\b"
    r"|^\W*how (?:do|does|did)\b.*\bcompare\b|\btl;?dr\b|\bpros and cons\b",
    re.IGNORECASE,
)


def asks_for_a_whole(question: str) -> bool:
    """Whether a question asks for more than a sentence can give: a summary, a comparison.

    >>> asks_for_a_whole("Could you summarize what happened to FTX?")
    True
    >>> asks_for_a_whole("When did the judge grant summary judgment?")
    False
    """
    return bool(_WHOLE.search(question))


def declined_text(
    question: str,
    rarities: Mapping[str, float],
) -> str:
    """Sentences for a reader. `rarities` are those of the question's content words in the
    articles, 1 for a word that no article has."""
    said = [UNANSWERED_TEXT]
    words = {word: _as_typed(word, question) for word in rarities}
    missing = [words[word] for word, rarity in rarities.items() if rarity >= 1]
    if missing and len(missing) == len(rarities):
        said.append(
            f"No article mentions {_listed(missing)}. Ask in the language of the articles, with "
            "words that they might use."
        )
    elif asks_for_a_whole(question):
        said.append(
            "A summary, a list or a comparison needs a chat model (set QA_MODEL); without one, "
            "answers are single sentences from the articles."
        )
    elif missing:
        said.append(f"No article mentions {_listed(missing)}.")
    elif rarities:
        said.append(f"No sentence about {_listed(list(words.values()))} answers this.")
    return " ".join(said)


def nothing_named_text(thing: str, nearest: str, found: ScoredPassage) -> str:
    """What to say when the articles do not mention what is asked for; `nearest` is the sentence
    that comes nearest to an answer."""
    known = (found.article.title, found.article.published and day_name(found.article.published))
    where = ", ".join(each for each in known if each)
    return (
        f"{UNANSWERED_TEXT} They do not mention “{thing}” there. The closest: "
        f"“{' '.join(nearest.split())}”{f' ({where})' if where else ''}."
    )


def _as_typed(word: str, question: str) -> str:
    found = re.search(rf"(?<!\w){re.escape(word)}(?!\w)", question, re.IGNORECASE)
    return found[0] if found else word


def _listed(words: Sequence[str]) -> str:
    """
    >>> _listed(["wheat", "Chicago", "cost"])
    '“wheat”, “Chicago” and “cost”'
    """
    quoted = [f"“{word}”" for word in words[:5]]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)
