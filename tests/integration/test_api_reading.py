"""Articles and trends over real Postgres: pages lose nothing, filters and buckets say what the rows say."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from starlette.testclient import TestClient
from stored_rows import MINUTE, NOON, row, store

from bearometer_api.app import create_app
from bearometer_shared.kafka.memory import MemoryBroker, MemoryProducer
from bearometer_shared.settings import Settings
from bearometer_shared.storage import articles
from bearometer_shared.storage.session import connect, transaction

Store = Callable[..., None]
DERIVED = ("copies", "sources", "moving_mood")  # tests/integration/test_trend_reading.py looks at these


@pytest.fixture
def engine(postgres_url: str) -> Iterator[Engine]:
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    yield engine
    engine.dispose()


@pytest.fixture
def client(engine: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(), engine, MemoryProducer(MemoryBroker()))) as client:
        yield client


def pages(client: TestClient, query: str) -> list[list[str]]:
    """The ids on each page, followed to the end."""
    found, cursor = [], ""
    while cursor is not None:
        page = client.get(f"/v1/articles?{query}&cursor={cursor}").raise_for_status().json()
        found.append([item["id"] for item in page["items"]])
        cursor = page["next_cursor"]
    return found


def test_an_article_is_told_as_the_contract_says(client: TestClient, engine: Engine) -> None:
    store(engine, [row("a", url="https://news.example/a", body="More.")])
    assert client.get("/v1/articles").json() == {
        "items": [
            {
                "stream": "live",
                "id": "a",
                "published_at": "2026-03-05T12:00:00Z",
                "source": "wire",
                "title": "Item a",
                "body": "More.",
                "url": "https://news.example/a",
                "tickers": ["HWB"],
                "mentions": [{"ticker": "HWB", "sentiment": "negative", "score": -0.88}],
                "story": "a",
                "sentiment": "negative",
                "score": -0.88,
                "probabilities": {"negative": 0.9, "neutral": 0.08, "positive": 0.02},
                "topic": "Financials",
                "topic_probability": 0.75,
                "model_version": "m1",
                "late": False,
                "future": False,
            }
        ],
        "next_cursor": None,
    }


def test_pages_over_equal_times_lose_and_repeat_nothing(client: TestClient, engine: Engine) -> None:
    ids = [f"{n:02}" for n in range(30)]
    store(engine, [row(id, NOON + (int(id) // 10) * timedelta(microseconds=1)) for id in ids])
    for query in ("limit=7", "limit=1", "limit=30", "limit=7&ticker=HWB", "limit=7&topic=Financials"):
        found = [id for page in pages(client, query) for id in page]
        assert found == ids[20:] + ids[10:20] + ids[:10], query  # newest first, equal times by id


def test_an_item_that_comes_between_two_pages_disturbs_neither(client: TestClient, engine: Engine) -> None:
    store(engine, [row(f"{n}", NOON - n * MINUTE) for n in range(6)])
    first = client.get("/v1/articles?limit=3").json()
    with transaction(engine) as connection:
        articles.insert(connection, [row("new", NOON + MINUTE)])
    second = client.get(f"/v1/articles?limit=3&cursor={first['next_cursor']}").json()
    assert [item["id"] for item in first["items"] + second["items"]] == ["0", "1", "2", "3", "4", "5"]


def test_days_of_arrival_do_not_matter_to_the_order(client: TestClient, engine: Engine) -> None:
    days = [(datetime.now(UTC) + timedelta(days=n)).date() for n in (2, 0, 400, 1)]  # the third has no partition yet
    store(engine, [row(f"{n}", NOON - n * MINUTE, stored_on=day) for n, day in enumerate(days)])
    assert pages(client, "limit=3") == [["0", "1", "2"], ["3"]]
    assert pages(client, "limit=3&ticker=HWB") == [["0", "1", "2"], ["3"]]


FILTERED = {
    "": ["b", "a", "c"],
    "stream=replay": ["r"],
    "topic=Energy+|+Oil": ["b"],
    "ticker=$hwb": ["a", "c"],
    "ticker=OIL&sentiment=positive": ["b"],
    "ticker=hwb&source=blog": ["c"],
    "ticker=$": [],
    "source=wire": ["b", "a"],
    "sentiment=negative": ["a", "c"],
    "from=2026-03-05T12:00:00Z": ["b", "a"],
    "from=2026-03-05T12:00:00&to=2026-03-05T12:01:00Z": ["a"],
    "to=2026-03-05T13:00:00%2B01:00": ["c"],
    "stream=none": [],
}


def test_filters_narrow(client: TestClient, engine: Engine) -> None:
    good: dict[str, Any] = {"sentiment": "positive", "topic": "Energy | Oil", "tickers": ["OIL", "BRNT"]}
    before = NOON - MINUTE
    store(
        engine, [row("a"), row("b", NOON + MINUTE, **good), row("c", before, source="blog"), row("r", stream="replay")]
    )
    for query, ids in FILTERED.items():
        assert [item["id"] for item in client.get(f"/v1/articles?{query}").json()["items"]] == ids, query


def test_a_cursor_of_another_stream_is_refused(client: TestClient, engine: Engine) -> None:
    store(engine, [row("a"), row("b")])
    cursor = client.get("/v1/articles?limit=1").json()["next_cursor"]
    response = client.get(f"/v1/articles?stream=replay&cursor={cursor}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "query.cursor"


def test_buckets_hold_what_the_minutes_hold_and_gaps_are_told(client: TestClient, engine: Engine) -> None:
    positive: dict[str, Any] = {"sentiment": "positive", "signed": 400_000}
    store(engine, [row("a"), row("b", NOON + MINUTE, **positive), row("c", NOON + 11 * MINUTE)])
    answer = client.get("/v1/trends?step=300&from=2026-03-05T11:58:30Z&to=2026-03-05T12:11:01Z").json()
    assert (answer["from"], answer["to"]) == ("2026-03-05T11:55:00Z", "2026-03-05T12:15:00Z")  # whole buckets
    [series] = answer["series"]
    assert (series["dimension"], series["key"]) == ("all", "all")
    assert [{name: value for name, value in p.items() if name not in DERIVED} for p in series["points"]] == [
        point("11:55", 0, 0, None),
        point("12:00", 2, 1, -0.24, positive=1, stories=2, negative_stories=1),
        point("12:05", 0, 0, None),
        point("12:10", 1, 1, -0.88, stories=1, negative_stories=1),
    ]


def point(at: str, items: int, negative: int, mood: float | None, **counts: int) -> dict[str, Any]:
    none = {"neutral": 0, "positive": 0, "stories": 0, "negative_stories": 0}
    return {"at": f"2026-03-05T{at}:00Z", "items": items, "negative": negative, "mood": mood} | none | counts


def test_of_a_story_every_item_is_told_and_the_first_counts_in_a_bucket_of_any_width(
    client: TestClient, engine: Engine
) -> None:
    store(engine, [row("a"), row("b", NOON + MINUTE, story="a"), row("c", NOON + 61 * MINUTE, story="a")])
    articles = client.get("/v1/articles").json()["items"]
    assert [(item["id"], item["story"]) for item in articles] == [("c", "a"), ("b", "a"), ("a", "a")]
    for step, counts in ((60, [1]), (3600, [1]), (86_400, [1])):
        points = client.get(f"/v1/trends?step={step}&from=2026-03-05").json()["series"][0]["points"]
        assert sum(point["items"] for point in points) == 3
        assert [point["stories"] for point in points if point["stories"]] == counts


def test_every_step_counts_every_item_once(client: TestClient, engine: Engine) -> None:
    store(engine, [row(f"{n}", NOON - n * n * MINUTE) for n in range(20)])
    for step in (60, 420, 3600, 86_400, 604_800):
        points = client.get(f"/v1/trends?step={step}&from=2026-03-05T00:00:00Z").json()["series"][0]["points"]
        assert all(datetime.fromisoformat(point["at"]).timestamp() % step == 0 for point in points), step
        assert sum(point["items"] for point in points) == 20, step


def test_without_a_range_the_day_before_the_newest_event_is_told(client: TestClient, engine: Engine) -> None:
    at = datetime(1987, 6, 19, 12, 3, 30, tzinfo=UTC)
    store(engine, [row("a", at, stream="reuters"), row("old", at - timedelta(days=2), stream="reuters")])
    answer = client.get("/v1/trends?stream=reuters&step=3600").json()
    assert (answer["from"], answer["to"]) == ("1987-06-18T13:00:00Z", "1987-06-19T13:00:00Z")
    assert sum(point["items"] for point in answer["series"][0]["points"]) == 1


def test_topics_without_keys_are_those_with_items_and_most_of_them_first(client: TestClient, engine: Engine) -> None:
    other: dict[str, Any] = {"topic": "Energy | Oil"}
    store(engine, [row("a"), row("b", **other), row("c", **other), row("d", NOON - timedelta(days=3), topic="Macro")])
    series = client.get("/v1/trends?dimension=topic").json()["series"]
    assert [one["key"] for one in series] == ["Energy | Oil", "Financials"]


def test_keys_that_are_asked_for_are_told_in_their_order_even_when_empty(client: TestClient, engine: Engine) -> None:
    store(engine, [row("a")])
    series = client.get("/v1/trends?dimension=ticker&key=NONE&key=HWB&key=NONE").json()["series"]
    assert [(one["key"], sum(point["items"] for point in one["points"])) for one in series] == [("NONE", 0), ("HWB", 1)]


REFUSED = {
    "step=60&from=2026-01-01&to=2026-03-01": "84960 points",
    "from=2026-01-02&to=2026-01-01": "not before",
    "step=60&from=2026-03-01&to=2026-03-07&dimension=topic&" + "&".join(f"key={n}" for n in range(30)): "30 series",
}


def test_ranges_that_are_empty_or_too_fine_are_refused(client: TestClient) -> None:
    for query, said in REFUSED.items():
        response = client.get(f"/v1/trends?{query}")
        assert response.status_code == 422
        assert said in response.json()["detail"]


def test_a_stream_that_holds_nothing_is_empty_and_no_failure(client: TestClient) -> None:
    assert client.get("/v1/trends?stream=none&dimension=topic").json()["series"] == []
    assert client.get("/v1/articles?stream=none").json() == {"items": [], "next_cursor": None}
