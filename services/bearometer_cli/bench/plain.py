"""The plain ways of doing the scorer's job, as a newcomer to these libraries would write them.

One: transformers' pipeline, a message at a time, an INSERT each. The other: batches of 32, one INSERT of many rows.
Both read the same topic, use the same weights, and store a label and a probability: less than ours does.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from kafka import KafkaConsumer, TopicPartition

from bearometer_cli.bench import hugging_face
from bearometer_shared.inference.store import Store
from bearometer_shared.kafka.port import NEWS_RAW
from bearometer_shared.settings import Settings
from bearometer_shared.storage.models import Champion
from bearometer_shared.wire import News

BATCH = 32
TABLE = "CREATE TABLE IF NOT EXISTS plain (id text PRIMARY KEY, title text, label text, p float)"
INSERT = "INSERT INTO plain VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING"


class Plain:
    """A plain consumer of `news.raw`, from its beginning on."""

    def __init__(self, settings: Settings, champion: Champion) -> None:
        self._pipeline = hugging_face.text_classification(Store(settings).fetch(champion.location))
        self._database = psycopg.connect(settings.database_url.get_secret_value(), autocommit=True)
        self._database.execute(TABLE)
        self._kafka = KafkaConsumer(bootstrap_servers=settings.kafka, enable_auto_commit=False)
        partitions = [TopicPartition(NEWS_RAW, n) for n in self._kafka.partitions_for_topic(NEWS_RAW)]
        self._kafka.assign(partitions)
        self._kafka.seek_to_beginning(*partitions)

    def single(self, count: int) -> float:
        """Seconds for `count` messages, one at a time."""
        started = time.perf_counter()
        for item in self._read(count):
            found = self._pipeline(item.title)[0]
            self._database.execute(INSERT, (item.id, item.title, found["label"], found["score"]))
        return time.perf_counter() - started

    def batched(self, count: int) -> float:
        """Seconds for `count` messages in batches of 32."""
        started = time.perf_counter()
        items = list(self._read(count))
        for part in (items[start : start + BATCH] for start in range(0, count, BATCH)):
            found = self._pipeline([item.title for item in part], batch_size=BATCH)
            self._insert(part, found)
        return time.perf_counter() - started

    def _insert(self, items: Sequence[News], found: Sequence[dict[str, Any]]) -> None:
        rows = [(i.id, i.title, f["label"], f["score"]) for i, f in zip(items, found, strict=True)]
        with self._database.transaction(), self._database.cursor() as cursor:
            cursor.executemany(INSERT, rows)

    def _read(self, count: int) -> Iterator[News]:
        while count:
            for records in self._kafka.poll(timeout_ms=1000, max_records=min(count, BATCH)).values():
                for record in records:
                    yield News.model_validate_json(record.value)
                    count -= 1

    def close(self) -> None:
        self._kafka.close(autocommit=False)
        self._database.close()
