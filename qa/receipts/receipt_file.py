"""Receipts in files, whose suffix determines the format."""

from pathlib import Path

from qa.receipts.exports import SUFFIXES, Format, exported
from qa.receipts.receipt import NoReceipt, Receipt, read_receipt
from vectorstore.errors import UserError


class CannotSave(UserError):
    """A receipt cannot be written; the message says why."""


def format_of(path: Path) -> Format:
    """Raises CannotSave for a suffix that names no format."""
    form = SUFFIXES.get(path.suffix.lower())
    if form is None:
        raise CannotSave(
            f"{path} names no format. Let it end in .json for a receipt that can be verified, or "
            "in .md, .html or .jsonld to show it."
        )
    return form


def save_receipt(receipt: Receipt, path: str | Path) -> None:
    """Write a receipt: .json, which can be verified, .md, .html or .jsonld. Raises CannotSave."""
    path = Path(path)
    content = exported(receipt, format_of(path))
    try:
        path.write_bytes(content)
    except OSError as error:
        raise CannotSave(f"{path} cannot be written: {error.strerror}.") from error


def read_receipt_file(path: Path) -> Receipt:
    """Raises NoReceipt."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NoReceipt(f"{path} cannot be read: {error.strerror}.") from error
    return read_receipt(content)
