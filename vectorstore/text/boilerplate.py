"""Finds lines that are certainly not prose: page furniture, links, publishers' own invitations.

Marked lines are never searched, so the rules favour precision and doubtful lines are kept. Missed
promotion is often caught later, because the same paragraph is in many articles.

A line is marked if, as a whole, it is

- furniture: one of the fixed labels of a page ("Advertisement", "Skip to main content");
- a link: a label before another article's title, or an imperative that ends in an arrow;
- an invitation: every sentence asks the reader for something that only a publisher would ("follow
  us on", "our newsletter", "in the comments below"), and none reports what somebody said.
"""

import re
from collections.abc import Iterator, Sequence

from vectorstore.types import Span

_LONGEST = 400
_LONGEST_LINK = 160
_MOST_SENTENCES = 4


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile("(?:" + "|".join(alternatives) + ")", re.IGNORECASE)


_PLACE = (
    r"(?:twitter|x|facebook|instagram|linkedin|telegram|youtube|tiktok|threads|mastodon|bluesky"
    r"|discord|reddit|whatsapp|google news|apple news)\b"
)

_OWNER = r"[^!?,]{0,80}(?:, (?:inc|ltd|llc)\b[^!?,]{0,80})?"

_FURNITURE = _any(
    r"advertisements?(?: - (?:scroll|story|article|continue)\b.{0,40})?",
    r"(?:sponsored|paid) (?:content|post|links?)",
    r"(?:this )?(?:story|article) continues (?:below|after)(?: (?:the )?(?:advertisement|ad))?",
    r"(?:keep )?scroll(?:ing)? (?:down )?(?:to continue|for more)(?: reading)?",
    r"share (?:this|(?:this )?(?:article|story|post|page))(?: (?:on|via|with) .{1,40})?",
    rf"share (?:on|via) (?:{_PLACE}|e-?mail)",
    r"(?:read|see|show|load|view|learn) more|(?:continue|keep) reading",
    r"(?:sign up|sign in|log in|log ?out|subscribe)(?: (?:now|today|here))?",
    r"skip to (?:main |the )?(?:content|navigation)|back to (?:the )?top",
    r"(?:related|recommended|popular|trending) (?:articles?|stories|posts?|coverage|links|topics)",
    r"most (?:read|popular|viewed|shared)|you (?:may|might) also like|recommended for you",
    r"editors'? (?:picks?|choice)|what to read next|don't miss",
    r"leave a (?:comment|reply)|comments are closed",
    r"(?:privacy|cookie) policy|terms of (?:use|service)",
    rf"(?:tm & )?(?:copyright )?(?:©|\(c\)) ?\d{{4}}\b{_OWNER}",
    rf"copyright \d{{4}} {_OWNER}\ball rights reserved",
)

# A label and a title: "Read more: Why the harbor froze over".
_LABELLED_LINK = _any(
    r"(?:(?:also )?read (?:more|also|next)|see also|in case you missed it|you (?:may|might)"
    r" also like|more on this(?: story)?|related(?: (?:article|story|stories|reading|links?))?)"
    r" ?[:|»→] ?\S.*[^.,;:]"
)
_FULL_ARTICLE = _any(
    r"(?:see|read|view) (?:the )?(?:full|original) (?:article|story|post|report|interview)"
    r" (?:here|(?:at|on) [\w-]+(?:\.[\w-]+)*\.[a-z]{2,})\.?"
)
# Links in plain text: they end in an arrow, or without punctuation.
_ARROW = "(?:»|\u203a|>>|→|▶|►)"
_ARROWS = ("»", "\u203a", ">>", "→", "▶", "►", "».")
_LINK_VERB = (
    r"(?:Watch|See|View|Read|Listen|Learn|Find out|Hear|Check out|Explore|Take a|Look|Browse|Map"
    r"|Photos|Video|Gallery|Timeline|Background|Discover|Reaction|Click)"
)
_ARROW_LINK = re.compile(rf"{_LINK_VERB}\b[^«»→\n]{{1,{_LONGEST_LINK}}}{_ARROW}[\s.]*")
_ARROW_LINK_AT_END = re.compile(
    r"(?<=[.!?:\"\u201d\u2019')])\s{1,4}"
    rf"(?P<link>{_LINK_VERB}\b[^«»→.!?\n]{{1,{_LONGEST_LINK}}}{_ARROW})[\s.]*\Z"
)
_PICTURE_LINK = re.compile(
    r"(?:Watch|See|View|Browse|Look at)"
    r" (?:(?:the|our|more|all|exclusive|shocking) )?"
    r"(?:videos?|photos?|images|pictures|footage|(?:photo )?gallery|slide ?show)"
    r"(?: (?:of|from)\b[^,:;.!?]{1,80})?"
)

# An invitation is an imperative whose object belongs to the publisher.
_PRODUCT = (
    r"(?:e-?newsletters?|newsletters?|mailing list|podcasts?|(?:mobile |news )?apps?|channel"
    rf"|{_PLACE} (?:group|page|server|community)|journalism|newsroom)\b"
)
_MAIL = r"(?:digest|briefing|bulletin|round-?up|e-?mails?|letter|alerts|updates|magazine)\b"
_OWN = rf"our (?:[\w'&-]+ ){{0,4}}?{_PRODUCT}"
_OWN_MAIL = rf"our (?:[\w'&-]+ ){{0,4}}?(?:{_PRODUCT}|{_MAIL})"
_LETTER = (
    r"(?:(?:[\w'&.-]+ ){0,6}(?:newsletters?|e-newsletters?|mailing list)\b"
    r"|[^,:;.!?]{0,60}\b(?:free|daily|weekly|morning|evening) (?:digest|letter|round-?up)\b)"
)
_INVITATION = _any(
    rf"(?:sign up|subscribe|register)(?: (?:now|today|here|free))? (?:for|to|via) (?:{_LETTER}"
    rf"|(?:[^,:;.!?]{{3,60}}, )?{_OWN_MAIL})",
    r"subscribe (?:now|today)(?! to)",
    r"subscribe (?:(?:now|today) )?to (?:read|unlock|get (?:\w+ )?access|continue reading"
    r"|support (?:our|independent|quality|local) journalism)\b",
    r"(?:sign|log) in to (?:read|continue|comment)\b.*",
    rf"(?:get|download|install|try|join|listen to|visit|support|check out) {_OWN}",
    rf"(?:follow|like|join|find|visit|connect with|watch|friend) us (?:on|at) (?:our )?{_PLACE}",
    rf"follow @\w+(?: on {_PLACE})?",
    r"get (?!ready|used|set)[^,:;.!?]{3,80} (?:delivered|sent|straight|right|directly)"
    r" (?:to|in|into) your (?:e-?mail )?in-?box",
    r"(?:(?:share|leave|post|add) your|tell us|let us know)\b[^:;]{0,100}"
    r"\b(?:in the comments?(?: section)?|comments section|(?:comment|sound off) box)"
    r"(?: below)?(?=[.!]*\Z)",
    rf"(?:tell us|let us know)\b[^,:;]{{0,60}} on {_PLACE}",
    r"click here to (?:subscribe|sign up|join|download|get|try)\b[^,:;.!?]{0,60}"
    r"\b(?:newsletters?|apps?|issues|podcasts?|magazine|subscription)",
    r"become an? (?:\w+ )?(?:member|subscriber|supporter|patron)\b[^,:;.!?]{0,40}"
    r"\b(?:our|independent|quality|local) (?:work|journalism|reporting|newsroom)",
    r"enter to win [^,:;.!?]{1,80}\b(?:giveaway|sweepstakes|prize|gift card)",
)
_LEAD = re.compile(
    r"please |(?:for|to) (?:more|the latest|read|get|support|see|learn|hear)\b[^.!?:;,]{0,80}, ",
    re.IGNORECASE,
)
# What may follow the object, without another speaker or subject.
_GOES_ON = re.compile(
    r"(?:[\s,]+(?:and|or|to|for|from|on|at|in|with|by|about|of|via|every|each|today|now|here|below"
    rf"|more|unlimited|delivered|sent|wherever|section|our|{_PLACE}|@\w+)\b.*)?",
    re.IGNORECASE | re.DOTALL,
)
_OTHER_CLAUSE = _any(
    r"[:;] ?\w",
    rf",(?! (?:our|and|or|follow|subscribe|sign up|join|visit|{_PLACE}))",
    r"\b(?:and|or) (?:you|it|we|there|that|this|nothing|nobody)\b",
)
_TEASER = re.compile(
    r"[^.!:;]{3,120}\?+|(?:thanks|thank you) for (?:reading|watching|listening|subscribing)[.!]?",
    re.IGNORECASE,
)

# An event: an invitation, its name, and a word for the kind of event or a year.
_EVENT_CALL = re.compile(
    r"(?i:(?:please )?(?:don't miss|join us (?:for|at))(?: our| the)?) (?P<name>[A-Z0-9][^,:;.!?]*)"
)
_EVENT_KIND = _any(r"\b(?:forum|summit|conference|festival|expo|webinar|panels|evening)\b")
_YEAR = re.compile(r"\b20\d\d\b")
_NAME_WORD = re.compile(r"\b[A-Z]\w+\b(?!')")

# Signs of reporting: a quotation, a third person, a finite verb, a verb of saying.
_SAYING = (
    "accuse add admit admitt advise agree announce appeal argue ask beg begg believe call claim"
    " command counsel crie declare demand denie encourage explain fear hope implore insist instruct"
    " invite joke note offer order plead preach promise propose quip read recommend remind repeat"
    " report shout state suggest think urge vow want warn"
).split()
_REPORTS = _any(
    r"[\"\u201c\u201d«»]",
    r"\b(?:he|she|they|him|his|her|them|their|is|was|were|has|had|does|did|will|would|could|should"
    r"|say|says|said|tells|told|writes|wrote|speaks|spoke|according to)\b",
    rf"\b(?:{'|'.join(_SAYING)})(?:s|d|ed)\b",
)
_SENTENCE = re.compile(r".+?(?:[.!?]+(?=\s|\Z)|\Z)", re.DOTALL)
_MARKDOWN_LINK = re.compile(r"\[([^\[\]]*)\]\([^()]*\)")
_QUOTES = str.maketrans("\u2018\u2019", "''")
_BEFORE = " \t\r\n>*_-•\u2013\u2014→►▶»|[(#✉📧👉➡️🔔:"
_AFTER = " \t\r\n*_|])"


def promotional_spans(
    text: str, paragraphs: Sequence[Span], *, after_date: bool = False
) -> tuple[Span, ...]:
    """The promotional and navigational paragraphs, and links at the end of others, in order.

    With `after_date`, the first paragraph follows a date line, where publishers announce events.
    """
    return tuple(_promotional(text, paragraphs, after_date))


def _promotional(text: str, paragraphs: Sequence[Span], after_date: bool) -> Iterator[Span]:
    for number, paragraph in enumerate(paragraphs):
        short = paragraph.end - paragraph.start <= _LONGEST
        if short and (
            is_promotional(paragraph.of(text))
            or (
                after_date
                and number == 0
                and _announces_event(paragraph.of(text), text[paragraph.end :])
            )
        ):
            yield paragraph
        elif text.endswith(_ARROWS, paragraph.start, paragraph.end) and (
            link := _ARROW_LINK_AT_END.search(
                text, max(paragraph.start, paragraph.end - _LONGEST_LINK - 8), paragraph.end
            )
        ):
            yield Span(link.start("link"), paragraph.end)


def is_promotional(paragraph: str) -> bool:
    """Whether a whole paragraph is certainly promotion or navigation.

    >>> is_promotional("Sign up for our newsletter.")
    True
    >>> is_promotional("Users can sign up for the exchange until May.")
    False
    >>> is_promotional("Sign up for our newsletter, the mayor told voters.")
    False
    """
    if len(paragraph) > _LONGEST:
        return False
    line = _plain(paragraph)
    return bool(line) and (_is_furniture(line) or _is_link(line) or _is_invitation(line))


def _is_furniture(line: str) -> bool:
    return _FURNITURE.fullmatch(line.rstrip(" .!:»>→")) is not None and not _REPORTS.search(line)


def _is_link(line: str) -> bool:
    return len(line) <= _LONGEST_LINK and any(
        pattern.fullmatch(line)
        for pattern in (_ARROW_LINK, _LABELLED_LINK, _FULL_ARTICLE, _PICTURE_LINK)
    )


def _is_invitation(line: str) -> bool:
    """Whether every sentence is an invitation, or leads up to one."""
    sentences = [match.group().strip() for match in _SENTENCE.finditer(line)]
    inviting = [_invites(sentence) for sentence in sentences[:_MOST_SENTENCES]]
    return (
        len(sentences) <= _MOST_SENTENCES
        and any(inviting)
        and all(
            invites or _TEASER.fullmatch(sentence)
            for invites, sentence in zip(inviting, sentences, strict=True)
        )
    )


def _invites(sentence: str) -> bool:
    lead = _LEAD.match(sentence)
    invitation = _INVITATION.match(sentence, lead.end() if lead else 0)
    return (
        invitation is not None
        and _GOES_ON.fullmatch(sentence.rstrip(" .!"), invitation.end()) is not None
        and not _OTHER_CLAUSE.search(sentence)
        and not _REPORTS.search(sentence)
    )


def _announces_event(paragraph: str, rest: str) -> bool:
    """Whether a paragraph announces an event that the rest of the article does not mention."""
    line = _plain(paragraph)
    call = _EVENT_CALL.match(line)
    if not call or not (_EVENT_KIND.search(line) or _YEAR.search(line)) or _REPORTS.search(line):
        return False
    named = {*_NAME_WORD.findall(call["name"]), *_EVENT_KIND.findall(call["name"].lower())}
    return not any(re.search(rf"\b{re.escape(each)}\b", rest) for each in named)


def _plain(paragraph: str) -> str:
    """The paragraph without its markup: bullets, emphasis, link addresses."""
    unlinked = _MARKDOWN_LINK.sub(r"\1", paragraph.translate(_QUOTES))
    return unlinked.replace("**", "").lstrip(_BEFORE).rstrip(_AFTER)
