"""`qa verify`: what has become of the quotes of a receipt."""

import sys
from pathlib import Path

import click

from qa.cli.options import Text, collection_option, data_option, json_option
from qa.cli.output import show_json, show_verification
from qa.cli.session import open_for, out, settings_for


@click.command()
@click.argument("receipt", metavar="RECEIPT", type=Text())
@json_option
@collection_option
@data_option
def verify(receipt: str, as_json: bool, collection: str | None, data: Path | None) -> None:
    """Hold each quote of a receipt against its article as it is now.

    RECEIPT is a file of `qa ask --save FILE.json`, "-" for standard input, or the id of an answer
    that is kept. A quote is exact; or moved, found again at another place; or changed, shown with
    the difference; or removed. Exit status: 0 if all are exact or moved, else 1.
    """
    from qa.receipts.receipt import read_receipt
    from qa.receipts.receipt_file import read_receipt_file

    given = None
    if receipt == "-":
        given = read_receipt(sys.stdin.buffer.read())
    elif Path(receipt).exists() or Path(receipt).suffix:
        given = read_receipt_file(Path(receipt))
    settings = settings_for(data=data, collection=collection)
    with open_for(settings) as library:
        verification = library.verify(given or library.kept_answer(receipt))
    if as_json:
        show_json(verification)
    else:
        show_verification(out, verification)
    if not verification.holds:
        sys.exit(1)
