"""Bytes to text, whatever their encoding."""

import codecs

from vectorstore.readers.parsed_article import UnreadableFileError

# Longer marks first: UTF-32's begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

# The encodings that articles are found in. Given its full list, the detector mistakes short text in
# Windows-1252 for an encoding that nobody uses.
_DETECTED = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"]
_DETECTED += ["koi8_r", "cp932", "euc_jp", "gb18030", "big5", "cp949"]

# The encodings that pages really use, by the ones they declare
# (https://encoding.spec.whatwg.org/#names-and-labels).
_DECLARED = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "koi8-r": "koi8_r",
}

_UNKNOWN = "It is not text in any known encoding. Save it as UTF-8."
_BROKEN = "It begins like {}, but is not valid at byte {:,}. Save it as UTF-8."

_SAMPLE_BYTES = 1 << 16
_WHOLE_CHARACTERS_PER_BROKEN_ONE = 10


def decode(data: bytes, declared: str | None = None) -> str:
    """The text of `data` without its byte order mark; nothing else is changed.

    Tries in turn the encoding of its mark, UTF-16 without a mark, UTF-8, UTF-8 with a few broken
    characters (each becomes U+FFFD), the declared encoding, and the detected one. Raises
    UnreadableFileError if none of them fits.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _decode_marked(data[len(mark) :], encoding)
    if encoding_without_mark := _utf16_without_mark(data):
        return data.decode(encoding_without_mark)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        first_bad = error.start
    text = data.decode("utf-8", "replace")
    if _mostly_whole(text):
        return text
    for candidate in (_known(declared), _detect(data, first_bad)):
        if candidate is None:
            continue
        try:
            return data.decode(candidate)
        except UnicodeDecodeError:
            continue
    raise UnreadableFileError(_UNKNOWN)


def _decode_marked(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableFileError(_BROKEN.format(encoding.upper(), error.start)) from error


def _utf16_without_mark(data: bytes) -> str | None:
    """The encoding of mostly ASCII text in UTF-16, where every other byte is zero."""
    for zero_at, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
        zeros, others = data[zero_at::2], data[1 - zero_at :: 2]
        if (
            len(data) % 2
            or len(data) < 8
            or others.count(0)
            or 10 * zeros.count(0) < 7 * len(zeros)
        ):
            continue
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return None


def _mostly_whole(text: str) -> bool:
    """Whether text decoded as UTF-8 really is UTF-8, with only a few characters broken."""
    broken = text.count("\ufffd")
    whole = len(text.encode("utf-8")) - len(text) - 2 * broken
    return whole >= _WHOLE_CHARACTERS_PER_BROKEN_ONE * broken


def _known(declared: str | None) -> str | None:
    """The codec for a declared encoding, if articles are written in it."""
    try:
        name = codecs.lookup(declared).name if declared else ""
    except (LookupError, ValueError):
        return None
    name = _DECLARED.get(name, name)
    return name if name in _DETECTED else None


def _detect(data: bytes, first_bad: int) -> str | None:
    """The encoding detected from the bytes around the first that is not UTF-8."""
    from charset_normalizer import from_bytes

    start = data.rfind(b"\n", 0, first_bad) + 1
    start = max(start, first_bad - _SAMPLE_BYTES // 2)
    matches = list(from_bytes(data[start : start + _SAMPLE_BYTES], cp_isolation=_DETECTED))
    if not matches:
        return None
    # Latin encodings that fit equally well differ in a few letters: take the most common one.
    likely = [m.encoding for m in matches if m.chaos <= matches[0].chaos]
    return "cp1252" if "cp1252" in likely else likely[0]
