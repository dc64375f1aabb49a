"""Which words belong to one family, by their stems."""

from collections.abc import Iterable
from itertools import takewhile


def akin_to_any(one: str, others: Iterable[str]) -> bool:
    return any(akin(one, other) for other in others)


def akin(one: str, other: str) -> bool:
    """Whether two stems belong to one word family: "chair" and "chairwoman", "open" and "reopen".

    >>> akin("chair", "chairwoman"), akin("open", "reopen"), akin("cost", "coast")
    (True, True, False)
    """
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    shared = sum(
        1 for _ in takewhile(lambda ends: ends[0] == ends[1], zip(short, long, strict=False))
    )
    return shared >= max(4, len(short) - 1) or (len(short) >= 4 and long.endswith(short))
