"""`bearometer replay` and `bearometer topics` on a real Kafka, as a person or a script calls them."""

import base64
import gzip
import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from bearometer_cli.app import main
from bearometer_ingest.connection import connect
from bearometer_shared.kafka.log import RealLog
from bearometer_shared.kafka.port import NEWS_DLQ, NEWS_RAW
from bearometer_shared.settings import Settings, settings
from bearometer_shared.wire import DeadLetter, News, Tick, decode, encode

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


class Command:
    """Runs a command in this process and reads what it printed."""

    def __init__(self, capture: pytest.CaptureFixture[str]) -> None:
        self._capture = capture
        self.out = self.err = ""

    def __call__(self, *words: str) -> int:
        code = main(list(words))
        self.out, self.err = self._capture.readouterr()
        return code

    def facts(self, *words: str) -> dict[str, Any]:
        assert self(*words, "--json") == 0, self.err
        return dict(json.loads(self.out))


@pytest.fixture
def command(
    kafka_address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Command]:
    monkeypatch.setenv("BEAROMETER_KAFKA", kafka_address)
    monkeypatch.setenv("BEAROMETER_HOME", str(tmp_path))
    monkeypatch.setenv("BEAROMETER_GROUP", f"group-{uuid.uuid4().hex[:8]}")
    settings.cache_clear()
    yield Command(capsys)
    settings.cache_clear()
    structlog.reset_defaults()  # a command configures the logs of its process, which here is everyone's
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def stream() -> str:
    return f"replay-{uuid.uuid4().hex[:8]}"


def messages(kafka: str, stream: str) -> list[tuple[int, News | Tick]]:
    """A stream's messages with their partitions, in order within each."""
    name = stream.encode()
    with closing(RealLog(Settings(kafka=kafka))) as log:
        ours = [record for record in log.read(NEWS_RAW) if name in (record.value or b"")]
    return [(record.partition.number, decode(record.value, record.at, 10**7)) for record in ours]


def lines(count: int) -> list[bytes]:
    return [
        json.dumps(
            {"id": f"n{n}", "title": f"Item {n}", "published_at": (NOW + timedelta(seconds=n)).isoformat()}
        ).encode()
        for n in range(count)
    ]


def test_a_file_is_replayed_with_ticks_on_every_partition(
    command: Command, kafka_address: str, fresh_kafka: Callable[..., None], tmp_path: Path, stream: str
) -> None:
    fresh_kafka(partitions=6)
    file = tmp_path / "news.jsonl.gz"
    file.write_bytes(gzip.compress(b"\n".join([*lines(150), b"{broken", b'{"title": 5}'])))
    facts = command.facts("replay", str(file), "--stream", stream)
    assert (facts["sent"], facts["bad"], facts["stream"]) == (150, 2, stream)
    assert "line 151: not JSON" in command.err
    assert "line 152: title: not text" in command.err
    read = messages(kafka_address, stream)
    assert len({item.id for _, item in read if isinstance(item, News)}) == 150
    for number in range(6):
        ticks = [message.event_time for where, message in read if where == number and isinstance(message, Tick)]
        assert ticks == [NOW + timedelta(seconds=s) for s in (0, 60, 120, 209)]
    assert {message.partitions for _, message in read if isinstance(message, Tick)} == {6}


def test_the_limit_stops_and_the_summary_is_one_line(command: Command, tmp_path: Path, stream: str) -> None:
    file = tmp_path / "news.jsonl"
    file.write_bytes(b"\n".join(lines(20)))
    assert command("replay", str(file), "--stream", stream, "--speed", "10000x", "--limit", "5") == 0
    assert command.out.startswith(f"{stream}: 5 items sent, 0 bad lines, from 2026-03-05T12:00:00+00:00")
    assert command.out.count("\n") == 1


def test_a_file_without_a_single_item_fails_and_an_empty_one_does_not(
    command: Command, tmp_path: Path, stream: str
) -> None:
    bad, empty = tmp_path / "bad", tmp_path / "empty"
    bad.write_bytes(b"no\nnews\n")
    empty.write_bytes(b"\n\n")
    assert command("replay", str(bad), "--stream", stream) == 1
    assert command("replay", str(empty), "--stream", stream) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere.jsonl", "--stream", "a"), "No such file"),
        (("-", "--stream", "live"), "--stream live"),
        (("-", "--stream", "a b"), "--stream 'a b'"),
        (("-", "--stream", "a", "--speed", "fast"), "--speed fast"),
    ],
)
def test_a_wrong_word_is_one_line(command: Command, words: tuple[str, ...], said: str) -> None:
    assert command("replay", *words) == 2
    assert said in command.err
    assert command.err.count("\n") == 1


def test_topics_are_listed_with_their_records_and_the_scorers_lag(
    command: Command, tmp_path: Path, stream: str
) -> None:
    file = tmp_path / "news.jsonl"
    file.write_bytes(b"\n".join(lines(3)))
    command("replay", str(file), "--stream", stream)
    raw, *others = command.facts("topics", "list")["topics"]
    assert raw["name"] == NEWS_RAW
    assert raw["records"] == raw["lag"] >= 3 + 2 * raw["partitions"]
    assert [topic["lag"] for topic in others] == [None] * 3
    assert command("topics", "list") == 0
    assert command.out.splitlines()[1].startswith(NEWS_RAW)


def test_a_dead_letter_is_listed_shown_and_sent_again(command: Command, kafka_address: str, stream: str) -> None:
    content = b'\x1b[31m{"stream": "' + stream.encode() + b'", \xff\0'
    identity = f"news.raw-2-{uuid.uuid4().int % 10**9}"
    value = base64.b64encode(content).decode()
    letter = DeadLetter(
        id=identity, topic=NEWS_RAW, partition=2, offset=7, key="item-1", value=value, reason="not JSON", at=NOW
    )
    with closing(connect(Settings(kafka=kafka_address))) as producer:
        producer.send(NEWS_DLQ, identity, encode(letter))
        producer.flush()

    listed = {item["id"]: item for item in command.facts("topics", "dlq", "list")["items"]}
    assert (listed[identity]["reason"], listed[identity]["size"]) == ("not JSON", len(content))
    assert command("topics", "dlq", "list") == 0
    assert identity in command.out

    assert command("topics", "dlq", "show", identity) == 0
    assert "\x1b" not in command.out
    assert f'[31m{{"stream": "{stream}", \ufffd' in command.out

    assert command.facts("topics", "dlq", "replay", identity) == {"replayed": 1}
    with closing(RealLog(Settings(kafka=kafka_address))) as log:
        again = [record for record in log.read(NEWS_RAW) if stream.encode() in (record.value or b"")]
    assert [(record.key, record.value) for record in again] == [(b"item-1", content)]


def test_sending_again_wants_to_know_which(command: Command) -> None:
    for words in ((), ("a", "--all")):
        assert command("topics", "dlq", "replay", *words) == 2
        assert "say which" in command.err
    assert command("topics", "dlq", "replay", "no-such-letter") == 2
    assert command("topics", "dlq", "show", "no-such-letter") == 2
