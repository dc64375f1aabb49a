"""Collections are opened when they are used, once, and closed when nobody uses them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from qa.collections.collection_folders import CollectionFolders
from qa.collections.collection_name import CollectionBusy, NoSuchCollection
from qa.collections.service_pool import ServicePool
from qa.following.followed import Followed, now
from qa.following.followed_file import FollowedFile
from qa.keys import KeyFile
from qa.schemas import CollectionInfo
from qa.service import Service
from tests.qa.http.scripted import Failing, service_over
from tests.qa.shelf import shelf_in
from vectorstore.engine import IndexInUse
from vectorstore.errors import UserError
from vectorstore.store import Store

SECONDS = 20.0
Opened = list[str]
MakePool = Callable[..., tuple[ServicePool, Opened]]


@pytest.fixture
def make_pool(tmp_path: Path) -> Iterator[MakePool]:
    """Makes a pool with the collections a, b and c, and the list of those that were opened."""
    with ExitStack() as until_the_end:

        def make(before: Callable[[], object] = lambda: None, **options: object) -> object:
            opened: Opened = []
            folders = CollectionFolders(tmp_path, KeyFile(tmp_path / "keys.json"))
            for name in "abc":
                folders.add(CollectionInfo(name))

            def open_one(info: CollectionInfo) -> Service:
                before()
                opened.append(info.name)
                return service_over(folders.folder(info.name), Failing(RuntimeError()))

            default = service_over(tmp_path, Failing(RuntimeError()))
            pool = ServicePool(default, folders, open_one, **options)  # type: ignore[arg-type]
            until_the_end.callback(pool.close)
            return pool, opened

        yield make  # type: ignore[misc]


def test_a_collection_is_opened_when_it_is_first_used(make_pool: MakePool) -> None:
    pool, opened = make_pool()
    assert pool.opened() == ("default",)
    assert pool.begin_if_open("a") is None
    with pool.using("a") as first, pool.using("a") as second:
        assert first is second
        assert first is not pool.default
    assert opened == ["a"]
    assert pool.opened() == ("default", "a")


def test_many_who_ask_at_once_share_one(make_pool: MakePool) -> None:
    coming = threading.Barrier(8)
    pool, opened = make_pool()
    services: list[Service] = []

    def ask() -> None:
        coming.wait(SECONDS)
        with pool.using("a") as service:
            services.append(service)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(SECONDS)
    assert opened == ["a"]
    assert len(services) == 8
    assert len(set(services)) == 1


def test_one_that_is_being_opened_holds_up_no_other(make_pool: MakePool) -> None:
    started, go_on = threading.Event(), threading.Event()

    def wait_for_the_first() -> None:
        if not started.is_set():
            started.set()
            assert go_on.wait(SECONDS)

    pool, opened = make_pool(wait_for_the_first)

    def use() -> None:
        with pool.using("a"):
            pass

    slow = threading.Thread(target=use)
    slow.start()
    assert started.wait(SECONDS)
    with pool.using("b"):
        assert opened == ["b"]
        assert pool.begin_if_open("a") is None
    go_on.set()
    slow.join(SECONDS)
    assert opened == ["b", "a"]


def test_one_that_cannot_be_opened_is_tried_again(make_pool: MakePool) -> None:
    failing = [UserError("The model is not there. Install it.")]

    def fail_once() -> None:
        if failing:
            raise failing.pop()

    pool, _ = make_pool(fail_once)
    with pytest.raises(UserError, match="not there"):
        pool.begin("a")
    with pool.using("a") as service:
        assert service.collection().articles == 1


def test_the_one_used_longest_ago_makes_room_unless_it_is_in_use(make_pool: MakePool) -> None:
    pool, opened = make_pool(most_open=2)
    for name in "ab":
        with pool.using(name):
            pass
    with pool.using("a"), pool.using("c"):
        assert pool.opened() == ("default", "a", "c")
        with pool.using("b"):
            assert pool.opened() == ("default", "a", "b", "c"), "both others are in use"
    assert opened == ["a", "b", "c", "b"]


def test_looking_at_its_numbers_is_no_use_of_a_collection(make_pool: MakePool) -> None:
    pool, _ = make_pool(most_open=2)
    for name in "ab":
        with pool.using(name):
            pass
    with pool.if_open("a") as looked_at:
        assert looked_at is not None
    with pool.using("c"):
        assert pool.opened() == ("default", "b", "c")


def test_a_collection_in_use_is_not_removed(make_pool: MakePool, tmp_path: Path) -> None:
    pool, _ = make_pool(seconds_to_close=0.05)
    with pool.using("a") as service:
        with pytest.raises(CollectionBusy, match="Try again"):
            pool.remove("a")
        assert service.collection().articles == 1
    pool.remove("a")
    assert pool.names() == ("default", "b", "c")
    assert not (tmp_path / "collections" / "a").exists()
    with pytest.raises(NoSuchCollection, match="There are: default, b, c"):
        pool.begin("a")


def test_a_busy_collection_is_opened_anew_between_two_requests(make_pool: MakePool) -> None:
    pool, opened = make_pool()
    first, second = pool.begin("default"), threading.Event()
    reopening = threading.Thread(target=pool.reopen, args=["default"])
    reopening.start()
    while pool.begin_if_open("default", noted=False) is not None:  # until it waits for the first
        pool.end("default")

    def ask() -> None:
        with pool.using("default") as service:
            assert service is not first
            assert service.collection().articles == 1
            second.set()

    asking = threading.Thread(target=ask)
    asking.start()
    assert first.collection().articles == 1
    pool.end("default")
    for each in (reopening, asking):
        each.join(SECONDS)
    assert second.is_set()
    assert opened == ["default"]
    assert pool.opened() == ("default",)


def test_a_removal_waits_for_those_who_use_the_collection(make_pool: MakePool) -> None:
    pool, _ = make_pool()
    pool.begin("a")
    removing = threading.Thread(target=pool.remove, args=["a"])
    removing.start()
    assert pool.has("a")
    pool.end("a")
    removing.join(SECONDS)
    assert not pool.has("a")


def test_a_renamed_collection_keeps_its_articles(make_pool: MakePool) -> None:
    pool, _ = make_pool()
    with pool.using("a") as service:
        before = service.articles()
    pool.change("a", replace(pool.info("a"), name="d", description="Fourth"))
    with pool.using("d") as service:
        assert service.articles() == before
    assert pool.info("d").description == "Fourth"
    assert not pool.has("a")


def test_an_open_collection_is_open_in_one_process_alone(
    make_pool: MakePool, tmp_path: Path
) -> None:
    pool, _ = make_pool()
    pool.serve_at("http://127.0.0.1:1")
    with pool.using("a") as service, pytest.raises(IndexInUse, match=":1/collections/a"):
        Store(service.store.folder, service.store.embedder)
    pool.remove("a")


def test_collections_share_their_models_and_nothing_else(tmp_path: Path) -> None:
    with shelf_in(tmp_path) as shelf, shelf.pool.using("a") as a, shelf.pool.using("b") as b:
        assert a.store.embedder is b.store.embedder is shelf.pool.default.store.embedder
        assert len({id(each.store) for each in (a, b, shelf.pool.default)}) == 3
        assert a.follower is not b.follower


def test_collections_that_follow_something_are_opened_to_look_at_it(
    make_pool: MakePool, tmp_path: Path
) -> None:
    pool, opened = make_pool()
    FollowedFile(tmp_path / "collections" / "a").save(())
    FollowedFile(tmp_path / "collections" / "b").save((Followed(address=str(tmp_path), due=now()),))
    (tmp_path / "collections" / "c" / "followed.json").write_text("{")
    pool.open_followers()
    assert opened == ["b"]


def test_a_collection_that_follows_something_stays_open(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    with shelf_in(tmp_path / "data", most_open=1) as shelf:
        assert shelf.pool.opened() == ("default", "b")
        with shelf.pool.using("b") as service:
            service.follow(str(tmp_path / "notes"))
        with shelf.pool.using("a"):
            assert shelf.pool.opened() == ("default", "a", "b")
