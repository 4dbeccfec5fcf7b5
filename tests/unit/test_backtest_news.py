"""A history of news through the service's detector: the same counts and alerts as over the database, no servers."""

import gzip
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lexicon import LexiconEngine

from bearometer_alerts import times
from bearometer_alerts.backtest import model, news_file, spikes
from bearometer_alerts.backtest.history import History
from bearometer_alerts.rule import SPIKE
from bearometer_shared.errors import UserError
from bearometer_shared.storage import story_keys, trends
from bearometer_shared.storage.story_keys import Change
from bearometer_shared.wire import news_item

START = datetime(2026, 3, 2, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def item(minute: float, what: str = "unchanged", **fields: Any) -> dict[str, Any]:
    """A story of its own: names that no other minute has."""
    at, number = START + timedelta(minutes=minute), round(minute * 100)
    title = f"{name(number)} {name(number + 77_777)} {name(3 * number + 1)} {what}"
    return {"id": f"{minute}-{what}", "published_at": at.isoformat(), "title": title, **fields}


def name(number: int) -> str:
    return "".join("abcdefghij"[int(digit)] for digit in f"{number:06}").title()


def taken(rows: list[dict[str, Any]]) -> History:
    found = History()
    for _ in found.take((news_item(row, received_at=NOW, stream="backtest") for row in rows), LexiconEngine()):
        pass
    return found


def days(count: int) -> list[dict[str, Any]]:
    """Twenty items an hour, one in ten negative."""
    return [item(n * 3, "cuts fees" if n % 10 == 0 else "unchanged") for n in range(count * 480)]


def burst(at: float) -> list[dict[str, Any]]:
    return [
        item(at + n, "Corwen halted", source="Meridian", tickers=["CRWB"], url="https://example.com/a")
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


def test_each_rule_fires_for_itself() -> None:
    both = [SPIKE, replace(SPIKE, name="companies", dimensions=("ticker",))]
    found = taken([*days(1), *burst(1440)])
    assert [alert.key for alert in spikes.alerts(found, both)].count("CRWB") == 2
    assert {alert.dimension for alert in spikes.alerts(found, both[1:])} == {"ticker"}


def test_a_rule_may_ask_for_sectors() -> None:
    """As in the service: a set's stories are its members'."""
    found = taken([*days(1), *(row | {"tickers": ["JPM"]} for row in burst(1440))])
    (of_bank,) = [one for one in spikes.alerts(found) if one.key == "JPM"]
    (alert,) = spikes.alerts(found, [replace(SPIKE, name="sectors", dimensions=("sector",))])
    assert (alert.dimension, alert.key) == ("sector", "Financials")
    assert (alert.fired_at, alert.observed, alert.stories) == (of_bank.fired_at, of_bank.observed, of_bank.stories)


def test_a_rule_may_ask_for_more_than_one_source() -> None:
    two = [replace(SPIKE, dimensions=("ticker",), sources=2)]
    assert spikes.alerts(taken([*days(1), *burst(1440)]), two) == []
    others = [row | {"source": f"wire {n % 2}"} for n, row in enumerate(burst(1440))]
    assert [one.key for one in spikes.alerts(taken([*days(1), *others]), two)] == ["CRWB"]


def test_minutes_are_those_of_the_trends() -> None:
    """Against the trends' own sums over all rows at once, in whatever batches the model read them."""
    rows = with_burst()
    found = taken([*rows, *copies(rows[-40:])]).minutes()
    news = (news_item(row, received_at=NOW, stream="backtest") for row in rows)
    all_rows = [row for batch in History().scored(news, LexiconEngine()) for row in batch]
    changes = [Change(of, None, first) for of, first in trends.firsts(all_rows).items()]
    totals = story_keys.counts(changes)
    for minute in found:
        at = times.start(minute.at)
        assert minute.items == totals["backtest", "all", "all", at]["stories"]
        for key in (("all", "all"), ("ticker", "CRWB")):
            assert minute.negatives.get(key, 0) == totals.get(("backtest", *key, at), Counter())["negative_stories"]
    assert sum(minute.items for minute in found) == len(rows)


def copies(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same texts again, a quarter of an hour after the last one."""
    at = datetime.fromisoformat(rows[-1]["published_at"]) + timedelta(minutes=15)
    return [row | {"id": f"copy of {row['id']}", "published_at": at.isoformat()} for row in rows]


def test_the_copies_of_one_report_are_no_spike() -> None:
    (report,) = burst(1440)[:1]
    again = [report | {"id": f"copy {n}", "source": f"source {n}"} for n in range(30)]
    found = taken([*days(1), report, *again])
    assert found.items == 480 + 31
    assert not [alert for alert in spikes.alerts(found) if alert.key == "CRWB"]


def test_a_story_stands_once_on_the_evidence() -> None:
    loud = [one for report in burst(1440) for one in (report, report | {"id": f"copy of {report['id']}"})]
    (alert,) = [alert for alert in spikes.alerts(taken([*days(1), *loud])) if alert.key == "CRWB"]
    assert len({story.title for story in alert.stories}) == len(alert.stories) >= 4


def test_what_is_late_or_repeated_counts_nowhere() -> None:
    rows = [item(0), item(10), item(10), item(9.5), item(2), item(11)]
    found = taken(rows)
    assert (found.items, found.late, found.repeated) == (3, 2, 1)


def test_items_out_of_order_within_a_minute_all_count() -> None:
    found = taken([item(0), item(0.9), item(0.5), item(1.2)])
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
