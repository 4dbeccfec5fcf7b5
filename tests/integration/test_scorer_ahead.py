"""The scorer has one batch scored while it stores the one before: what that must not change."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import pytest
from lexicon import LexiconEngine
from pydantic import SecretStr
from scorer_rig import Rig, drain, item
from sqlalchemy import Connection
from sqlalchemy.exc import DataError, OperationalError

from bearometer_scorer import loop
from bearometer_shared.opinion import Score
from bearometer_shared.settings import Settings
from bearometer_shared.storage import articles
from bearometer_shared.storage.session import connect
from bearometer_shared.wire import News


@pytest.fixture
def rig(postgres_url: str) -> Iterator[Rig]:
    settings = Settings(database_url=SecretStr(postgres_url), batch_items=10)
    database = connect(settings)
    yield Rig(settings, database)
    database.dispose()


@dataclass
class Waiting(LexiconEngine):
    """Answers every batch after the first only when it may."""

    may: threading.Event = field(default_factory=threading.Event)

    def score(self, texts: Sequence[str]) -> list[Score]:
        if self.calls:
            assert self.may.wait(30), "the batch before was not stored meanwhile"
        return super().score(texts)


def ids(rig: Rig) -> set[str]:
    return {row.id for row in rig.rows("SELECT id FROM articles")}


def test_a_batch_is_stored_while_the_next_one_is_scored(rig: Rig) -> None:
    rig.serving.engine = engine = Waiting()
    rig.publish(*(item(n) for n in range(20)))
    scorer = rig.scorer()
    drain(scorer, 3)
    assert len(ids(rig)) == 10
    engine.may.set()
    drain(scorer)
    assert len(ids(rig)) == 20


def test_what_a_batch_repeats_of_the_one_before_is_stored_once_and_announced_again(rig: Rig) -> None:
    rig.settings = rig.settings.model_copy(update={"batch_items": 1})
    rig.publish(item(1), item(1))
    drain(rig.scorer())
    assert ids(rig) == {"n1"}
    assert rig.scored_ids() == ["n1", "n1"]


def test_another_text_under_an_id_of_the_batch_before_can_be_read_in_the_dead_letters(rig: Rig) -> None:
    rig.settings = rig.settings.model_copy(update={"batch_items": 1})
    rig.publish(item(1), item(1, "another text"))
    drain(rig.scorer())
    assert ids(rig) == {"n1"}
    assert ["another text" in letter["reason"] for letter in rig.letters()] == [True]


def test_an_outage_holds_both_batches_and_loses_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    calls, store = list[int](), loop.store

    def failing(*args: object, **words: object) -> object:
        calls.append(1)
        if len(calls) < 3:
            raise OperationalError("INSERT", {}, Exception("server closed the connection"), connection_invalidated=True)
        return store(*args, **words)  # type: ignore[arg-type]

    monkeypatch.setattr(loop, "store", failing)
    rig.publish(*(item(n) for n in range(35)))
    drain(rig.scorer(), 20)
    assert len(ids(rig)) == 35
    assert sorted(rig.scored_ids()) == sorted(ids(rig))


def test_an_item_that_postgres_will_not_even_look_for_goes_to_the_dead_letters_alone(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = articles.known

    def refusing(connection: Connection, items: Sequence[News]) -> object:
        if any(one.id == "n7" for one in items):
            raise DataError("SELECT", {}, Exception("no such character"))
        return known(connection, items)

    monkeypatch.setattr(articles, "known", refusing)
    rig.publish(*(item(n) for n in range(25)))
    drain(rig.scorer(), 20)
    assert ids(rig) == {f"n{n}" for n in range(25) if n != 7}
    assert [letter["key"] for letter in rig.letters()] == ["n7"]


def test_what_was_polled_is_stored_and_announced_before_a_scorer_stops(rig: Rig) -> None:
    rig.publish(*(item(n) for n in range(20)))
    scorer = rig.scorer()
    drain(scorer, 3)
    assert len(ids(rig)) == 10
    scorer.close()
    assert len(ids(rig)) == len(rig.scored_ids()) == 20


def test_a_batch_of_partitions_that_another_took_is_not_stored_twice(rig: Rig) -> None:
    rig.publish(*(item(n) for n in range(40)))
    first = rig.scorer()
    drain(first, 3)
    second = rig.scorer()
    for _ in range(12):
        first.step(0)
        second.step(0)
    assert len(ids(rig)) == 40
    assert [row.n for row in rig.rows("SELECT sum(items) AS n FROM trends WHERE dimension = 'all'")] == [40]
    assert set(rig.scored_ids()) == ids(rig)
