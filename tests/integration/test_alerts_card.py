"""An alert's evidence over real Postgres: stories and their copies, the window, the curve, and words added later."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import small_artifact
from pydantic import SecretStr
from sqlalchemy import Engine, update

from bearometer_alerts import card, times
from bearometer_alerts.detector import Step
from bearometer_alerts.lifecycle import Verdict
from bearometer_alerts.words import Explain, Words, load
from bearometer_api.evidence import Evidence, StoryEvidence
from bearometer_shared.errors import ArtifactError
from bearometer_shared.inference.store import Store
from bearometer_shared.settings import Settings
from bearometer_shared.storage import alert_words, alerts, articles, streams, trends, watchlists
from bearometer_shared.storage.alert_tables import Alert
from bearometer_shared.storage.alerts import Raised
from bearometer_shared.storage.articles import ArticleRow
from bearometer_shared.storage.learning_tables import ModelVersion
from bearometer_shared.storage.session import connect, transaction
from bearometer_shared.wire import News

NOON = times.number(datetime(2026, 3, 2, 12, tzinfo=UTC))  # the end of the alert's window
NOW = times.start(NOON)
SEEN = Verdict(observed=3, expected=0.5, p_value=1e-5, dispersion=0.4, items=10)
Row = dict[str, Any]


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    yield engine
    engine.dispose()


def row(ago: int, id: str, story: str = "", p: float = 0.9, **fields: Any) -> ArticleRow:
    """An item that was published `ago` minutes before noon."""
    at, negative = times.start(NOON - ago), round(p * 1e6)
    said: dict[str, Any] = {
        "sentiment": "negative",
        "negative": negative,
        "neutral": 1_000_000 - negative,
        "signed": -negative,
    }
    known: dict[str, Any] = {
        "title": f"Trouble {id}",
        "url": f"https://news.example/{id}",
        "source": "Wire",
        "tickers": ["CRWB"],
    }
    known |= {"late": False}
    return ArticleRow(
        stored_on=NOW.date(),
        stream="live",
        id=id,
        published_at=at,
        received_at=at,
        stored_at=at,
        future=False,
        body="",
        lang="en",
        batch=uuid.uuid4(),
        model_version="m1",
        positive=0,
        topic="Financials",
        topic_p=900_000,
        story=story,
        **{**known, **said, **fields},
    )


def put(engine: Engine, *rows: ArticleRow) -> None:
    news = [
        News(stream="live", id=row.id, published_at=row.published_at, received_at=NOW, title=row.title) for row in rows
    ]
    with transaction(engine) as connection:
        streams.lock(connection, {"live": NOW}, NOW, times.MINUTE)
        articles.claim(connection, news, NOW.date())
        articles.insert(connection, rows)
        trends.add(connection, rows)


def evidence(engine: Engine, dimension: str = "ticker", key: str = "CRWB", seen: Verdict = SEEN) -> Row:
    step = Step((dimension, key), "firing", NOON - 1, "watch", True, seen)
    with transaction(engine) as connection:
        return card.evidence_of(connection, "live", step, seen.minutes or 60)


def test_a_story_weighs_by_its_first_item_whatever_its_copies_say(engine: Engine) -> None:
    copies = [row(20 - n, f"copy{n}", "first", p=0.99, source=f"Copier {n % 2}") for n in range(3)]
    put(engine, row(30, "first", p=0.6), *copies, row(25, "other", p=0.9, source="Desk"))
    found = evidence(engine)
    assert [(story["id"], story["contribution"]) for story in found["top"]] == [("other", 0.6), ("first", 0.4)]
    first = found["top"][1]
    assert (first["score"], first["negative"], first["copies"], first["sources"]) == (-0.6, 0.6, 3, 3)
    assert first["copied_by"] == [{"source": "Copier 0", "items": 2}, {"source": "Copier 1", "items": 1}]
    assert (first["source"], first["url"]) == ("Wire", "https://news.example/first")
    assert first["published_at"] == "2026-03-02T11:30:00Z"
    assert (found["negatives"], found["stories"], found["sources"]) == (5, 2, 4)


def test_a_story_that_was_told_before_the_window_is_no_evidence_in_it(engine: Engine) -> None:
    put(engine, row(90, "old"), row(20, "old again", "old"), row(10, "new"))
    found = evidence(engine)
    assert [story["id"] for story in found["top"]] == ["new"]
    assert (found["negatives"], found["stories"]) == (2, 1)


def test_the_stories_are_as_many_as_the_detector_counts(engine: Engine) -> None:
    put(engine, row(59, "a"), row(58, "a2", "a"), row(30, "b"), row(1, "c"), row(0, "after"), row(61, "before"))
    found = evidence(engine)
    assert found["stories"] == sum(found["curve"]["negatives"][-12:]) == 3


def test_late_and_friendly_items_and_other_keys_stay_out(engine: Engine) -> None:
    kind = {"sentiment": "positive", "negative": 0, "signed": 900_000}
    put(engine, row(5, "a"), row(5, "late", late=True), row(5, "kind", **kind), row(5, "else", tickers=["GRBN"]))
    assert [story["id"] for story in evidence(engine)["top"]] == ["a"]
    assert evidence(engine, "topic", "Energy")["top"] == []
    assert len(evidence(engine, "source", "Wire")["top"]) == len(evidence(engine, "all", "all")["top"]) == 2


def test_a_set_of_tickers_counts_a_story_that_names_two_of_them_once(engine: Engine) -> None:
    put(engine, row(5, "both", tickers=["CRWB", "GRBN"]), row(4, "one", tickers=["GRBN"]), row(3, "none", tickers=[]))
    with transaction(engine) as connection:
        watchlists.replace(connection, "Banks", ["CRWB", "GRBN"], NOW)
    found = evidence(engine, "watchlist", "Banks")
    assert {story["id"] for story in found["top"]} == {"both", "one"}
    assert sum(found["curve"]["negatives"]) == 2
    assert sum(found["curve"]["among"]) == 3
    assert evidence(engine, "watchlist", "Empty")["top"] == []


def test_the_curve_ends_with_the_window_and_begins_with_the_stream(engine: Engine) -> None:
    put(engine, row(192, "first"), row(7, "a"), row(6, "b"))
    found = evidence(engine)
    curve = found["curve"]
    assert curve["since"] == "2026-03-02T08:45:00Z"
    assert (curve["step_minutes"], len(curve["among"])) == (5, 39)
    assert curve["negatives"][-2:] == [2, 0]
    assert curve["expected"][0] == 0.05  # of 10 stories 0.5 were expected
    assert curve["threshold"][:11] == [None] * 11
    assert curve["threshold"][-1] >= 4
    assert found["covered"] == {"since": "2026-03-02T11:53:00Z", "until": "2026-03-02T11:55:00Z", "minutes": 2}


def test_a_drift_has_a_long_window_and_no_threshold(engine: Engine) -> None:
    put(engine, row(9 * 1440, "first"), row(7, "a"))
    drift = Verdict(observed=1, expected=0.5, p_value=1e-5, dispersion=0.0, items=10, minutes=10_080)
    found = evidence(engine, seen=drift)
    assert found["window_minutes"] == 10_080
    assert found["curve"]["step_minutes"] == 720
    assert set(found["curve"]["threshold"]) == {None}
    assert len(found["top"]) == 1


def test_a_card_with_nothing_behind_it_is_a_card(engine: Engine) -> None:
    found = evidence(engine, seen=Verdict(0, 0.0, 1.0, 0.4, 0))
    assert (found["top"], found["stories"], found["model_versions"]) == ([], 0, [])
    assert found["covered"] == {"since": None, "until": None, "minutes": 0}
    json.dumps(found)


def test_the_card_of_a_rush_stays_small(engine: Engine) -> None:
    put(engine, *(row(n % 540, f"{n:04}", source=f"Source {n % 40}") for n in range(1500)))
    found = evidence(engine)
    assert len(found["curve"]["among"]) == 108
    assert len(json.dumps(found)) < 10_000


def test_a_card_has_the_shape_that_the_api_describes(engine: Engine) -> None:
    put(engine, row(9, "a"), row(8, "a2", "a", source="Desk"))
    found = evidence(engine)
    assert found.keys() == Evidence.model_fields.keys() - {"words_missing"}
    assert found["top"][0].keys() == StoryEvidence.model_fields.keys() - {"words"}
    assert Evidence.model_validate(found).stories == 1


def alert_with(engine: Engine, evidence: Row, key: str = "CRWB") -> int:
    raised = Raised("live", "spike", "ticker", key, "watch", 3, 0.5, 1e-5, "m1", evidence)
    with transaction(engine) as connection:
        return alerts.raise_(connection, raised, "firing", NOW, NOW)


def shown(engine: Engine, id: int) -> Row:
    with transaction(engine) as connection:
        found = alerts.get(connection, id)
    assert found
    evidence: Row = found["evidence"]
    return evidence


def register(engine: Engine) -> None:
    made = ModelVersion(version="m1", location="m1", manifest={}, created_at=NOW)
    values = {
        name: getattr(made, name) for name in ("version", "parent", "location", "manifest", "run_id", "created_at")
    }
    with transaction(engine) as connection:
        connection.execute(ModelVersion.__table__.insert().values(**values))


def loud(text: str) -> list[tuple[str, int]]:
    """Says that each word carried as much as it is long."""
    return [(word, -len(word) * 10_000) for word in text.split()]


def test_words_are_added_once_the_alert_stands_by_the_model_that_scored(engine: Engine) -> None:
    register(engine)
    put(engine, *(row(n, f"item{n}", p=0.9 - n / 100) for n in range(1, 8)))
    id, loaded = alert_with(engine, evidence(engine)), list[str]()

    def loading(location: str) -> Explain:
        loaded.append(location)
        return loud

    words = Words(engine, loading)
    assert shown(engine, id)["words"] == "waiting"
    assert words.look()
    assert not words.look()
    found = shown(engine, id)
    assert found["words"] == "ready"
    assert found["top"][0]["words"] == [
        {"word": "Trouble", "contribution": -0.07},
        {"word": "item1", "contribution": -0.05},
    ]
    assert ["words" in story for story in found["top"]] == [True] * 5 + [False] * 2
    assert loaded == ["m1"]


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (ModuleNotFoundError("No module named 'onnxruntime'"), "No module named 'onnxruntime'"),
        (ArtifactError("model.onnx: changed"), "model.onnx: changed"),
        (RuntimeError("the runtime is odd"), "RuntimeError: the runtime is odd"),
    ],
)
def test_without_a_model_a_card_says_why_it_has_no_words(engine: Engine, failure: Exception, said: str) -> None:
    register(engine)
    put(engine, row(5, "a"))
    id = alert_with(engine, evidence(engine))

    def loading(location: str) -> Explain:
        raise failure

    words = Words(engine, loading)
    assert words.look()
    assert not words.look()
    assert (shown(engine, id)["words"], shown(engine, id)["words_missing"]) == ("missing", said)


def test_a_model_that_is_not_registered_is_a_reason_too(engine: Engine) -> None:
    put(engine, row(5, "a"))
    id = alert_with(engine, evidence(engine))
    assert Words(engine, lambda location: loud).look()
    assert shown(engine, id)["words_missing"] == "model m1 is not registered"


def test_a_card_that_was_replaced_meanwhile_keeps_what_is_new_and_waits_again(engine: Engine) -> None:
    register(engine)
    put(engine, row(5, "a"))
    old = evidence(engine)
    id = alert_with(engine, old)

    def loading(location: str) -> Explain:
        put(engine, row(4, "b"))
        alert_with(engine, evidence(engine))
        return loud

    words = Words(engine, loading)
    assert words.look()
    assert (shown(engine, id)["stories"], shown(engine, id)["words"]) == (2, "waiting")
    words = Words(engine, lambda location: loud)
    assert words.look()
    assert shown(engine, id)["words"] == "ready"


def test_the_stored_artifact_explains_a_headline(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    location = Store(settings).put(small_artifact.folder(), "made")
    found = load(settings, location)("Ardent warns of a loss")
    assert [word for word, _ in found] == ["Ardent", "warns", "of", "a", "loss"]
    assert sum(share for _, share in found) < 0


def test_one_service_explains_and_what_is_over_is_not_explained(engine: Engine) -> None:
    put(engine, row(5, "a"))
    alert_with(engine, evidence(engine))
    with transaction(engine) as first, transaction(engine) as second:
        assert alert_words.waiting(first)
        assert alert_words.waiting(second) is None
    with transaction(engine) as connection:
        connection.execute(update(Alert).values(state="resolved"))
        assert alert_words.waiting(connection) is None
