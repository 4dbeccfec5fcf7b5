"""History as another model tells it, over real Postgres: beside what was said, killed and done again, never doubled."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count

import pytest
from lexicon import LexiconEngine
from pydantic import SecretStr
from sqlalchemy import Engine
from starlette.testclient import TestClient
from stored_rows import MINUTE, NOON, row, store

from bearometer_api.app import create_app
from bearometer_shared import rescoring
from bearometer_shared.errors import UserError
from bearometer_shared.inference.artifact import Base, Manifest
from bearometer_shared.inference.engine import Score
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.rescoring import rescore
from bearometer_shared.settings import Settings
from bearometer_shared.storage import models, rescores, restated
from bearometer_shared.storage.rescores import Day
from bearometer_shared.storage.session import connect, transaction

VERSION = "lexicon-1"
DAY = NOON.date()


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    fields = {"version": VERSION, "base": Base(name="b", sha256=""), "created_at": NOON, "sentiments": [], "topics": []}
    with transaction(engine) as connection:
        models.register(connection, Manifest.model_validate(fields), VERSION)
    yield engine
    engine.dispose()


@pytest.fixture
def client(engine: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(), engine, MemoryProducer(MemoryBroker()))) as client:
        yield client


def news(engine: Engine, items: int = 9) -> None:
    """Every item was called negative when it came; the lexicon thinks so of every third."""
    words = "loss", "rises", "reports"
    store(engine, [row(f"i{n}", NOON + n * MINUTE, title=f"Hartwell {words[n % 3]} {n}") for n in range(items)])


def asked(engine: Engine) -> list[Day]:
    with transaction(engine) as connection:
        return rescores.ask(connection, VERSION, "live", DAY, DAY, datetime.now(UTC))


def done(engine: Engine, day: Day) -> bool:
    return rescore(engine, LexiconEngine(), day, lambda _: None, lambda: False)


def test_what_was_said_stays_beside_what_is_told_anew(engine: Engine, client: TestClient) -> None:
    news(engine)
    [day] = asked(engine)
    assert done(engine, day)
    was = client.get("/v1/articles").json()["items"]
    now = client.get(f"/v1/articles?as={VERSION}").json()["items"]
    assert [item["id"] for item in was] == [item["id"] for item in now]
    assert {item["sentiment"] for item in was} == {"negative"} and {item["model_version"] for item in was} == {"m1"}
    assert [item["sentiment"] for item in now] == ["neutral", "positive", "negative"] * 3
    assert {item["model_version"] for item in now} == {VERSION}
    only = client.get(f"/v1/articles?as={VERSION}&sentiment=negative&ticker=HWB&limit=2").json()
    assert [item["id"] for item in only["items"]] == ["i6", "i3"]
    rest = client.get(
        f"/v1/articles?as={VERSION}&sentiment=negative&ticker=HWB&limit=2&cursor={only['next_cursor']}"
    ).json()
    assert [item["id"] for item in rest["items"]] == ["i0"]


def test_trends_are_told_anew_too_and_say_what_the_rows_say(engine: Engine, client: TestClient) -> None:
    news(engine)
    done(engine, asked(engine)[0])
    for dimension, key in (("all", "all"), ("source", "wire"), ("ticker", "HWB")):
        query = f"/v1/trends?dimension={dimension}&from=2026-03-05T12:00Z&to=2026-03-05T12:10Z&step=600"
        [[was], [now]] = (
            [s["points"] for s in client.get(q).json()["series"]] for q in (query, f"{query}&as={VERSION}")
        )
        assert (was[0]["items"], was[0]["negative"], was[0]["negative_stories"]) == (9, 9, 9), key
        names = ("items", "negative", "neutral", "positive", "stories", "negative_stories")
        assert [now[0][name] for name in names] == [9, 3, 3, 3, 9, 3]


def test_a_version_tells_the_same_trends_as_were_stored_when_it_scored_the_items_itself(
    engine: Engine, client: TestClient
) -> None:
    news(engine)
    query = "/v1/trends?dimension=topic&from=2026-03-05T12:00Z&to=2026-03-05T12:10Z&step=60"
    assert client.get(query).json() == client.get(f"{query}&as=m1").json()


def test_no_answer_mixes_models_and_an_unknown_version_has_said_nothing(engine: Engine, client: TestClient) -> None:
    news(engine)
    with transaction(engine) as connection:
        some = restated.unsaid(connection, VERSION, "live", *asked(engine)[0].bounds, 4)
    rescoring.portion(engine, LexiconEngine(), some)
    assert {i["id"] for i in client.get(f"/v1/articles?as={VERSION}").json()["items"]} == {item.id for item in some}
    assert client.get("/v1/articles?as=nobody").json()["items"] == []
    assert client.get("/v1/trends?as=nobody").json()["series"] == []


class KilledEngine(LexiconEngine):
    """Its process is killed at the third portion."""

    def score(self, texts: Sequence[str]) -> list[Score]:
        if self.calls == 2:
            raise KeyboardInterrupt
        return super().score(texts)


def test_a_killed_day_is_done_again_from_where_it_was(
    engine: Engine, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rescoring, "PORTION", 2)
    news(engine)
    [day] = asked(engine)
    with pytest.raises(KeyboardInterrupt):
        rescore(engine, KilledEngine(), day, lambda _: None, lambda: False)
    [found] = client.get(f"/v1/models/{VERSION}/rescores").json()["days"]
    assert (found["state"], found["said"], found["items"]) == ("queued", 4, 9)
    told: list[int] = []
    assert rescore(engine, LexiconEngine(), day, told.append, lambda: False)
    assert sum(told) == 5, "what was told before the kill is not scored again"
    [found] = client.get(f"/v1/models/{VERSION}/rescores").json()["days"]
    assert (found["state"], found["said"], found["items"]) == ("done", 9, 9)


def test_a_stopped_day_comes_round_again_and_one_that_another_holds_is_left_to_it(engine: Engine) -> None:
    news(engine)
    [day] = asked(engine)
    now = datetime.now(UTC)
    with transaction(engine) as connection:
        assert rescores.take_unsent(connection, now) == [day]
        assert rescores.take_unsent(connection, now) == []
    with rescores.held(engine, day) as ours:
        assert ours and not done(engine, day)
    turns = count()
    assert not rescore(engine, LexiconEngine(), day, lambda _: None, lambda: next(turns) >= 0)
    with transaction(engine) as connection:
        assert rescores.take_unsent(connection, now) == [day]


def test_a_day_is_asked_for_over_the_api_and_mistakes_are_named(engine: Engine, client: TestClient) -> None:
    news(engine)
    body = {"stream": "live", "from": "2026-03-01", "to": "2026-03-06"}
    answer = client.post(f"/v1/models/{VERSION}/rescores", json=body)
    assert answer.status_code == 202
    assert answer.json()["days"] == [
        {"stream": "live", "day": str(DAY), "state": "queued", "error": "", "said": 0, "items": 9}
    ]
    assert client.post("/v1/models/nobody/rescores", json=body).status_code == 404
    assert client.post(f"/v1/models/{VERSION}/rescores", json=body | {"stream": "empty"}).status_code == 422
    with transaction(engine) as connection, pytest.raises(UserError, match="no model version nobody"):
        rescores.ask(connection, "nobody", "live", DAY, DAY, datetime.now(UTC))
