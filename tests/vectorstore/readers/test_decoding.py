"""Decoding text in any encoding."""

import pytest

from tests.vectorstore.readers.reading import article, reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le"])
def test_unicode_is_read_with_its_mark_dropped(encoding: str) -> None:
    text = "The harbor froze\r\n\r\non Monday, the mayor said."
    assert article("a.txt", text.encode(encoding)).text == text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "The café’s owner said “we were naïve” — and paid £5."),
        ("cp1252", "café"),
        ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy v Praze, řekl mluvčí."),
        ("cp1251", "Банк открыл офис в Москве в понедельник, сообщила компания."),
        ("cp932", "銀行は月曜日に東京で新しい支店を開いたと発表した。これは初めての支店です。"),
        ("gb18030", "银行星期一在北京开设了一个新的办事处，公司表示这是第一次。"),
    ],
)
def test_other_encodings_are_told_from_the_bytes(encoding: str, text: str) -> None:
    assert article("a.txt", text.encode(encoding)).text == text


def test_one_broken_character_does_not_change_how_the_others_are_read() -> None:
    text = "Die Brücke über die Spree wäre für Fußgänger schön, größer, höher; früher ärmer. " * 2
    broken = text.encode() + b"\xff"
    assert article("a.txt", broken).text == text + "\ufffd"


@pytest.mark.parametrize(
    "data",
    [
        bytes(range(256)) * 4,
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x01\xf4\0\0\x01\xf4\x08\x06"
        + bytes(range(128, 256)) * 9,
        b"\xff\xfea",
    ],
)
def test_what_is_no_text_is_said_to_be_none(data: bytes) -> None:
    assert "Save it as UTF-8." in reason("a.txt", data)
