import re
from dataclasses import replace
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from qa.evaluation import charts, tables
from qa.evaluation.failures import worst_failures
from qa.evaluation.html_report import plots, report
from qa.evaluation.risk_coverage import risk_coverage_curves
from qa.evaluation.run_records import Run, RunFileError, read_run, write_run
from tests.qa.evaluation.conftest import ARTICLES, Evaluated, renamed
from tests.qa.evaluation.fake import FakeSystem


@pytest.fixture
def run(evaluated: Evaluated, system: FakeSystem) -> Run:
    return evaluated(system)


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]


def test_the_report_needs_nothing_but_itself(run: Run) -> None:
    page = report(run, ARTICLES.__getitem__)
    tags = _Tags()
    tags.feed(page)
    assert tags.addresses == []
    assert not {"script", "link", "img", "iframe"} & set(tags.names)
    assert "url(" not in page
    assert tags.names.count("svg") == 4


def test_the_report_shows_each_failure_with_question_gold_quote_and_answer(run: Run) -> None:
    page = report(run, ARTICLES.__getitem__)
    assert "Which person was at the helm afterwards?" in page
    assert "<mark>Dave Ripley</mark> succeeded him." in page
    assert "Declined." in page


def test_markup_in_an_article_or_a_question_stays_text(run: Run) -> None:
    nasty = "<script>alert(1)</script>"
    records = list(run.records)
    records[3] = replace(records[3], case=replace(records[3].case, question=nasty, kind=nasty))
    page = report(replace(run, records=tuple(records)), lambda article_id: nasty * 20)
    assert "<script" not in page
    assert "&lt;script&gt;" in page


def test_the_report_does_not_need_the_articles_still_to_be_there(run: Run) -> None:
    gone: dict[str, str] = {}
    assert "<mark>Dave Ripley</mark>" in report(run, gone.__getitem__)


def test_every_plot_is_well_formed(run: Run) -> None:
    for plot in plots(renamed(run, 3)):
        assert ElementTree.fromstring(plot.svg).tag == "svg"


@given(st.lists(st.floats(0, 1e7, allow_nan=False), min_size=1))
@example([5e-324])
def test_a_histogram_loses_no_value(values: list[float]) -> None:
    svg = charts.histogram(values, summary="", x_label="ms")
    said = [int(n) for n in re.findall(r"<title>(\d+) (?:between|above)", svg)]
    assert sum(said) == len(values)
    ElementTree.fromstring(svg)


def test_a_run_survives_being_written_and_read(run: Run, tmp_path: Path) -> None:
    write_run(run, tmp_path / "run.json")
    assert read_run(tmp_path / "run.json") == run


def test_another_json_file_is_no_run(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"figures": 3}')
    with pytest.raises(RunFileError, match="is not the JSON file of an evaluation"):
        read_run(tmp_path / "run.json")


def test_failures_are_sorted_by_what_went_wrong_the_surest_first(run: Run) -> None:
    [record] = [record for record in run.records if record.case.id == "price"]
    assert record.answer is not None
    wrong = [
        replace(
            record,
            case=replace(record.case, id=str(confidence)),
            answer=replace(record.answer, answered=True, confidence=confidence),
        )
        for confidence in (0.2, 0.9, 0.5)
    ]
    groups = worst_failures([*run.records, *wrong], ARTICLES.__getitem__, each=2)
    assert [group.title for group in groups] == [
        "Answered, though the articles do not say",
        "Declined, though the articles answer",
    ]
    assert groups[0].count == 3
    assert [failure.record.case.id for failure in groups[0].worst] == ["0.9", "0.5"]
    assert groups[1].worst[0].search == "The search ranks a passage with the answer 5th."


def test_the_risk_at_full_coverage_is_the_share_of_unanswerable_questions(run: Run) -> None:
    curves = risk_coverage_curves(run.records)
    assert curves.unanswerable[-1].coverage == 1.0
    assert curves.unanswerable[-1].risk == 0.2
    assert curves.decided is not None
    assert curves.decided.coverage == 0.6
    assert curves.decided.risk == 0.0
    assert curves.unquoted[-1].coverage == 0.6


def test_the_terminal_shows_every_figure_with_its_interval(run: Run) -> None:
    output = StringIO()
    Console(width=100, file=output).print(tables.terminal(run))
    shown = output.getvalue()
    assert re.search(r"passage hits@5 +1\.000 +1\.000 to 1\.000 +4", shown)
    assert "3 of 3 quotes are the article's exact words." in shown
    assert re.search(r"comparison +1\.000", shown)


def test_the_markdown_says_where_its_figures_come_from(run: Run) -> None:
    shown = tables.markdown(run)
    assert "| answer in quote | .750 |" in shown
    assert run.setup.machine in shown
    assert run.setup.started[:10] in shown
    assert f"`{run.setup.command}`" in shown
