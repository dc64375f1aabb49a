"""The exact nearest passages of a drawn collection are those of a search through all of it."""

import numpy as np

from qa.evaluation.drawn_collection import RealPassage, draw_articles
from qa.evaluation.scale import FILTERS, RECALL_AT, exact_nearest

PASSAGES = 4_500
SENTENCES = ("The port is open.", "It was closed for a week.", "Ships wait outside.")


def test_the_exact_nearest_are_found_batch_by_batch() -> None:
    random = np.random.default_rng(3)
    real = [
        RealPassage(SENTENCES, each / np.linalg.norm(each))
        for each in random.normal(size=(20, 16)).astype(np.float32)
    ]
    questions = random.normal(size=(3, 16)).astype(np.float32)
    drawn = list(draw_articles(real, PASSAGES))
    ids = np.array([each.id for article, _ in drawn for each in article.passages])
    owners = [article.article.info for article, _ in drawn for _ in article.passages]
    similarities = questions @ np.concatenate([vectors for _, vectors in drawn]).T

    found = exact_nearest(draw_articles(real, PASSAGES), questions)

    for name, filters in FILTERS.items():
        allowed = np.array([filters.let_through(each) for each in owners])
        for best, row in zip(found[name], similarities, strict=True):
            expected = ids[np.argsort(np.where(allowed, -row, np.inf))[:RECALL_AT]]
            assert set(best) == set(expected), name
