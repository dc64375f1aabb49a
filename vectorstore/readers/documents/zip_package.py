"""Documents that are ZIP packages of XML parts: checked before a library unpacks them."""

import io
from zipfile import ZipFile

from vectorstore.readers.containers.zip_archive import ZIP_ERRORS
from vectorstore.readers.parsed_article import UnreadableFileError

MAX_EXPANDED_BYTES = 500_000_000

# An OLE compound file: an encrypted document, or a format from before 2007.
_COMPOUND_FILE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = (
    "It is encrypted, or in the format of Word before 2007. Save it without a password as {}."
)
_DAMAGED = "It is not a complete {} file: it is damaged, or another format. Copy it again."
_TOO_LARGE = "It expands to more than {:,.0f} MB. Split it into several files."


def open_package(data: bytes, kind: str) -> ZipFile:
    """The package, with its declared sizes checked: zipfile reads no part beyond its own.

    Raises UnreadableFileError for a file that is not a package, or that expands too far.
    """
    if data.startswith(_COMPOUND_FILE):
        raise UnreadableFileError(_ENCRYPTED.format(kind))
    try:
        package = ZipFile(io.BytesIO(data))
    except ZIP_ERRORS as error:
        raise damaged(kind) from error
    if sum(part.file_size for part in package.infolist()) > MAX_EXPANDED_BYTES:
        raise UnreadableFileError(_TOO_LARGE.format(MAX_EXPANDED_BYTES / 1e6))
    return package


def read_part(package: ZipFile, name: str, kind: str) -> bytes:
    """Raises UnreadableFileError if the part is missing or damaged."""
    try:
        return package.read(name)
    except (KeyError, *ZIP_ERRORS) as error:
        raise damaged(kind) from error


def damaged(kind: str) -> UnreadableFileError:
    return UnreadableFileError(_DAMAGED.format(kind))
