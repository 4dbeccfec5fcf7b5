"""A scorer over an in-memory Kafka and a real Postgres, and a model that needs no model."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from lexicon import LexiconEngine
from sqlalchemy import Engine as Database
from sqlalchemy import text

from bearometer_scorer.dead_letters import DeadLetters
from bearometer_scorer.loop import Scorer
from bearometer_shared.clock import ManualClock
from bearometer_shared.entities import Linker, default_linker
from bearometer_shared.inference.engine import Engine
from bearometer_shared.kafka.memory import MemoryBroker, MemoryConsumer, MemoryProducer
from bearometer_shared.kafka.port import NEWS_DLQ, NEWS_RAW, NEWS_SCORED
from bearometer_shared.settings import Settings
from bearometer_shared.storage.session import transaction

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


@dataclass
class FixedServing:
    """Serves whatever engine it holds."""

    engine: Any = field(default_factory=LexiconEngine)

    def current(self) -> Engine:
        return self.engine  # type: ignore[no-any-return]  # the lexicon has the engine's face


@dataclass
class Rig:
    settings: Settings
    database: Database
    broker: MemoryBroker = field(default_factory=MemoryBroker)
    serving: FixedServing = field(default_factory=FixedServing)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    def scorer(self, linker: Callable[[], Linker] = default_linker) -> Scorer:
        producer = MemoryProducer(self.broker)
        consumer = MemoryConsumer(self.broker, NEWS_RAW, "group")
        letters = DeadLetters(producer, self.clock, self.settings.dead_letter_share)
        return Scorer(
            self.settings,
            consumer,
            producer,
            self.database,
            self.serving,
            letters,
            self.clock,  # type: ignore[arg-type]  # FixedServing has Serving's one verb
            linker,
        )

    def publish(self, *items: bytes | dict[str, Any]) -> None:
        producer = MemoryProducer(self.broker)
        for item in items:
            value = item if isinstance(item, bytes) else json.dumps(item).encode()
            producer.send(NEWS_RAW, item.get("id", "") if isinstance(item, dict) else "", value)
        producer.flush()

    def rows(self, query: str) -> list[Any]:
        with transaction(self.database) as connection:
            return list(connection.execute(text(query)))

    def scored_ids(self) -> list[str]:
        return [json.loads(r.value)["article_id"] for r in self.topic(NEWS_SCORED)]

    def letters(self) -> list[dict[str, Any]]:
        return [json.loads(r.value) for r in self.topic(NEWS_DLQ)]

    def topic(self, name: str) -> list[Any]:
        return [record for log in (self.broker.logs.get(p, []) for p in self.broker.of(name)) for record in log]


def item(n: int, title: str = "", **more: Any) -> dict[str, Any]:
    at = (NOW - timedelta(minutes=1)).isoformat()
    return {"id": f"n{n}", "title": title or f"Company {n} reports", "source": "wire", "published_at": at, **more}


def drain(scorer: Scorer, steps: int = 6) -> None:
    for _ in range(steps):
        scorer.step(0)
