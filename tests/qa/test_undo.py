"""The log of additions that can be undone."""

from qa.undo import MOST_ADDITIONS, MOST_CHARACTERS, Addition, UndoLog
from vectorstore.types import Article, ArticleInfo


def addition(characters: int) -> Addition:
    """One that replaced an article of so many characters."""
    return Addition({"one": "hash"}, {"one": Article(ArticleInfo("one"), "x" * characters)})


def test_an_addition_is_undone_once() -> None:
    log, made = UndoLog(), addition(1)
    token = log.keep(made)
    assert token is not None
    assert log.take(token) is made
    assert log.take(token) is None


def test_an_addition_that_replaced_too_much_has_no_token_and_evicts_no_other() -> None:
    log, earlier = UndoLog(), addition(1)
    token = log.keep(earlier)
    assert token is not None
    assert log.keep(addition(MOST_CHARACTERS + 1)) is None
    assert log.take(token) is earlier


def test_the_oldest_additions_make_room_for_new_ones() -> None:
    log = UndoLog()
    tokens = [log.keep(addition(MOST_CHARACTERS // 2)) for _ in range(3)]
    assert [log.take(each or "") is not None for each in tokens] == [False, True, True]
    tokens = [log.keep(addition(0)) for _ in range(MOST_ADDITIONS + 1)]
    assert [log.take(each or "") is not None for each in tokens] == [False, *[True] * 50]
