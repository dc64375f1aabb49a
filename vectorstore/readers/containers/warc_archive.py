"""Web archives (WARC), as crawlers and the Wayback Machine write them."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO

from vectorstore.readers.containers.expansion import Expansion, Member, TooMuchExpanded, Wanted
from vectorstore.readers.containers.media_types import suffix_of_media
from vectorstore.readers.metadata import web_address
from vectorstore.readers.parsed_article import Unreadable, UnreadableFileError

if TYPE_CHECKING:
    from warcio.recordloader import ArcWarcRecord

_DAMAGED = (
    "It is not a complete web archive: it was cut off or damaged after {:,} records. Those before"
    " were read. Copy it again."
)


def members_of_warc(
    file: BinaryIO, wanted: Wanted, expansion: Expansion
) -> Iterator[Member | Unreadable]:
    """The pages and documents served with status 200, at their addresses."""
    from warcio.archiveiterator import ArchiveIterator

    number, record = 0, None
    try:
        for record in ArchiveIterator(file):
            number += 1
            expansion.count_member()
            address = web_address(record.rec_headers.get_header("WARC-Target-URI"))
            suffix = None if address is None else _suffix(record, address)
            if address is None or suffix is None or wanted(f"a{suffix}") is None:
                continue
            try:
                data = expansion.read(record.content_stream())
                if _is_cut_off(record):
                    break
                yield Member(address, suffix, data, address)
            except TooMuchExpanded:
                raise
            except UnreadableFileError as fault:
                yield Unreadable(address, str(fault))
    except UnreadableFileError:
        raise
    except Exception as error:  # a damaged archive may fail anywhere; what was read stays
        raise UnreadableFileError(_DAMAGED.format(number)) from error
    if number == 0 or _is_cut_off(record):
        raise UnreadableFileError(_DAMAGED.format(max(number - 1, 0)))


def _is_cut_off(record: "ArcWarcRecord") -> bool:
    """Whether the archive ends before the record does, which warcio silently ignores."""
    stream = record.raw_stream
    # A record that states no length has a different kind of stream, and ends where it ends.
    return getattr(stream, "limit", 0) > 0 and not stream.read(1)


def _suffix(record: "ArcWarcRecord", address: str) -> str | None:
    """The format of a record's content; None if it is not the content of a page."""
    headers: Any = record.http_headers
    if record.rec_type == "response" and headers is not None:
        if headers.get_statuscode() != "200":
            return None
        return suffix_of_media(headers.get_header("Content-Type"), address)
    if record.rec_type == "resource":
        return suffix_of_media(record.rec_headers.get_header("Content-Type"), address)
    return None
