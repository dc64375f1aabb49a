"""Rankings of several systems, compared on the same questions."""

import numpy as np

from qa.evaluation.peer_comparison import (
    MeanWithInterval,
    PeerRun,
    as_section,
    estimate,
    question_scores,
)
from qa.evaluation.question_file import Case, GoldSpan
from qa.evaluation.retrieval_metrics import PassageRef

CASES = (
    *(
        Case(f"q{n}", f"Question {n}?", "fact", (GoldSpan(f"a{n}", 10, 20, "x" * 10),))
        for n in range(4)
    ),
    Case("none", "Unanswerable?", "fact", ()),
)


def ref(article_id: str, start: int, end: int) -> PassageRef:
    return PassageRef(f"{article_id}-{start}", article_id, start, end, 1.0)


RIGHT = tuple((ref(f"a{n}", 0, 30),) for n in range(5))
CUT = tuple((ref(f"a{n}", 0, 15), ref(f"a{n}", 5, 30)) for n in range(5))
WRONG = tuple((ref("other", 0, 100),) for n in range(5))


def test_scores_are_those_of_the_answerable_questions() -> None:
    assert question_scores(CASES, RIGHT)["passage hits@5"].tolist() == [1.0] * 4
    cut = question_scores(CASES, CUT)
    assert cut["article hits@5"].tolist() == [1.0] * 4
    assert cut["passage MRR"].tolist() == [0.5] * 4
    assert question_scores(CASES, WRONG)["article hits@5"].tolist() == [0.0] * 4


def test_the_interval_is_of_clusters_of_questions() -> None:
    values = np.array([1.0, 0.0] * 20)
    apart = estimate(values, [str(n) for n in range(40)])
    together = estimate(values, [str(n % 2) for n in range(40)])
    assert apart.value == together.value == 0.5
    assert together.high - together.low > apart.high - apart.low
    assert str(MeanWithInterval(0.5, -0.25, 1.0)) == ".500 [-.250, 1.000]"


def test_a_table_has_a_row_for_each_system_and_says_which_are_missing() -> None:
    section = as_section(
        "On the samples",
        CASES,
        [
            PeerRun("Ours", "as it comes", RIGHT),
            PeerRun("Theirs", "its defaults", WRONG),
            PeerRun("Other", "", missing="not installed"),
        ],
    )
    assert "| Ours | 1.000 [1.000, 1.000] |" in section
    row = next(each for each in section.splitlines() if each.startswith("| Theirs"))
    assert row.split(" | ")[4] == "1.000 [1.000, 1.000]"
    assert row.endswith("| 100 |")
    assert "- **Other**: not installed" in section
    widths = {each.count("|") for each in section.splitlines() if each.startswith("|")}
    assert len(widths) == 1
