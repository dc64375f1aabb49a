"""Hypothesis strategies for text that breaks programs, and for articles made of it."""

from hypothesis import strategies as st

from vectorstore.types import Article, ArticleInfo, SkippedSpan

FRAGMENTS = (
    "Binance.US joined the Blockchain Association in August 2020. ",
    "It paid $1.5 million to lobbyists in Washington, D.C., said Mr. Smith of the U.S. Senate. ",
    "“He said: ‘No. 3 is ours!’” ",
    "Dr. No?! ...",
    "👩‍👩‍👧‍👦 family 🇺🇸🇩🇪 👍🏽",
    "e\u0301a\u0308o\u0302\u0323 Zalgo\u0336\u0335\u0334",
    "אבג דהו. שלום עולם!",
    "\u202eright to left\u202c \u200f\u200e",
    "مرحبا بالعالم؟ نعم.",
    "中文沒有空格的句子。第二句話！第三句？",
    "日本語の文章です。",
    "हिन्दी में एक वाक्य है।",
    "\x00",
    "\x00NUL\x00 in. the. middle\x00",
    "\r\n",
    "\r",
    "\n",
    "\n\n",
    "\n\n\n\t\n",
    "\u2028",
    "\u2029",
    "\x0b\x0c\x1c\x1d\x1e\x85",
    "\u00a0\u3000\u2003 ",
    "\ufeff\u200b\u200d\u2060",
    "\U000e0001\U0010ffff",
    "ﬁ ﬂ ß İ ǅ",
    "a" * 150,
    "x" * 10_000,
    "-" * 300,
    ". " * 40,
    "!?" * 40,
    "http://example.org/a/very/long/path?with=a&query#and-fragment ",
    "word " * 60,
    "Sentence without end and without mercy, and so on, " * 12,
)

texts = st.lists(
    st.one_of(
        st.sampled_from(FRAGMENTS),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    ),
    max_size=12,
).map("".join)
"""Any text that can be stored: no halves of surrogate pairs."""


@st.composite
def articles(draw: st.DrawFn) -> Article:
    text = draw(texts)
    places = draw(st.lists(st.integers(0, len(text)), max_size=8, unique=True).map(sorted))
    skipped = tuple(map(SkippedSpan, places[::2], places[1::2]))
    title = draw(st.one_of(st.just(""), st.sampled_from(FRAGMENTS), texts))
    return Article(ArticleInfo("nasty", title=title), text, skipped)
