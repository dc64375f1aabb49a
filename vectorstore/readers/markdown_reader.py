"""Markdown, with YAML front matter for metadata; the text is kept as written."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from vectorstore.readers.decoding import decode
from vectorstore.readers.metadata import FileMetadata, clean, file_metadata
from vectorstore.readers.parsed_article import ParsedArticle, ParseFailure, read_whole
from vectorstore.types import SkippedSpan

if TYPE_CHECKING:
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(
    r"\s*---[^\S\r\n]*(?:\r\n|\n|\r)(?P<yaml>.*?)^(?:---|\.\.\.)[^\S\r\n]*(?:\r\n|\n|\r|\Z)",
    re.DOTALL | re.MULTILINE,
)
_LONGEST_FRONT_MATTER = 1 << 16
_LINE_END = re.compile(r"\r\n|\n|\r")
# An unclosed comment or script extends to the end of the block, and counts as prose: searching for
# the end of each one again would take quadratic time.
_TAG = re.compile(
    r"<!--.*?(?:-->|(?P<unclosed>\Z))|<(script|style)\b.*?(?:</\2\s*>|(?P<open>\Z))|<[^<>]*>",
    re.DOTALL | re.IGNORECASE,
)
_LINKS_AND_PICTURES = frozenset(("link_open", "link_close", "image", "softbreak", "hardbreak"))
_BETWEEN_LINKS = frozenset(" |·•-\u2013\u2014/>»←→,")


def read_markdown(file: BinaryIO, max_bytes: int) -> Iterator[ParsedArticle | ParseFailure]:
    """One article: the whole file unchanged.

    Its front matter is skipped, and so are blocks of nothing but pictures, links or comments.
    Front matter that is not valid YAML yields no metadata, but is skipped all the same.
    """
    text = decode(read_whole(file, max_bytes))
    front = _FRONT_MATTER.match(text[:_LONGEST_FRONT_MATTER])
    fields = _front_matter(front["yaml"] if front else "")
    if front and fields is None and not _looks_like_fields(front["yaml"]):
        # Prose between two horizontal rules.
        front = None
    body = front.end() if front else 0
    heading, skipped = _outline(text, body)
    fields = fields or FileMetadata()
    yield ParsedArticle(
        text,
        replace(fields, title=fields.title or clean(heading) or ""),
        body=body,
        skipped=((SkippedSpan(0, body, "metadata"),) if front else ()) + skipped,
    )


def _front_matter(source: str) -> FileMetadata | None:
    """None when it is not a YAML mapping."""
    import yaml

    try:
        # BaseLoader keeps every value a string: `title: Yes` does not become a boolean, and a date
        # that does not exist is not an error.
        given = yaml.load(source, Loader=yaml.BaseLoader)  # noqa: S506  # it only makes strings
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    if not isinstance(given, dict):
        return None
    return file_metadata(
        {str(name).lower(): value for name, value in given.items() if value != "~"}
    )


def _looks_like_fields(source: str) -> bool:
    """Whether most lines are like `name: value`."""
    lines = [line for line in _LINE_END.split(source) if line.strip()]
    named = sum(re.match(r"\s*[\w-]+\s*:|\s*-\s|\s*#", line) is not None for line in lines)
    return 2 * named >= len(lines)


def _outline(text: str, body: int) -> tuple[str | None, tuple[SkippedSpan, ...]]:
    """The text of the first heading, and the blocks without prose."""
    from markdown_it import MarkdownIt

    # The whole text is parsed into blocks only; inline markup is parsed where it is needed.
    parser = MarkdownIt("commonmark").disable("inline")
    line_starts = [body, *(end.end() for end in _LINE_END.finditer(text, body)), len(text)]
    heading: str | None = None
    skipped: list[SkippedSpan] = []
    previous = ""
    for token in parser.parse(text[body:]):
        if token.type == "inline" and previous == "heading_open" and heading is None:
            heading = _plain(_inline(token.content))
        is_block = token.type == "html_block" or (
            token.type == "inline" and previous == "paragraph_open"
        )
        if is_block and token.map and _without_prose(token):
            first, last = token.map
            end = line_starts[min(last, len(line_starts) - 1)]
            skipped.append(SkippedSpan(line_starts[first], end, "promotional"))
        previous = token.type
    return heading, tuple(span for span in skipped if span.start < span.end)


def _without_prose(token: "Token") -> bool:
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


def _inline(content: str) -> Sequence["Token"]:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").parseInline(content[:5_000])[0].children or ()


def _plain(parts: Sequence["Token"]) -> str:
    return "".join(" " if part.type == "softbreak" else part.content for part in parts)
