"""Mail: single messages (EML), mailboxes (MBOX), and pages saved as mail (MHTML)."""

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import parseaddr
from typing import BinaryIO

from vectorstore.readers.containers.media_types import suffix_of_media
from vectorstore.readers.decoding import decode
from vectorstore.readers.files import relative_name
from vectorstore.readers.html_reader import read_html
from vectorstore.readers.metadata import FileMetadata, at_address, clean, web_address
from vectorstore.readers.parsed_article import (
    Attachment,
    ParsedArticle,
    ParseFailure,
    UnreadableFileError,
    read_whole,
    too_long,
)
from vectorstore.readers.plain_html import plain_text
from vectorstore.readers.publication_date import parse_published

MailItem = ParsedArticle | ParseFailure | Attachment

_MOST_PARTS = 1_000
_NO_TEXT = "The message has no text, nor attachments, only pictures."
_NOT_MAIL = "It is not a mail message: it has neither a sender nor a subject."
_NOT_MBOX = 'It is not a mailbox: it does not begin with a line "From ".'
_NO_PAGE = "It holds no page. Save the page again, as a single file or as HTML."
_DAMAGED = "Its headers or parts are malformed, and cannot be read. Save its text, and add that."

_SIGNATURES = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)


def read_eml(file: BinaryIO, max_bytes: int) -> Iterator[MailItem]:
    """The text of the message as an article, then its attachments."""
    yield from _message(read_whole(file, max_bytes), None)


def read_mbox(file: BinaryIO, max_bytes: int) -> Iterator[MailItem]:
    """Each message as in `read_eml`. The limit applies to a message; the mailbox may be larger."""
    # The standard library's reader takes a path, and reads the whole mailbox first.
    if not file.read(5) == b"From ":
        raise UnreadableFileError(_NOT_MBOX)
    file.seek(0)
    for number, message in enumerate(_messages(file, max_bytes), 1):
        if message is None:
            yield ParseFailure(too_long(max_bytes), number)
        else:
            yield from _message(message, number)


def read_mhtml(file: BinaryIO, max_bytes: int) -> Iterator[ParsedArticle | ParseFailure]:
    """One article: the saved page, at the address that the file states."""
    data = read_whole(file, max_bytes)
    try:
        saved = _saved_page(data)
    except Exception as error:  # as in `_message`
        raise UnreadableFileError(_DAMAGED) from error
    if saved is None:
        raise UnreadableFileError(_NO_PAGE)
    page, address = saved
    for parsed in read_html(io.BytesIO(page), max_bytes):
        if isinstance(parsed, ParsedArticle) and address:
            yield replace(parsed, about=at_address(parsed.about, address))
        else:
            yield parsed


def _saved_page(data: bytes) -> tuple[bytes, str | None] | None:
    """The first page in an MHTML file and the address it was saved from; None if it has no page."""
    saved = _parse(data)
    page = next((part for part in _parts(saved) if part.get_content_type() == "text/html"), None)
    if page is None:
        return None
    address = saved.get("Snapshot-Content-Location") or page.get("Content-Location") or ""
    return _payload(page), web_address(address)


def _messages(file: BinaryIO, max_bytes: int) -> Iterator[bytes | None]:
    """The messages in a mailbox; None for one that is too long."""
    lines: list[bytes] = []
    size, blank = 0, True
    for line in iter(lambda: file.readline(max_bytes + 1), b""):
        if blank and line.startswith(b"From "):
            if size:
                yield b"".join(lines) if size <= max_bytes else None
            lines, size = [], 0
        else:
            size += len(line)
            if size <= max_bytes:
                # Lines in a message that look like the start of another are quoted.
                quoted = line.startswith(b">") and line.lstrip(b">").startswith(b"From ")
                lines.append(line[1:] if quoted else line)
            else:
                lines.clear()
        blank = line in (b"\n", b"\r\n")
    if size:
        yield b"".join(lines) if size <= max_bytes else None


def _message(data: bytes, part: int | None) -> Iterator[MailItem]:
    try:
        yield from _items(data, part)
    except Exception:  # noqa: BLE001  # parsing a malformed message may fail anywhere
        yield ParseFailure(_DAMAGED, part)


def _items(data: bytes, part: int | None) -> Iterator[MailItem]:
    """The text of a message, then its attachments; all are parsed before the first is yielded."""
    message = _parse(data)
    subject, sender = _header(message, "Subject"), _header(message, "From")
    if not (subject or sender):
        yield ParseFailure(_NOT_MAIL, part)
        return
    name, address = parseaddr(sender or "")
    list_name = (_header(message, "List-Id") or "").partition("<")[0].strip(' "')
    about = FileMetadata(
        id=clean((_header(message, "Message-ID") or "").strip("<> ")),
        title=subject or "",
        published=parse_published(_header(message, "Date")),
        source=list_name or None,
        author=clean(name) or clean(address),
        url=web_address((_header(message, "Archived-At") or "").strip("<> ")),
    )
    text = _text(message)
    attached = list(_attachments(message, about, part))
    if text.strip():
        yield ParsedArticle(text, about, part=part)
    elif not attached:
        yield ParseFailure(_NO_TEXT, part)
    yield from attached


def _attachments(
    message: EmailMessage, about: FileMetadata, part: int | None
) -> Iterator[Attachment]:
    """The attached files and messages. Those with the same name are numbered."""
    names: Counter[str] = Counter()
    for each in _parts(message):
        is_message = each.get_content_type() == "message/rfc822"
        if not (is_message or each.is_attachment()) or each.get_content_type() in _SIGNATURES:
            continue
        suffix = suffix_of_media(each.get_content_type(), "") or ""
        name = (relative_name(_filename(each) or "") or "").rpartition("/")[2]
        name = name or f"attachment{suffix}"
        if is_message and not name.lower().endswith(".eml"):
            name += ".eml"
        names[name] += 1
        if names[name] > 1:
            name = f"{names[name]}-{name}"
        data = _attached_message(each) if is_message else _payload(each)
        yield Attachment(name, data, about, part)


def _filename(part: EmailMessage) -> str | None:
    try:
        return part.get_filename()
    except Exception:  # noqa: BLE001  # as in `_header`
        return None


def _attached_message(part: EmailMessage) -> bytes:
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload else None
    return inner.as_bytes() if isinstance(inner, Message) else b""


def _parse(data: bytes) -> EmailMessage:
    return message_from_bytes(data, EmailMessage, policy=policy.default)


def _header(message: EmailMessage, name: str) -> str | None:
    try:
        value = message.get(name)
    except Exception:  # noqa: BLE001  # parsing malformed headers may fail anywhere
        return None
    return None if value is None else clean(str(value))


def _text(message: EmailMessage) -> str:
    """The plain text, or the text of the HTML if the plain text is only a stand-in for it."""
    plain = html = ""
    for part in _parts(message):
        if part.is_attachment():
            continue
        if part.get_content_type() == "text/plain" and not plain:
            plain = _decoded(part).replace("\r\n", "\n")
        elif part.get_content_type() == "text/html" and not html:
            html = plain_text(_decoded(part))
    return plain if 2 * len(plain.split()) > len(html.split()) else html


def _parts(message: EmailMessage) -> Iterator[EmailMessage]:
    """The parts that have content, without those of attached messages."""
    left: list[EmailMessage] = [message]
    for _ in range(_MOST_PARTS):
        if not left:
            return
        part = left.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            left += reversed(part.get_payload())  # type: ignore[arg-type]  # it is a list
        else:
            yield part


def _payload(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _decoded(part: EmailMessage) -> str:
    try:
        return decode(_payload(part), part.get_content_charset())
    except UnreadableFileError:
        return ""
