"""One of several copies is found and cited: the earliest, or the newest that says otherwise."""

from datetime import date

import pytest

from tests.vectorstore.catalog.test_stories import text_of
from tests.vectorstore.conftest import OpenStore
from tests.vectorstore.examples import article
from vectorstore import retrieval
from vectorstore.copies import find_words, quote_elsewhere
from vectorstore.ingest import ingest
from vectorstore.retrieval import MOST_OF_ONE_ARTICLE, search
from vectorstore.store import Store
from vectorstore.types import Article, Filters

LEAD = "The port of Aldmere reopened on Monday after a strike of eleven days along the coast."
DEMAND = "The union said that its 2,300 members had voted for a rise of 4.5 percent in May."
MAYOR = "Mayor Ruth Kessler called it a fair end to a long quarrel that had cost both sides."
RAIN = "Dockers went back to work in the rain, past lorries that reached as far as the motorway."
STORY = (LEAD, DEMAND, MAYOR, RAIN)
QUESTION = "What rise had the members of the union voted for?"


def copy(name: str, day: int | None, *paragraphs: str, source: str | None = None) -> Article:
    published = None if day is None else date(2022, 4, day)
    return article(name, *(paragraphs or STORY), title=name, published=published, source=source)


OTHERS = [article(f"other {n}", f"{text_of(n, 0)} union members voted") for n in range(6)]


def test_five_copies_take_one_place(store: Store) -> None:
    ingest(store, [*(copy(f"copy {day}", day) for day in (5, 3, 4, 2, 6)), *OTHERS])
    found = search(store, QUESTION, 5)
    assert [each.article.id for each in found if each.cluster] == ["copy 2"]
    assert len({each.article.id for each in found}) == 5
    (cluster,) = {each.cluster for each in found if each.cluster}
    assert (cluster.id, cluster.articles) == ("copy 2", 5)


def test_more_copies_than_there_are_candidates_leave_room_for_others(store: Store) -> None:
    copies = [copy(f"copy {n:03}", 28 - n % 20, *STORY, f"No {n}.") for n in range(95)]
    ingest(store, [*copies, *OTHERS])
    found = search(store, QUESTION, 5)
    assert len({each.article.id for each in found}) == 5
    assert found[0].article.published == date(2022, 4, 9)


def test_a_copy_further_down_is_left_out_too(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retrieval, "READ_FIRST", 0)
    ingest(store, [copy("earlier", 2), copy("later", 3), *OTHERS])
    found = search(store, "What did the other text say of union members?", 8)
    assert [each.article.id for each in found if each.cluster] == ["earlier"]


@pytest.mark.parametrize(
    ("newer", "cited"),
    [
        (STORY, "first"),
        ((MAYOR, LEAD, DEMAND, RAIN), "first"),
        (("Port open again", "By Ann Lee, staff writer", *STORY), "first"),
        ((LEAD, DEMAND, MAYOR), "first"),
        ((LEAD, DEMAND.replace("its", "all its").replace("had voted", "voted"), MAYOR), "first"),
        ((LEAD, DEMAND.replace("4.5", "6"), MAYOR, RAIN), "second"),
        ((LEAD, DEMAND, MAYOR.replace("Ruth Kessler", "Hugo Brandt"), RAIN), "second"),
    ],
    ids=["same", "reordered", "headline", "cut", "edited", "figure", "name"],
)
def test_the_earliest_is_found_unless_a_newer_one_says_otherwise(
    store: Store, newer: tuple[str, ...], cited: str
) -> None:
    ingest(store, [copy("second", 3, *newer), copy("first", 2), *OTHERS])
    found = [each.article.id for each in search(store, QUESTION, 3) if each.cluster]
    assert found == [cited]


def test_of_several_that_say_otherwise_the_newest_is_found(store: Store) -> None:
    versions = {2: "4.5", 3: "5.5", 4: "6", 5: "4.5"}
    ingest(
        store,
        [
            *(
                copy(f"copy {day}", day, LEAD, DEMAND.replace("4.5", rise), MAYOR, RAIN)
                for day, rise in versions.items()
            ),
            *OTHERS,
        ],
    )
    assert [e.article.id for e in search(store, QUESTION, 3) if e.cluster] == ["copy 4"]


@pytest.mark.parametrize("day", [None, 3])
def test_where_it_is_not_known_which_is_newer_nothing_is_lost(
    store: Store, day: int | None
) -> None:
    other = copy("other", day, LEAD, DEMAND.replace("4.5", "7"), MAYOR, RAIN)
    ingest(store, [other, copy("dated", 3), copy("same", day)])
    assert {each.article.id for each in search(store, QUESTION, 3)} == {"dated", "other"}
    store.remove("other")
    more = copy("more", day, LEAD.replace("Aldmere", "Aldmere in Wessen"), DEMAND, MAYOR, RAIN)
    ingest(store, [more])
    assert [each.article.id for each in search(store, QUESTION, 3)] == ["more"]


def test_only_copies_that_the_filters_let_through_count(store: Store) -> None:
    ingest(store, [copy("post", 2, source="The Post"), copy("times", 3, source="The Times")])

    def found(filters: Filters) -> list[str]:
        return [each.article.id for each in search(store, QUESTION, 3, filters)]

    assert found(Filters()) == ["post"]
    assert found(Filters(sources=("The Times",))) == ["times"]
    assert found(Filters(published_from=date(2022, 4, 3))) == ["times"]
    assert found(Filters(article_ids=("times",))) == ["times"]


def test_what_only_one_copy_has_is_found_in_it(store: Store) -> None:
    more = "Grain for the mills of Tarn had spoiled on four of the ships before the strike ended."
    filler = [f"{text_of(50 + n, 0)} again" for n in range(3)]
    ingest(
        store,
        [copy("first", 2, *STORY, *filler), copy("second", 3, *STORY, *filler, more), *OTHERS],
    )
    found = search(store, "What had spoiled on the ships?", 5)
    assert found[0].article.id == "second"
    assert more in found[0].passage.text
    assert len([each for each in found if each.cluster]) <= MOST_OF_ONE_ARTICLE


def test_without_copies_nothing_has_a_cluster(store: Store) -> None:
    ingest(store, [copy("first", 2), *OTHERS])
    assert {each.cluster for each in search(store, QUESTION, 9)} == {None}


def test_a_removed_copy_is_no_longer_counted(open_store: OpenStore) -> None:
    store = open_store()
    ingest(store, [copy(f"copy {day}", day) for day in (2, 3, 4)])
    store.remove("copy 2")
    (found,) = search(store, QUESTION, 5)
    assert found.cluster is not None
    assert (found.article.id, found.cluster.id, found.cluster.articles) == ("copy 3", "copy 3", 2)
    store.remove("copy 3")
    (found,) = search(store, QUESTION, 5)
    assert (found.article.id, found.cluster) == ("copy 4", None)


def test_a_quote_is_found_in_the_copies_that_say_it(store: Store) -> None:
    ingest(
        store,
        [
            copy("first", 2),
            copy("same", 3, RAIN, *STORY[:3]),
            copy("edited", 4, LEAD, DEMAND.replace("had voted", "voted"), MAYOR, RAIN),
            copy("case", 5, *(each.upper() for each in STORY)),
            copy("cut", 6, LEAD, MAYOR, RAIN),
            copy("figure", 7, LEAD, DEMAND.replace("4.5", "6"), MAYOR, RAIN),
            *OTHERS,
        ],
    )
    found = {each.article.id: each.span for each in quote_elsewhere(store.catalog, "first", DEMAND)}
    assert list(found) == ["same", "edited", "case"]
    texts = {name: store.catalog.article_as_read(name) for name in found}
    same, upper = texts["same"], texts["case"]
    assert same is not None
    assert upper is not None
    assert found["same"] is not None
    assert found["same"].of(same.text) == DEMAND
    assert found["edited"] is None
    assert found["case"] is not None
    assert found["case"].of(upper.text) == DEMAND.upper().removesuffix(".")
    assert quote_elsewhere(store.catalog, "other 1", "union members") == ()


@pytest.mark.parametrize("quote", ["...", "(", "a" * 300])
def test_words_that_are_not_there_are_not_found(quote: str) -> None:
    assert find_words("The port is open.", quote) is None
