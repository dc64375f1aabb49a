"""Messages, mailboxes, and pages that a browser saved as a single file."""

import mailbox
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.vectorstore.readers.reading import article, read, reason
from vectorstore.readers import Unreadable
from vectorstore.types import Article

FILES = Path(__file__).parents[1] / "files"
PLAIN = "The harbor of Quillhaven froze on Tuesday.\n\nThe ferry stayed at its pier.\n"
HTML = (
    "<html><body><table><tr><td><h1>Ice</h1><p>The harbor of Quillhaven froze on Tuesday.</p>"
    "<p>The <b>ferry</b> stayed at its pier.</p></td></tr></table></body></html>"
)


def letter(number: int = 1, *, plain: str | None = PLAIN, html: str | None = None) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Odalys Brandt <odalys@quillhaven.example>"
    message["Subject"] = f"The harbor letter, no. {number} – ice"
    message["Date"] = "Thu, 04 May 2023 23:30:00 -0500"
    message["Message-ID"] = f"<letter-{number}@quillhaven.example>"
    message["List-Id"] = "The Harbor Letter <harbor.quillhaven.example>"
    if plain is not None:
        message.set_content(plain)
    if html is not None and plain is not None:
        message.add_alternative(html, subtype="html")
    elif html is not None:
        message.set_content(html, subtype="html")
    return message


def test_a_message_is_an_article_with_what_its_headers_say() -> None:
    found = article("ice.eml", bytes(letter()))
    assert found.text == PLAIN
    assert found.id == "letter-1@quillhaven.example"
    assert found.info.title == "The harbor letter, no. 1 – ice"
    assert found.info.author == "Odalys Brandt"
    assert found.info.source == "The Harbor Letter"
    assert found.info.published == date(2023, 5, 4)


def test_of_two_versions_the_one_with_the_text_is_taken() -> None:
    assert article("a.eml", bytes(letter(html=HTML))).text == PLAIN
    see = "This message is in HTML."
    found = article("a.eml", bytes(letter(plain=see, html=HTML)))
    assert found.text == (
        "Ice\n\nThe harbor of Quillhaven froze on Tuesday.\n\nThe ferry stayed at its pier."
    )
    assert article("a.eml", bytes(letter(plain=None, html=HTML))).text == found.text


def test_attachments_are_articles_of_their_own() -> None:
    message = letter(html=HTML)
    message.add_attachment("The minutes: the pier is open again.", filename="minutes.txt")
    message.add_attachment("The minutes: the pier is shut.", filename="minutes.txt")
    message.add_attachment(
        (FILES / "story.rtf").read_bytes(), "application", "rtf", filename="../story.rtf"
    )
    message.add_attachment(b"\xd0\xcf", "application", "vnd.ms-excel", filename="fares.xls")
    message.add_attachment(b"-----", "application", "pgp-signature", filename="signature.asc")
    message.add_attachment(letter(2, plain="The harbor thawed on Friday.\n"))
    first, one, two, story, fares, forwarded = read("a.eml", bytes(message))
    assert isinstance(first, Article)
    assert first.text == PLAIN
    assert isinstance(one, Article)
    assert one.text == "The minutes: the pier is open again.\n"
    assert one.id == "letter-1@quillhaven.example/minutes.txt"
    assert one.info.published == first.info.published
    assert one.info.source == "The Harbor Letter"
    assert isinstance(two, Article)
    assert two.id == "letter-1@quillhaven.example/2-minutes.txt"
    assert isinstance(story, Article)
    assert story.id == "letter-1@quillhaven.example/story.rtf"
    assert isinstance(fares, Unreadable)
    assert fares.where == "a.eml/fares.xls"
    assert fares.reason.startswith("Its format is not supported.")
    assert isinstance(forwarded, Article)
    assert forwarded.text == "The harbor thawed on Friday.\n"
    assert forwarded.id == "letter-2@quillhaven.example"


def test_a_message_may_consist_of_its_attachments() -> None:
    message = letter(plain=None)
    message.add_attachment("The pier is open again.", filename="minutes.txt")
    assert article("a.eml", bytes(message)).text == "The pier is open again.\n"


def test_messages_in_messages_are_read_up_to_a_depth() -> None:
    message = letter(0)
    for number in range(1, 6):
        outer = letter(number)
        outer.add_attachment(message)
        message = outer
    *found, last = read("a.eml", bytes(message))
    assert [each.id[:8] for each in found if isinstance(each, Article)] == [
        "letter-5", "letter-4", "letter-3", "letter-2"
    ]  # fmt: skip
    assert isinstance(last, Unreadable)
    assert last.reason.startswith("It is attached to a message that lies in others.")


def test_a_message_without_text_is_said_to_have_none() -> None:
    message = letter(plain=None)
    message.set_content("<img src='cid:ice'>", subtype="html")
    assert "only pictures" in reason("a.eml", bytes(message))


def test_what_is_no_message_is_said_to_be_none() -> None:
    assert "not a mail message" in reason("a.eml", b"The harbor froze.\n")


def test_a_message_in_a_charset_that_nobody_knows_is_read_all_the_same() -> None:
    data = bytes(letter()).replace(b'charset="utf-8"', b'charset="x-quill"')
    assert "froze on Tuesday" in article("a.eml", data).text


def test_each_message_of_a_mailbox_is_an_article(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "letters.mbox")
    for number in (1, 2, 3):
        box.add(letter(number, plain=f"{PLAIN}\nFrom here on it thaws, letter {number}.\n"))
    box.close()
    found = read("letters.mbox", (tmp_path / "letters.mbox").read_bytes())
    assert [each.id for each in found if isinstance(each, Article)] == [
        f"letter-{number}@quillhaven.example" for number in (1, 2, 3)
    ]
    assert all("\nFrom here on" in each.text for each in found if isinstance(each, Article))


def test_a_bad_message_of_a_mailbox_is_named_by_its_number(tmp_path: Path) -> None:
    box = mailbox.mbox(tmp_path / "letters.mbox")
    box.add(letter(1))
    box.add(letter(2, plain=""))
    box.add(letter(3))
    box.close()
    first, second, third = read("letters.mbox", (tmp_path / "letters.mbox").read_bytes())
    assert isinstance(first, Article)
    assert isinstance(second, Unreadable)
    assert second.where == "letters.mbox, message 2"
    assert isinstance(third, Article)


@pytest.mark.parametrize(
    "header", [b"Content-Disposition: attachment; filename*", b"Content-Type: text/plain; charset*"]
)
def test_a_message_that_cannot_be_parsed_is_named_and_the_others_are_read(header: bytes) -> None:
    malformed = b"From: Odalys Brandt\nSubject: Ice\n" + header + b"\n\nThe harbor froze.\n"
    assert "malformed" in reason("a.eml", malformed)
    box = b"From a\n" + malformed + b"\nFrom b\n" + bytes(letter())
    first, second = read("letters.mbox", box)
    assert isinstance(first, Unreadable)
    assert first.where == "letters.mbox, message 1"
    assert isinstance(second, Article)


def test_what_is_no_mailbox_is_said_to_be_none() -> None:
    assert "not a mailbox" in reason("a.mbox", b"The harbor froze.\n")


def test_a_page_saved_by_chromium_is_its_article_at_its_address() -> None:
    found = article("ferry.mhtml", (FILES / "ferry.mhtml").read_bytes())
    assert found.id == found.info.url == "https://quillhaven.example/news/ferry"
    assert found.info.title == "The ferry to Skarn sails again"
    assert found.info.author == "Ilse Maar"
    assert found.info.published == date(2023, 6, 1)
    assert "eleven cars – more than ever before" in found.text
    assert "Imprint" not in found.text


def test_a_saved_page_that_cannot_be_parsed_is_said_to_be_malformed() -> None:
    data = b"Snapshot-Content-Location: a\nContent-Type: text/html; charset*\n\n<p>Ice.</p>\n"
    assert "malformed" in reason("a.mhtml", data)


@pytest.mark.parametrize("data", [b"", b"The harbor froze.", b"Content-Type: text/plain\n\nIce."])
def test_a_saved_page_without_a_page_is_said_to_hold_none(data: bytes) -> None:
    assert "holds no page" in reason("a.mhtml", data)
