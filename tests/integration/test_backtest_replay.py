"""A back-test says of a file what the service says when the same file is replayed through Kafka and Postgres."""

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import ascii_lowercase
from typing import Any, NamedTuple

import pytest
from lexicon import LexiconEngine
from sqlalchemy import Engine as Database
from sqlalchemy import text

from bearometer_alerts import times
from bearometer_alerts.backtest import news_file, spikes
from bearometer_alerts.backtest.history import History
from bearometer_alerts.evaluate import Evaluator
from bearometer_alerts.recording import KAFKA
from bearometer_alerts.rule import Key
from bearometer_ingest.connection import connect as producer_for
from bearometer_ingest.delivery import Delivery
from bearometer_ingest.pace import Pace
from bearometer_ingest.replay import Replay
from bearometer_scorer.dead_letters import DeadLetters
from bearometer_scorer.loop import Scorer
from bearometer_shared.clock import ManualClock
from bearometer_shared.inference.engine import Engine, Opinion, Score
from bearometer_shared.kafka.consumer import RealConsumer
from bearometer_shared.kafka.port import NEWS_RAW
from bearometer_shared.kafka.producer import RealProducer
from bearometer_shared.lines import opened
from bearometer_shared.settings import Settings
from bearometer_shared.storage import alerts
from bearometer_shared.storage.session import connect, transaction

SAMPLE = Path(__file__).parents[2] / "services" / "bearometer_cli" / "sample" / "day.jsonl"
NOW = datetime(2026, 8, 1, tzinfo=UTC)
STREAM = "sample"
PACED = 1000.0  # whole seconds are then whole milliseconds: a manual clock cannot sleep less than a microsecond
PATIENCE = 400  # steps of the scorer, most of which wait for Kafka
GRIM = re.compile("Corwen|fell|falls|drops|plunges|cuts|downgrad|halt|probe|slump|warns|weak|miss", re.IGNORECASE)


class Told(NamedTuple):
    """What both must say of an alert; `fired_at` to the minute."""

    dimension: str
    key: str
    fired_at: datetime
    severity: str
    observed: float
    incident: Key  # the key at its head


class GrimEngine(LexiconEngine):
    """Takes whatever names the bank, or sounds bad, for negative: a day on which something fires."""

    def _one(self, text: str) -> Score:
        grim = Score(800_000, 150_000, 50_000, "Financials", 900_000)
        return grim if GRIM.search(text) else super()._one(text)

    def towards(self, pairs: Sequence[tuple[str, str]]) -> list[Opinion]:
        return [self._one(text) for text, _ in pairs]


@dataclass
class Serving:
    """Serves one engine."""

    engine: GrimEngine

    def current(self) -> Engine:
        return self.engine  # type: ignore[return-value]  # the lexicon has the engine's face


class Silent:
    """A replay's watcher that expects no bad line."""

    def sent(self, _count: int, _event_time: datetime) -> None:
        pass

    def bad(self, number: int, reason: str) -> None:
        raise AssertionError(f"line {number}: {reason}")


@dataclass
class Service:
    """Scorer and evaluator in turns, on the real Kafka and the real Postgres."""

    settings: Settings
    database: Database
    scorer: Scorer
    evaluator: Evaluator

    def replay(self, file: Path, speed: float | None) -> datetime:
        """Sends a file; returns the minute that its last tick closes."""
        clock = ManualClock(NOW)
        delivery = Delivery(lambda: producer_for(self.settings), lambda _seconds: True)
        with closing(delivery), opened(str(file)) as news:
            counts = Replay(delivery, STREAM, Pace(speed, clock), clock, 10**6).run(news.lines(), Silent())
        assert counts.newest
        return times.floor(counts.newest + timedelta(minutes=1))

    def run_until(self, minute: datetime) -> None:
        for _ in range(PATIENCE):
            self.scorer.step()
            while self.evaluator.look():
                pass
            if self._closed_to() == minute:
                return
        raise AssertionError(f"closed to {self._closed_to()}, not to {minute}")

    def told(self) -> list[Told]:
        with transaction(self.database) as connection:
            fired = [alert for alert in alerts.listing(connection, STREAM) if alert["fired_at"]]
        heads = {alert["id"]: (alert["dimension"], alert["key"]) for alert in fired}
        return [
            told(
                alert["dimension"],
                alert["key"],
                alert["fired_at"],
                alert["severity"],
                alert["observed"],
                heads[alert["incident"]],
            )
            for alert in fired
        ]

    def _closed_to(self) -> datetime | None:
        with transaction(self.database) as connection:
            return connection.execute(text("SELECT max(evaluated_to) FROM streams")).scalar()


def told(dimension: str, key: str, fired_at: datetime, severity: str, observed: float, head: Key) -> Told:
    return Told(dimension, key, times.floor(fired_at.astimezone(UTC)), severity, observed, head)


@pytest.fixture
def service(settings_for: Callable[..., Settings], fresh_kafka: Callable[..., None]) -> Iterator[Service]:
    """Small batches, so that scorer and evaluator take turns all day long."""
    fresh_kafka(partitions=2)
    settings, clock = settings_for(batch_items=16), ManualClock(NOW)
    database, producer = connect(settings), RealProducer(settings)
    consumer = RealConsumer(settings, NEWS_RAW, settings.group)
    letters = DeadLetters(producer, clock, settings.dead_letter_share)
    scorer = Scorer(settings, consumer, producer, database, Serving(GrimEngine()), letters, clock)  # type: ignore[arg-type]  # Serving has the one verb
    made = Service(settings, database, scorer, Evaluator(settings, database, clock, [KAFKA]))
    yield made
    made.evaluator.close()
    scorer.close()
    database.dispose()


def backtest(file: Path) -> list[Told]:
    history = History()
    for _ in history.take(news_file.items(file, NOW, print), GrimEngine()):
        pass
    found = spikes.alerts(history)
    heads = {alert.incident: (alert.dimension, alert.key) for alert in reversed(found)}
    return [told(a.dimension, a.key, a.fired_at, a.severity, a.observed, heads[a.incident]) for a in found]


@pytest.mark.parametrize("speed", [None, PACED], ids=["as fast as it can", "paced, with ticks in silences"])
def test_a_backtest_and_a_live_replay_of_one_file_raise_the_same_alerts(service: Service, speed: float | None) -> None:
    service.run_until(service.replay(SAMPLE, speed))
    live = sorted(service.told())
    assert live == sorted(backtest(SAMPLE))
    assert ("ticker", "CRWB") in {(alert.dimension, alert.key) for alert in live}


def test_they_agree_on_syndicated_copies_whichever_is_read_first(service: Service, tmp_path: Path) -> None:
    """Copies have ids of their own, so that many lie on the other partition."""
    file = tmp_path / "copied.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in with_copies(SAMPLE)))
    service.run_until(service.replay(file, None))
    live = sorted(service.told())
    assert live == sorted(backtest(file)) == sorted(backtest(SAMPLE))


def test_they_group_keys_that_move_together_alike(service: Service, tmp_path: Path) -> None:
    file = tmp_path / "loud.jsonl"
    file.write_text("".join(f"{json.dumps(row)}\n" for row in with_trouble(SAMPLE)))
    service.run_until(service.replay(file, None))
    live = sorted(service.told())
    assert live == sorted(backtest(file))
    of = {alert[:2]: alert.incident for alert in live}
    assert of["topic", "Financials"] == of["ticker", "CRWB"] != of["ticker", "HRTB"] == ("ticker", "HRTB")


def with_trouble(file: Path) -> list[dict[str, Any]]:
    """Besides, stories of two banks, none a copy of another: of one at eight o'clock, of the other at four."""
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    more = [story(rows[0], bank, hour, n) for bank, hour in (("HRTB", 8), ("CRWB", 16)) for n in range(24)]
    return sorted([*rows, *more], key=lambda row: str(row["published_at"]))


def story(row: dict[str, Any], bank: str, hour: int, number: int) -> dict[str, Any]:
    words = random.Random(f"{bank} {number}")  # noqa: S311 - made up, no secret
    title = " ".join("".join(words.choices(ascii_lowercase, k=7)) for _ in range(8)) + " slump"
    at = datetime.fromisoformat(row["published_at"]).replace(hour=hour, minute=5 + number)
    made = {"id": f"{bank}-{number}", "title": title, "source": f"agency {number % 5}", "url": "", "body": ""}
    return row | made | {"tickers": [bank], "published_at": at.isoformat()}


def with_copies(file: Path) -> list[dict[str, Any]]:
    """Each grim report again from three agencies, within minutes."""
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    copies = [copy(row, agency) for row in rows if GRIM.search(row["title"]) for agency in range(1, 4)]
    return sorted([*rows, *copies], key=lambda row: str(row["published_at"]))


def copy(row: dict[str, Any], agency: int) -> dict[str, Any]:
    at = datetime.fromisoformat(row["published_at"]) + timedelta(minutes=agency)
    return row | {"id": f"{row['id']}-{agency}", "source": f"agency {agency}", "published_at": at.isoformat()}
