"""JSON Lines, one article per line; and JSON, one article or a list of them."""

import codecs
import json
from collections.abc import Iterator
from typing import BinaryIO

from vectorstore.readers.decoding import decode
from vectorstore.readers.metadata import file_metadata
from vectorstore.readers.parsed_article import (
    ParsedArticle,
    ParseFailure,
    UnreadableFileError,
    read_whole,
    too_long,
)

_NOT_UTF8 = "It is not UTF-8, as JSON has to be, at byte {:,}. Save it as UTF-8."
_TOO_DEEP = "It is nested too deeply to be an article."
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def read_json_lines(file: BinaryIO, max_bytes: int) -> Iterator[ParsedArticle | ParseFailure]:
    """One article per line. The limit applies to a line; the file may be longer."""
    for number, line in _lines(file, max_bytes):
        if isinstance(line, ParseFailure):
            yield line
        elif line.strip():
            yield _read_line(line, number)


def read_json(file: BinaryIO, max_bytes: int) -> Iterator[ParsedArticle | ParseFailure]:
    """One article, or a list of them."""
    try:
        value = json.loads(decode(read_whole(file, max_bytes)))
    except (ValueError, RecursionError) as error:
        raise UnreadableFileError(_not_json(error)) from error
    if isinstance(value, list):
        yield from (parse_object(item, number) for number, item in enumerate(value, 1))
    else:
        yield parse_object(value, None)


def parse_object(value: object, part: int | None) -> ParsedArticle | ParseFailure:
    """The article in a JSON object: `text`, and whatever metadata it has."""
    if not isinstance(value, dict):
        return ParseFailure("It is not a JSON object with the article's `text`.", part)
    text = value.get("text")
    if not isinstance(text, str):
        return ParseFailure("It has no `text`, a string with the article's text.", part)
    return ParsedArticle(text, file_metadata(value), part=part)


def _lines(file: BinaryIO, max_bytes: int) -> Iterator[tuple[int, bytes | ParseFailure]]:
    """Each line with its number, from 1; a ParseFailure for one longer than `max_bytes`."""
    in_utf16 = file.read(2) in _UTF16
    file.seek(0)
    if in_utf16:
        text = decode(read_whole(file, max_bytes))
        yield from enumerate(text.encode("utf-8", "surrogatepass").split(b"\n"), 1)
        return
    number = 0
    while line := file.readline(max_bytes + 1):
        number += 1
        if len(line) <= max_bytes or line.endswith(b"\n"):
            yield number, line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
            continue
        yield number, ParseFailure(too_long(max_bytes), number)
        while (rest := file.readline(1 << 20)) and not rest.endswith(b"\n"):
            pass


def _read_line(line: bytes, number: int) -> ParsedArticle | ParseFailure:
    try:
        return parse_object(json.loads(line.rstrip(b"\r\n").decode("utf-8")), number)
    except UnicodeDecodeError as error:
        return ParseFailure(_NOT_UTF8.format(error.start), number)
    except (ValueError, RecursionError) as error:
        return ParseFailure(_not_json(error), number)


def _not_json(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        line = f"line {error.lineno:,}, " if error.lineno > 1 else ""
        return f"It is not JSON at {line}column {error.colno:,}: {error.msg}."
    return _TOO_DEEP if isinstance(error, RecursionError) else f"It is not JSON: {error}."
