"""Which lines sell or navigate instead of telling.

Prose that merely speaks of signing up or subscribing must not be marked, so a line has to look like
promotion in two ways: it is short and begins by telling the reader to do something, and it says
something that only a publisher says of itself. Nothing that reports what someone said is marked.
"""

import re
from collections.abc import Iterator, Sequence

from vectorstore.types import Span

_LONGEST = 400
_LONGEST_LINK = 160
_MOST_SENTENCES = 4


def _any(*alternatives: str) -> re.Pattern[str]:
    return re.compile("(?:" + "|".join(alternatives) + ")", re.IGNORECASE)


_PLACES = (
    r"(?:twitter|x|facebook|instagram|linkedin|telegram|youtube|tiktok|threads|mastodon|bluesky"
    r"|discord|reddit|whatsapp|google news|apple news|medium)"
)

# A whole line that is furniture of a page.
_FURNITURE = _any(
    r"advertis(?:e?ment|ing)s?(?: -.*)?",
    r"(?:sponsored|paid|promoted|partner)(?: (?:content|post|links?))?",
    r"(?:this )?(?:story|article) continues (?:below|after)(?: (?:the )?(?:advertisement|ad"
    r"|video))?",
    r"(?:scroll|keep scrolling) (?:down )?(?:to continue|for more).*",
    r"(?:click (?:here )?to )?share(?: this)?(?: (?:article|story|post|page))?(?: (?:on|via"
    r"|with) .{1,40})?",
    r"share (?:on|via) .{1,60}",
    r"(?:tweet|email|e-mail|print|save|bookmark)(?: this)?(?: (?:article|story|post|page))?",
    r"(?:read|see|show|load|view|learn|find out|discover) (?:more|all|next|full (?:story|article"
    r"|bio))",
    r"(?:continue|keep) reading",
    r"(?:sign up|sign in|log in|log ?out|subscribe|register|follow|submit|newsletters?"
    r"|donate)(?: now| today| here)?",
    r"(?:skip to|back to|jump to|go to) (?:main |the )?(?:content|top|navigation|homepage|home"
    r"|comments)",
    r"(?:related|recommended|popular|trending|top|latest|more)(?: (?:articles?|stories|posts?"
    r"|news|reading|coverage|videos?|topics|content))(?: for you)?",
    r"(?:most (?:read|popular|viewed|shared)|you (?:may|might) (?:also )?(?:like"
    r"|be interested in)|recommended for you|editors?' (?:picks?|choice)|up next"
    r"|what to read next|don't miss)",
    r"(?:leave|post|write|add) a (?:comment|reply)",
    r"(?:\d+ )?comments? (?:are closed|off)",
    r"(?:previous|next) (?:article|post|story)(?:: .*)?",
    r"(?:terms (?:of (?:use|service)|and conditions)|privacy policy|cookie policy|contact us"
    r"|about us|all rights reserved)(?:\s*[|·•-]\s*(?:terms (?:of (?:use|service)"
    r"|and conditions)|privacy policy|cookie policy|contact us|about us|all rights reserved))*",
    r"(?:copyright )?(?:©|\(c\)|copyright)\s*(?:©|\(c\))?\s*\d{4}.{0,160}",
    r".{0,160}\ball rights reserved\b.{0,120}",
)

# How a publisher speaks of an article that stands elsewhere as well.
_PROVENANCE = _any(
    r"this (?:article|story|post|piece|column|essay|interview|report|item|analysis|op-ed"
    r"|commentary|content)"
    r" (?:was |is |has been )?(?:(?:originally|first|previously|also) )?(?:was )?(?:published"
    r"|appeared|appears|posted|printed|republished|syndicated|adapted|reprinted|ran)"
    r" (?:in|on|at|by|from|here|with|as part of|under)\b",
    r"(?:this (?:article|story|post|piece) )?(?:originally|first) (?:published|appeared"
    r"|posted) (?:in|on|at|by)\b",
    r"(?:re)?(?:printed|published|posted) with (?:the )?permission",
    r"(?:see|read|view) (?:the )?(?:full|original|complete|rest of (?:the|this)) (?:article"
    r"|story|post|version|report|interview)\b",
)

# A line that tells the reader to do something.
_IMPERATIVE = _any(
    r"(?:please )?(?:don't|do not|never) (?:miss|forget)\b",
    r"(?:please )?(?:be sure|make sure|remember) to\b",
    r"(?:please )?(?:sign[- ]?up|subscribe|register|enroll|rsvp|log in|sign in|join|follow|like"
    r"|find|connect with|click|tap|scan|swipe)\b",
    r"(?:please )?(?:download|install|get|grab|claim|receive|enjoy|save|buy|order|shop|purchase"
    r"|book|reserve|pre-?order|try|start|upgrade|unlock|redeem|enter|win|use)\b",
    r"(?:please )?(?:donate|support|become|give|help us|consider)\b",
    r"(?:please )?(?:read|see|watch|view|listen|hear|check out|visit|explore|discover|learn"
    r"|find out|browse|catch|tune in|stream|head (?:over )?to|go to|look for|take a look|stay)\b",
    r"(?:please )?(?:share|tweet|post|tell us|let us know|send|submit|e-?mail|write to|contact"
    r"|comment|leave|vote|take (?:our|the|this))\b",
    r"(?:want|looking for|interested in|enjoy(?:ed|ing)?|like(?:d)?|love|loving|need|ready (?:to"
    r"|for)|already an?|not an?|have|do you|did you|what do you|got)\b.{0,120}\?",
    r"(?:for|to (?:read|get|see|receive|learn|subscribe|sign up|find out|register|join|comment"
    r"|hear|listen|watch)) .{0,100}?,?\s(?:visit|follow|subscribe|sign up|click|tap|check out"
    r"|go to|download|register|join|see our|read our)\b",
    r"(?:if you (?:like|liked|enjoy|enjoyed|love|loved|want|would like)"
    r"|you can (?:also )?(?:follow|find|subscribe|sign up|listen|reach|read|support|watch)"
    r"|thank(?:s| you) for (?:reading|watching|listening|subscribing|signing up|visiting))\b",
    r"our .{0,30}?(?:newsletter|podcast|app) (?:is|are|brings|delivers|has|lets)\b",
    r"(?:never|not) miss an?\b",
    r"(?:limited[- ]time|special|exclusive|introductory|black friday|cyber monday) (?:offer|deal"
    r"|discount|sale)\b",
    r"(?:tickets?|registration) (?:is|are) (?:now )?(?:available|open|on sale|going fast"
    r"|selling)\b",
    r"(?:coming soon|new|now available|out now|just (?:in|released))[:!]",
)

# Such a line that hardly begins prose.
_CALL = _any(
    r"(?:please )?(?:(?:don't|never) miss|sign up (?:for|to)|subscribe to|register for|enroll in"
    r"|rsvp|join us)\b"
)

# What only one says who sells, runs a list, or speaks for the page.
_PITCH = _any(
    r"\b(?:our|this|the|a|free|daily|weekly|monthly|morning|evening|\w+'s)(?: [\w&'-]+){0,4}"
    r" (?:newsletters?|mailing list|e-?newsletter|digest|bulletin|round-?up)\b",
    r"\bnewsletter\b.{0,40}\b(?:here|today|now|free)\b",
    r"\b(?:your|in|to) (?:e-?mail |mail)?in-?box\b",
    r"\b(?:unlimited|full|premium|instant|exclusive|free|early|vip) (?:digital )?access\b",
    r"\b(?:must-(?:attend|read|see|watch|have)|early[- ]bird|risk[- ]free|free trial"
    r"|free issues?|trial issues|money-back|promo(?:tional)? code|discount code|coupon)\b",
    r"\b(?:follow|like|join|find|visit|email|e-mail|write(?: to)?|contact|tell|send|support"
    r"|connect with|to) us\b",
    r"\blet us know\b|\b(?:share|submit|post|send|leave|add|give|tell) (?:us )?your\b",
    r"\bour (?:app|apps|podcasts?|channel|website|site|community|readers|subscribers|store|shop"
    r"|coverage|guide|journalism|newsroom|work|reporting|reports?|events?|webinars?|patreon"
    r"|discord|group|page|team|experts?|free|best|latest|daily|weekly|award)\b",
    rf"\b(?:us|me|@\w+|our|[A-Z][\w.]+(?: [A-Z][\w.]+){{0,3}}) on (?:our )?{_PLACES}\b",
    r"@\w{3,}",
    r"\b(?:click|tap|press) (?:here|below|now|the (?:link|button|bell))\b|\b(?:link"
    r"|button) (?:below|above|in (?:the|our) bio)\b|\bhere (?:now|today)\b|\bclick here\b",
    r"\b(?:right|straight|direct(?:ly)?|delivered) to your\b",
    r"\b(?:comments? (?:section )?below|in the comments|sound off|box below)\b",
    r"\b(?:get|buy|book|grab|claim|reserve|secure|order|save|start|redeem|renew|manage|create"
    r"|choose|join|access|unlock|begin|use|in) your (?:free |own )?(?:tickets?|copy|spot|seat"
    r"|place|subscription|trial|account|pass|discount|membership|gift|app|podcast)\b",
    r"\b(?:become an?|as an?) (?:(?:paid|premium|paying|founding|\w+) )?(?:member|subscriber"
    r"|patron|supporter|insider|contributor)\b",
    r"\b(?:already|not) an? (?:\w+ )?(?:subscriber|member)\b",
    r"\b(?:up to )?\d+% off\b|\bsave (?:up to )?(?:\d+%|[$£€]\d+)",
    r"\bto win\b.{0,60}\b(?:giveaway|prizes?|contest|tickets?|makeover|sweepstakes?|gift card)\b"
    r"|\b(?:giveaway|sweepstakes?)\b",
    r"\bwherever you (?:get|listen to|find) (?:your )?podcasts\b|\bon (?:apple podcasts|spotify"
    r"|the app store|google play)\b|\bfrom the app store\b",
    r"\b(?:the latest|breaking|more|daily|top|instant|real-time) (?:\w+ ){0,3}(?:news|updates"
    r"|headlines|stories|alerts|insights|analysis|content|articles)\b.{0,60}\b(?:daily|inbox"
    r"|follow|subscribe|sign up|visit|app|here|today|on twitter|on facebook)\b",
    r"\b(?:for|with|of) (?:the )?(?:latest|breaking|more|daily) (?:\w+ ){0,3}(?:news|updates"
    r"|headlines|alerts)\b",
    r"\b(?:stay|keep) (?:up[- ]to[- ]date|informed|connected|in the loop|ahead of)\b"
    r"|\bstay tuned for (?:more|our)\b",
    r"\b(?:conference|festival|summit|webinar|expo|meetup)\b.{0,120}\b(?:register|tickets?"
    r"|experience|of the year|join|this (?:january|february|march|april|may|june|july|august"
    r"|september|october|november|december|spring|summer|fall|autumn|winter|week|month))\b",
    r"\bjoin (?:the (?:conversation|discussion|debate|community)|our|thousands|millions|over \d)\b",
    r"\b(?:today|now) (?:and|to) (?:get|save|receive|start|enjoy|support|read|unlock)\b"
    r"|\b(?:for free|free of charge|cancel any ?time|no credit card|at no cost)\b.{0,40}[.!]?$",
    r"\b(?:subscribe|subscribing|sign up|register|donate|join|order|shop|buy|book)(?: (?:now"
    r"|today|here|free))+\b[.!»]?",
    r"\b(?:this|the) (?:article|story|post|video|episode)\?",
    r"\bsee more (?:of our|from)\b",
    r"\b(?:independent|quality|public-service|nonprofit|local) journalism\b",
)

# A label and what it points to.
_LABEL = _any(
    r"(?:(?:also |please )?read (?:more|next|also|the (?:full|original) (?:story|article"
    r"|report))?|see also|also read|related(?: (?:articles?|stories|story|news|reading|coverage"
    r"|content|posts?|links?|topics))?|recommended(?: (?:reading|articles?|stories))?"
    r"|more (?:on this|from|stories|news|coverage)(?: [\w.' ]{1,30})?|most (?:read|popular)"
    r"|further reading|trending(?: now)?|top stories|(?:watch|listen)(?: (?:now|live|more"
    r"|here))?|up next|in case you missed it|icymi|what to read next|don't miss|editors?' picks?"
    r"|you (?:may|might) also like|read more (?:about|on|at|from))"
    r"\s*(?::|\||»|>>|→|--|\u2013|\u2014)\s*\S.*",
)
_READ_MORE = _any(
    r"(?:read|see|find|learn|discover|watch|hear|explore) more (?:about|on|at|from|in|of|here"
    r"|stories|articles|coverage|photos|videos?)\b[^.]*[.!»]?",
)

# A link that a page leaves behind in plain text: "Watch the debate »".
_ARROWS = ("»", "\u203a", ">>", "→", "▶", "►", "».")
_ARROW = r"(?:»|\u203a|>>|→|▶|►)"
_LINK_VERB = (
    r"(?:Watch|See|View|Read|Listen|Learn|Find|Hear|Check out|Explore|Take|Look|Browse|Get|Go|Map"
    r"|Photos?|Video|Gallery|Interactive|Timeline|Background|More|Discover|Reaction|Full|Click)"
)
_LINK = re.compile(rf"{_LINK_VERB}\b[^«\n]{{1,{_LONGEST_LINK}}}?{_ARROW}[\s.]*")
_LINK_AT_END = re.compile(
    r"(?<=[.!?:\"\u201d\u2019')])\s{1,4}"
    rf"(?P<link>{_LINK_VERB}\b[^«.!?\n]{{1,{_LONGEST_LINK}}}{_ARROW})[\s.]*\Z"
)
# The same without the arrow, pointing at what a page has beside its text.
_POINTER = re.compile(
    r"(?:Watch|See|View|Read|Share|Hear|Browse|Look at|Check out|Send)\b"
    r" (?:(?:the|our|your|more|all|some|local|full|latest|these|his|her|their|shocking|exclusive"
    r"|iReport) )*"
    r"(?:video|photos?|images?|pictures?|gallery|slide ?show|coverage|map|timeline|iReport"
    r"|graphic|transcript|footage)s?\b[^.!?;]{0,80}[.!]?",
    re.IGNORECASE,
)
# The reader's opinion asked for, with nothing told after it; and where it is to be left.
_PLEA = re.compile(
    r"(?:\A|[.!?:]\s+)(?:please )?"
    r"(?:let us know|tell us|send us|leave a comment|share your (?:thoughts|views?|story|stories"
    r"|comments?|experiences?|opinions?))\b(?:(?![.!?]\s).){0,120}(?:[.!?] e-?mail.{0,80})?\Z",
    re.IGNORECASE | re.DOTALL,
)
_PLEA_PLACE = re.compile(
    r"\b(?:below|in the comments|comments section|sound off|on (?:our )?(?:facebook|twitter)"
    r"|e-?mail us|hashtag)\b|@\w+",
    re.IGNORECASE,
)

_REPORTS = re.compile(
    r"\b(?:said|says|told|added|wrote|writes|announced|reported|warned|urged"
    r"|according to|he|she|him|was|were|had|would|has been|have been)\b",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?][\"'\u201d\u2019)]*\s")
_QUOTES = str.maketrans("\u2018\u2019\u201c\u201d", "''\"\"")
_BEFORE = " \t\r\n>*_-•\u2013\u2014→►▶»|[(#✉📧👉➡️🔔:"
_AFTER = " \t\r\n*_|])"


def promotional_spans(
    text: str, paragraphs: Sequence[Span], *, likely: Span | None = None
) -> tuple[Span, ...]:
    """The paragraphs that promote or navigate, in order, and the links at the end of others.

    Of `likely`, a paragraph in a place where promotion is usual, less evidence is asked.
    """
    return tuple(_promotional(text, paragraphs, likely))


def _promotional(text: str, paragraphs: Sequence[Span], likely: Span | None) -> Iterator[Span]:
    for paragraph in paragraphs:
        length = paragraph.end - paragraph.start
        if length <= _LONGEST and is_promotional(paragraph.of(text), likely=paragraph == likely):
            yield paragraph
        elif text.endswith(_ARROWS, paragraph.start, paragraph.end) and (
            link := _LINK_AT_END.search(
                text, max(paragraph.start, paragraph.end - _LONGEST_LINK - 8), paragraph.end
            )
        ):
            yield Span(link.start("link"), paragraph.end)


def _asks_opinion(line: str) -> bool:
    plea = _PLEA.search(line)
    return bool(plea and plea.start() <= 200 and _PLEA_PLACE.search(line, plea.start()))


def is_promotional(paragraph: str, *, likely: bool = False) -> bool:
    """Whether a paragraph as a whole promotes or navigates.

    >>> is_promotional("Sign up for our newsletter.")
    True
    >>> is_promotional("Users can sign up for the exchange until May.")
    False
    """
    line = paragraph.translate(_QUOTES).lstrip(_BEFORE).rstrip(_AFTER)
    if not line or len(line) > _LONGEST:
        return False
    if _FURNITURE.fullmatch(line.rstrip(" .!:»>→")) or _PROVENANCE.match(line):
        return True
    # In the middle of a sentence, or in someone's mouth.
    if line[0].islower() or line[0] in "\"'«":
        return False
    if len(line) <= _LONGEST_LINK and (
        _LINK.fullmatch(line) or _LABEL.fullmatch(line) or _READ_MORE.fullmatch(line)
    ):
        return True
    beside = _POINTER.fullmatch(line) or _asks_opinion(line)
    told = _IMPERATIVE.match(line)
    if not (beside or told or likely):
        return False
    if _REPORTS.search(line) or len(_SENTENCE_END.findall(line)) >= _MOST_SENTENCES:
        return False
    if beside or (likely and _CALL.match(line)):
        return True
    # The costly question last, of the few lines that get here.
    return len(_PITCH.findall(line)) > (0 if told else 1)
