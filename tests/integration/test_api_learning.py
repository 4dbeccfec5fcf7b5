"""Alerts, streams, labels, runs and models over real Postgres: what the API stores and tells is what the rows say."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, insert, select
from starlette.testclient import TestClient

from bearometer_api.app import create_app
from bearometer_shared.clock import ManualClock
from bearometer_shared.inference.artifact import Base, Manifest
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.settings import Settings
from bearometer_shared.storage import alerts, articles, claims, label_skips, models, pruning
from bearometer_shared.storage.alerts import Raised
from bearometer_shared.storage.articles import ArticleRow
from bearometer_shared.storage.learning_tables import Label, Promotion, Run
from bearometer_shared.storage.new_label import text_hash
from bearometer_shared.storage.news_tables import ArticleKey, Stream, StreamTick
from bearometer_shared.storage.session import connect, transaction

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
SAID = {"sentiment": "positive", "negative": 100_000, "neutral": 300_000, "positive": 600_000, "signed": 500_000}


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    yield engine
    engine.dispose()


@pytest.fixture
def client(engine: Engine) -> Iterator[TestClient]:
    app = create_app(Settings(lateness_s=600), engine, MemoryProducer(MemoryBroker()), ManualClock(NOON))
    with TestClient(app) as client:
        yield client


def labels_of(engine: Engine) -> list[dict[str, Any]]:
    with transaction(engine) as connection:
        rows = connection.execute(select(*Label.__table__.c).order_by(Label.id)).mappings()
        return [dict(row) for row in rows]


def store_article(engine: Engine) -> None:
    texts: dict[str, Any] = {"title": "Hartwell fine. https://news.example", "body": "", "url": "", "lang": "en"}
    about: dict[str, Any] = {"source": "wire", "tickers": [], "topic": "Macro", "topic_p": 700_000, **SAID}
    times: dict[str, Any] = {
        "published_at": NOON,
        "received_at": NOON,
        "stored_at": NOON,
        "stored_on": date(2026, 3, 5),
    }
    key: dict[str, Any] = {"stream": "live", "id": "a"}
    known: dict[str, Any] = {"future": False, "late": False, "batch": uuid4(), "model_version": "m1"}
    with transaction(engine) as connection:
        connection.execute(insert(ArticleKey).values(**key, text_hash="", stored_on=date(2026, 3, 5)))
        articles.insert(connection, [ArticleRow(**(key | texts | about | times | known))])


def test_a_correction_of_an_article_takes_its_text_and_what_the_model_said(client: TestClient, engine: Engine) -> None:
    store_article(engine)
    correction = {"stream": "live", "article_id": "a", "sentiment": "negative", "annotator": "ana", "note": "a fine"}
    response = client.post("/v1/labels", json=correction)
    assert response.status_code == 201
    [label] = labels_of(engine)
    assert response.json() == {"ids": [label["id"]]}
    assert (label["text"], label["sentiment"], label["topic"]) == ("Hartwell fine.", "negative", None)
    assert (label["annotator"], label["note"], label["created_at"]) == ("ana", "a fine", NOON)
    assert label["model_version"] == "m1"
    assert label["model_said"] == {
        "sentiment": "positive",
        "probabilities": {"negative": 0.1, "neutral": 0.3, "positive": 0.6},
        "topic": "Macro",
        "topic_probability": 0.7,
    }


def test_labels_are_stored_all_or_none_and_counted(client: TestClient, engine: Engine) -> None:
    good = [{"text": f"text {n}", "topic": "Macro", "annotator": "ana"} for n in range(2)]
    assert len(client.post("/v1/labels", json=good).json()["ids"]) == 2
    unknown = client.post(
        "/v1/labels", json=[good[0] | {"text": "c"}, {"article_id": "z", "topic": "Macro", "annotator": "b"}]
    )
    assert unknown.status_code == 404
    assert "'z'" in unknown.json()["detail"]
    assert client.get("/v1/labels").json() == {
        "fresh": 2,
        "total": 2,
        "disputed": 0,
        "by_kind": {"label": 2, "adjudication": 0, "skip": 0, "weak": 0},
        "verdicts": {},
        "by_sentiment": {},
        "by_topic": {"Macro": 2},
    }


def test_labels_that_say_nothing_known_are_refused(client: TestClient, engine: Engine) -> None:
    wrong: list[dict[str, Any]] = [
        {"text": "a", "annotator": "b"},
        {"text": "a", "annotator": "b", "topic": "Gardening"},
        {"text": "a", "annotator": "b", "sentiment": "sad"},
        {"text": " \0 ", "annotator": "b", "topic": "Macro"},
        {"text": "a", "annotator": "  ", "topic": "Macro"},
        {"text": "a", "article_id": "a", "annotator": "b", "topic": "Macro"},
        {"annotator": "b", "topic": "Macro"},
    ]
    for label in wrong:
        assert client.post("/v1/labels", json=label).status_code == 422, label
    assert client.post("/v1/labels", json=[]).status_code == 422
    assert labels_of(engine) == []


def test_a_disagreement_is_listed_until_a_label_adjudicates(client: TestClient) -> None:
    for annotator, sentiment in (("ana", "negative"), ("ben", "positive")):
        label = {"text": "A fine", "sentiment": sentiment, "annotator": annotator, "guideline": "2026-03"}
        assert client.post("/v1/labels", json=label).status_code == 201
    listed = client.get("/v1/labels/disagreements?limit=1").json()
    word = {"topic": None, "guideline": "2026-03", "note": "", "at": "2026-03-05T12:00:00Z"}
    words = [{"annotator": "ana", "sentiment": "negative"}, {"annotator": "ben", "sentiment": "positive"}]
    said = {"text": "A fine", "entity": "", "heads": ["sentiment"]}
    item = said | {"words": [words_of | word for words_of in words]}
    assert listed == {"total": 1, "items": [item]}
    pair = {"annotators": ["ana", "ben"], "texts": 1, "kappa": 0.0}
    agreement = client.get("/v1/labels/agreement").json()
    assert agreement["sentiment"] == {"texts": 1, "alpha": 0.0, "pairs": [pair]}
    assert agreement["topic"] == {"texts": 0, "alpha": None, "pairs": []}
    settled = {"text": "A fine", "sentiment": "negative", "annotator": "cleo", "adjudicated": True, "note": "a loss"}
    assert client.post("/v1/labels", json=settled).status_code == 201
    assert client.get("/v1/labels/disagreements").json() == {"total": 0, "items": []}
    assert client.get("/v1/labels").json()["disputed"] == 0
    assert client.get("/v1/labels/disagreements?limit=0").status_code == 422


def test_a_skip_is_its_annotators_own(client: TestClient, engine: Engine) -> None:
    store_article(engine)
    assert client.post("/v1/labels/skips", json={"text": "A fine", "annotator": "ana"}).status_code == 201
    skip = {"article_id": "a", "annotator": "ben", "note": "not news"}
    assert client.post("/v1/labels/skips", json=skip).status_code == 201
    with transaction(engine) as connection:
        assert label_skips.skipped(connection, "ana") == {text_hash("a FINE")}
        assert label_skips.skipped(connection, "ben") == {text_hash("Hartwell fine.")}
        assert label_skips.skipped(connection, "cleo") == set()
    assert labels_of(engine) == []
    assert client.post("/v1/labels/skips", json=skip | {"article_id": "z"}).status_code == 404
    assert client.post("/v1/labels/skips", json={"text": " \0 ", "annotator": "ana"}).status_code == 422


def test_one_run_at_a_time_is_queued_and_can_be_followed(client: TestClient, engine: Engine) -> None:
    queued = client.post("/v1/runs", json={"reason": "the March incident"})
    assert queued.status_code == 202
    id = queued.json()["id"]
    assert client.post("/v1/runs").status_code == 409
    run = client.get(f"/v1/runs/{id}").json()
    assert (run["state"], run["trigger"], run["reason"]) == ("queued", "api", "the March incident")
    assert run["created_at"] == "2026-03-05T12:00:00Z"
    with transaction(engine) as connection:
        claim = claims.take(connection, id, NOON)
        assert claim
        claims.finish(connection, claim, decision="kept", figures={"n": 3}, model_version="m2", at=NOON)
    assert client.post("/v1/runs").status_code == 202
    newest, finished = client.get("/v1/runs?limit=2").json()["items"]
    assert (newest["state"], finished["state"], finished["figures"]) == ("queued", "done", {"n": 3})
    assert client.get("/v1/runs/4711").status_code == 404
    with transaction(engine) as connection:
        assert len(connection.execute(select(Run.id)).all()) == 2


def test_a_person_overrules_a_run_until_it_is_decided(client: TestClient, engine: Engine) -> None:
    id = client.post("/v1/runs").json()["id"]
    kept = client.post(f"/v1/runs/{id}/overrule", json={"promote": False, "reason": "an audit runs"})
    assert (kept.status_code, kept.json()["keep"], kept.json()["force"]) == (200, "an audit runs", None)
    forced = client.post(f"/v1/runs/{id}/overrule", json={"promote": True, "reason": "must see it"}).json()
    assert (forced["keep"], forced["force"]) == (None, "must see it")
    assert client.post(f"/v1/runs/{id}/overrule", json={"promote": True, "reason": ""}).status_code == 422
    assert client.post("/v1/runs/4711/overrule", json={"promote": True, "reason": "x"}).status_code == 404
    with transaction(engine) as connection:
        claim = claims.take(connection, id, NOON)
        assert claim
        claims.fail(connection, claim, "no", NOON)
    late = client.post(f"/v1/runs/{id}/overrule", json={"promote": True, "reason": "too late"})
    assert (late.status_code, "is decided" in late.json()["detail"]) == (409, True)


def test_a_run_is_cancelled_once(client: TestClient, engine: Engine) -> None:
    id = client.post("/v1/runs").json()["id"]
    assert client.post(f"/v1/runs/{id}/cancel").json()["state"] == "cancelled"
    again = client.post(f"/v1/runs/{id}/cancel")
    assert (again.status_code, "cancelled" in again.json()["detail"]) == (409, True)
    assert client.post("/v1/runs/4711/cancel").status_code == 404
    assert client.post("/v1/runs").status_code == 202, "another may begin"


def register(engine: Engine, *versions: str) -> None:
    base = Base(name="base", sha256="0")
    with transaction(engine) as connection:
        for number, version in enumerate(versions):
            at = NOON + number * timedelta(minutes=1)
            manifest = Manifest(version=version, base=base, created_at=at, sentiments=["negative"], topics=["Macro"])
            models.register(connection, manifest, f"store/{version}")


def test_the_pointer_moves_to_known_versions_and_back(client: TestClient, engine: Engine) -> None:
    assert client.get("/v1/models").json() == {"champion": None, "drifts": [], "models": [], "servers": []}
    assert client.post("/v1/models/rollback", json={"reason": "too early"}).status_code == 409
    register(engine, "m1", "m2")
    for version in ("m1", "m2"):
        moved = client.post("/v1/models/promote", json={"version": version, "reason": "better"})
        assert moved.json() == {"champion": version, "moved": True}
    assert client.post("/v1/models/promote", json={"version": "m2", "reason": "again"}).json()["moved"] is False
    unknown = client.post("/v1/models/promote", json={"version": "m3", "reason": "hope"})
    assert (unknown.status_code, "'m3'" in unknown.json()["detail"]) == (404, True)
    assert client.post("/v1/models/rollback", json={"reason": "worse"}).json() == {"champion": "m1", "moved": True}
    with transaction(engine) as connection:
        models.report_server(connection, "scorer-1", "m1", "", NOON)
        moves = connection.execute(select(Promotion.actor, Promotion.reason).order_by(Promotion.id)).all()
    assert [tuple(move) for move in moves] == [("api", "better"), ("api", "better"), ("api", "worse")]
    told = client.get("/v1/models").json()
    assert told["champion"] == "m1"
    assert [(model["version"], model["champion"]) for model in told["models"]] == [("m2", False), ("m1", True)]
    seen = {"since": "2026-03-05T12:00:00Z", "seen_at": "2026-03-05T12:00:00Z"}
    assert told["servers"] == [{"instance": "scorer-1", "version": "m1", "error": "", **seen}]


def test_a_model_without_files_is_not_promoted(client: TestClient, engine: Engine) -> None:
    register(engine, "m1", "m2")
    with transaction(engine) as connection:
        assert pruning.prune(connection, keep=1, at=NOON) == ["m1"]
    refused = client.post("/v1/models/promote", json={"version": "m1", "reason": "hope"})
    assert (refused.status_code, "import them first" in refused.json()["detail"]) == (409, True)
    assert [model["pruned_at"] for model in client.get("/v1/models").json()["models"]] == [None, "2026-03-05T12:00:00Z"]


def test_a_promotion_needs_a_reason(client: TestClient, engine: Engine) -> None:
    register(engine, "m1")
    for body in ({"version": "m1"}, {"version": "m1", "reason": ""}, {"version": "m1", "reason": "NUL \0"}):
        assert client.post("/v1/models/promote", json=body).status_code == 422


def raise_alerts(engine: Engine, count: int) -> list[int]:
    with transaction(engine) as connection:
        ids = []
        for number in range(count):
            stream, state = ("live", "replay")[number % 2], ("firing", "pending")[number % 3 > 0]
            said = Raised(stream, "spike", "topic", f"T{number}", "severe", 9, 1.5, 1e-9, "m1", {"n": number})
            ids.append(alerts.raise_(connection, said, state, NOON, NOON))
            alerts.record(connection, ids[-1], state, NOON, NOON, actor="alerts", note="first")
    return ids


def test_pages_of_alerts_lose_and_repeat_nothing(client: TestClient, engine: Engine) -> None:
    ids = raise_alerts(engine, 7)
    found, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/v1/alerts?limit=3&cursor={cursor}").json()
        found += [alert["id"] for alert in page["items"]]
        cursor = page["next_cursor"]
    assert found == ids[::-1]


def test_alerts_are_narrowed_by_stream_and_states(client: TestClient, engine: Engine) -> None:
    ids = raise_alerts(engine, 6)
    narrowed = {
        "stream=live": [ids[4], ids[2], ids[0]],
        "state=firing": [ids[3], ids[0]],
        "state=firing&state=pending&stream=replay": [ids[5], ids[3], ids[1]],
        "state=resolved": [],
        "state=&stream=": ids[::-1],
    }
    for query, wanted in narrowed.items():
        assert [alert["id"] for alert in client.get(f"/v1/alerts?{query}").json()["items"]] == wanted, query


def test_an_alert_is_told_with_its_history(client: TestClient, engine: Engine) -> None:
    [id] = raise_alerts(engine, 1)
    noon = "2026-03-05T12:00:00Z"
    assert client.get(f"/v1/alerts/{id}").json() == {
        "id": id,
        "fingerprint": "live/spike/topic/T0",
        "stream": "live",
        "rule": "spike",
        "dimension": "topic",
        "key": "T0",
        "state": "firing",
        "severity": "severe",
        "pending_at": noon,
        "fired_at": noon,
        "resolved_at": None,
        "resolved_by": None,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "assignee": None,
        "snoozed_until": None,
        "silenced": False,
        "verdict": None,
        "verdict_reason": None,
        "verdict_by": None,
        "verdict_at": None,
        "observed": 9,
        "expected": 1.5,
        "p_value": 1e-9,
        "model_version": "m1",
        "evidence": {"n": 0},
        "incident": None,
        "history": [{"state": "firing", "at": noon, "recorded_at": noon, "actor": "alerts", "note": "first"}],
    }
    assert client.get(f"/v1/alerts/{id + 1}").status_code == 404


def test_a_streams_clock_is_its_watermark(client: TestClient, engine: Engine) -> None:
    event, hour = datetime(1987, 6, 19, 12, tzinfo=UTC), timedelta(hours=1)
    with transaction(engine) as connection:
        rows = [{"name": "live", "newest_event": NOON, "newest_at": NOON}]
        rows += [{"name": "replay", "newest_event": event, "newest_at": NOON - hour}]
        connection.execute(insert(Stream), rows)
        ticks = [{"stream": "replay", "partition": n, "event_time": event - n * hour} for n in range(2)]
        connection.execute(insert(StreamTick), ticks)
    live, replay = client.get("/v1/streams").json()["items"]
    assert live == {
        "name": "live",
        "newest_event": "2026-03-05T12:00:00Z",
        "clock": "2026-03-05T11:50:00Z",
        "evaluated_to": None,
    }
    assert (replay["name"], replay["clock"]) == ("replay", "1987-06-19T11:00:00Z")
