"""A history of news through the service's detector: the same counts and alerts as over the database, no servers."""

import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lexicon import LexiconEngine

from bearometer_alerts import times
from bearometer_alerts.backtest import history, model, news_file, spikes
from bearometer_alerts.backtest.history import History
from bearometer_shared.errors import UserError
from bearometer_shared.storage import trends
from bearometer_shared.wire import news_item

START = datetime(2026, 3, 2, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def item(minute: float, title: str = "Shares are unchanged", **fields: Any) -> dict[str, Any]:
    at = START + timedelta(minutes=minute)
    return {"id": f"{minute}-{title[:12]}", "published_at": at.isoformat(), "title": title, **fields}


def taken(rows: list[dict[str, Any]]) -> History:
    found = History()
    for _ in found.take((news_item(row, received_at=NOW, stream="backtest") for row in rows), LexiconEngine()):
        pass
    return found


def days(count: int) -> list[dict[str, Any]]:
    """Twenty items an hour, one in ten negative."""
    return [item(n * 3, "Fund cuts its fees" if n % 10 == 0 else "Shares are unchanged") for n in range(count * 480)]


def burst(at: float) -> list[dict[str, Any]]:
    return [
        item(at + n, f"Corwen halted {n}", source="Meridian", tickers=["CRWB"], url="https://example.com/a")
        for n in range(12)
    ]


def with_burst() -> list[dict[str, Any]]:
    return sorted([*days(3), *burst(3000)], key=lambda row: str(row["published_at"]))


def test_a_burst_fires_with_its_stories_and_resolves() -> None:
    alerts = [alert for alert in spikes.alerts(taken(with_burst())) if alert.key == "CRWB"]
    (alert,) = alerts
    assert START + timedelta(minutes=3000) < alert.fired_at < START + timedelta(minutes=3012)
    assert alert.resolved_at is not None
    assert alert.observed >= 4
    assert alert.p_value < 1e-4
    until = START + timedelta(minutes=3012)
    assert alert.stories
    assert all("Corwen" in story.title and story.published_at < until for story in alert.stories)
    assert {(story.source, story.score) for story in alert.stories} == {("Meridian", -0.75)}


def test_an_alert_that_gets_worse_stays_one_and_fired_when_it_first_did() -> None:
    first = spikes.alerts(taken([*days(1), *burst(1440)[:5]]))
    worse = spikes.alerts(taken([*days(1), *burst(1440)]))
    of_bank = [[alert for alert in alerts if alert.key == "CRWB"] for alerts in (first, worse)]
    assert [len(alerts) for alerts in of_bank] == [1, 1]
    assert of_bank[0][0].fired_at == of_bank[1][0].fired_at
    assert of_bank[0][0].observed < of_bank[1][0].observed


def test_minutes_are_those_of_the_trends() -> None:
    """Against the trends' own sums over all rows at once, in whatever batches the model read them."""
    rows = with_burst()
    found = taken(rows)
    engine = LexiconEngine()
    items = [news_item(row, received_at=NOW, stream="backtest") for row in rows]
    scored = engine.score([one.title for one in items])
    both = zip(items, scored, strict=True)
    totals = trends.increments([history._row(one, score, engine.version) for one, score in both])
    for minute in found.minutes():
        key = ("backtest", "all", "all", times.start(minute.at))
        assert minute.items == totals[key]["items"]
        assert minute.negatives.get(("all", "all"), 0) == totals[key]["negative"]
    assert sum(minute.items for minute in found.minutes()) == len(rows)


def test_what_is_late_or_repeated_counts_nowhere() -> None:
    rows = [item(0), item(10), item(10), item(9.5, "Out of order"), item(2, "Very late"), item(11)]
    found = taken(rows)
    assert (found.items, found.late, found.repeated) == (3, 2, 1)


def test_items_out_of_order_within_a_minute_all_count() -> None:
    found = taken([item(0), item(0.9), item(0.5, "A little later"), item(1.2)])
    assert (found.items, found.late) == (4, 0)
    assert [minute.items for minute in found.minutes()] == [3, 1]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_lines_that_are_no_news_or_have_no_date_are_told_with_their_number(tmp_path: Path, pack: Any) -> None:
    lines = [json.dumps(item(0)), "", "{not json", '{"title": "No date"}', "[]", json.dumps(item(1))]
    file, told = tmp_path / "news", list[str]()
    file.write_bytes(pack("\n".join(lines).encode()))
    assert len(list(news_file.items(file, NOW, told.append))) == 2
    assert [line.split(":")[0].rpartition(" ")[2] for line in told] == ["3", "4", "5"]
    assert "published_at: missing" in told[1]


def test_a_damaged_archive_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "news.gz").write_bytes(gzip.compress(json.dumps(item(0)).encode() * 1000)[:-20])
    with pytest.raises(UserError, match=r"news\.gz cannot be read beyond line"):
        list(news_file.items(tmp_path / "news.gz", NOW, print))


def test_without_the_training_kit_a_model_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model, "GROUP", "nobody.offers.this")
    with pytest.raises(UserError, match="--model"):
        model.load(None, print)
