"""Markdown: YAML front matter for metadata; the text stays as it is written."""

import re
from collections.abc import Iterator, Sequence
from typing import BinaryIO

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from vectorstore.readers.decoding import decode
from vectorstore.readers.metadata import ReadMetadata, clean, read_fields
from vectorstore.readers.parsed_article import ParsedArticle, ReadFailure, read_whole
from vectorstore.types import Span

_FRONT_MATTER = re.compile(
    r"\s*---[^\S\r\n]*(?:\r\n|\n|\r)(?P<yaml>.*?)^(?:---|\.\.\.)[^\S\r\n]*(?:\r\n|\n|\r|\Z)",
    re.DOTALL | re.MULTILINE,
)
_LONGEST_FRONT_MATTER = 1 << 16
_LINE_END = re.compile(r"\r\n|\n|\r")
# An unclosed comment or script is taken to the end of the block, as prose: to look for the end of
# each one anew would take quadratic time.
_TAG = re.compile(
    r"<!--.*?(?:-->|(?P<unclosed>\Z))|<(script|style)\b.*?(?:</\2\s*>|(?P<open>\Z))|<[^<>]*>",
    re.DOTALL | re.IGNORECASE,
)
_LINKS_AND_PICTURES = frozenset(("link_open", "link_close", "image", "softbreak", "hardbreak"))
_BETWEEN_LINKS = frozenset(" |·•-\u2013\u2014/>»←→,")


def read_markdown(file: BinaryIO, max_bytes: int) -> Iterator[ParsedArticle | ReadFailure]:
    """One article: the whole file as it is.

    Skipped are its front matter, and blocks that are only pictures, links or comments. Front matter
    that is not YAML tells nothing, but is no prose either.
    """
    text = decode(read_whole(file, max_bytes))
    front = _FRONT_MATTER.match(text[:_LONGEST_FRONT_MATTER])
    fields = _front_matter(front["yaml"] if front else "")
    if front and fields is None and not _looks_like_fields(front["yaml"]):
        # Two rules with prose between them.
        front = None
    body = front.end() if front else 0
    heading, skipped = _outline(text, body)
    fields = fields or read_fields({})
    yield ParsedArticle(
        text,
        body=body,
        skipped=((Span(0, body),) if front else ()) + skipped,
        id=fields.id,
        title=fields.title or clean(heading),
        published=fields.published,
        source=fields.source,
        author=fields.author,
        url=fields.url,
    )


def _front_matter(source: str) -> ReadMetadata | None:
    """None when it is not a YAML mapping."""
    try:
        # BaseLoader leaves every value the string that it is written as: no surprise
        # is made of `title: Yes`, nor an error of a day that does not exist.
        given = yaml.load(source, Loader=yaml.BaseLoader)  # noqa: S506  # it makes strings only
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    if not isinstance(given, dict):
        return None
    return read_fields({str(name).lower(): value for name, value in given.items() if value != "~"})


def _looks_like_fields(source: str) -> bool:
    """Whether most lines are like `name: value`."""
    lines = [line for line in _LINE_END.split(source) if line.strip()]
    named = sum(re.match(r"\s*[\w-]+\s*:|\s*-\s|\s*#", line) is not None for line in lines)
    return 2 * named >= len(lines)


def _outline(text: str, body: int) -> tuple[str | None, tuple[Span, ...]]:
    """The words of the first heading, and the blocks without prose."""
    # Blocks are all that is needed of the whole text; what is inside a line only of a few.
    parser = MarkdownIt("commonmark").disable("inline")
    line_starts = [body, *(end.end() for end in _LINE_END.finditer(text, body)), len(text)]
    heading: str | None = None
    skipped: list[Span] = []
    previous = ""
    for token in parser.parse(text[body:]):
        if token.type == "inline" and previous == "heading_open" and heading is None:
            heading = _plain(_inline(token.content))
        is_block = token.type == "html_block" or (
            token.type == "inline" and previous == "paragraph_open"
        )
        if is_block and token.map and _without_prose(token):
            first, last = token.map
            skipped.append(Span(line_starts[first], line_starts[min(last, len(line_starts) - 1)]))
        previous = token.type
    return heading, tuple(span for span in skipped if span.start < span.end)


def _without_prose(token: Token) -> bool:
    if token.type == "html_block":
        return not _TAG.sub(lambda tag: tag[0] if tag.lastgroup else "", token.content).strip()
    if not token.content.startswith(("[", "!", "<", "*", "-", "|")) or len(token.content) > 5_000:
        return False
    depth, found = 0, False
    for part in _inline(token.content):
        depth += part.nesting if part.type.startswith("link_") else 0
        found = found or part.type in ("image", "link_open")
        if part.type in _LINKS_AND_PICTURES or (depth and part.type == "text"):
            continue
        if part.type != "text" or not _BETWEEN_LINKS.issuperset(part.content):
            return False
    return found


def _inline(content: str) -> Sequence[Token]:
    return MarkdownIt("commonmark").parseInline(content[:5_000])[0].children or ()


def _plain(parts: Sequence[Token]) -> str:
    return "".join(" " if part.type == "softbreak" else part.content for part in parts)
