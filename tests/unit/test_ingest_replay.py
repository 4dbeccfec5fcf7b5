"""Replaying a file: every line that is news, at its pace, with ticks that keep their promise."""

import gzip
import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bearometer_ingest.delivery import Delivery
from bearometer_ingest.pace import Pace, speed
from bearometer_ingest.replay import Counts, Replay
from bearometer_shared.clock import ManualClock
from bearometer_shared.errors import UserError
from bearometer_shared.kafka.memory import MemoryBroker, MemoryLog, MemoryProducer
from bearometer_shared.kafka.port import NEWS_RAW, Partition
from bearometer_shared.lines import LONGEST, NewsFile, opened
from bearometer_shared.wire import News, Tick, decode

NOW = datetime(2026, 8, 1, tzinfo=UTC)
DAY = datetime(2026, 3, 5, 9, 0, tzinfo=UTC)


@dataclass
class Rig:
    """A replay over an in-memory Kafka and a clock that moves only when it is slept on."""

    speed: float | None = None
    broker: MemoryBroker = field(default_factory=MemoryBroker)
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    told: list[tuple[int, str]] = field(default_factory=list)
    sent_at: list[datetime] = field(default_factory=list)

    def replay(self, *lines: bytes, limit: int | None = None) -> Counts:
        delivery = Delivery(lambda: MemoryProducer(self.broker), lambda _seconds: True)
        replay = Replay(delivery, "history", Pace(self.speed, self.clock), self.clock, max_bytes=200_000)
        return replay.run(enumerate(lines, 1), self, limit)

    def sent(self, _count: int, _event_time: datetime) -> None:
        self.sent_at.append(self.clock.now())

    def bad(self, number: int, reason: str) -> None:
        self.told.append((number, reason))

    def messages(self) -> list[News | Tick]:
        return [decode(record.value, NOW, 10**6) for record in MemoryLog(self.broker).read(NEWS_RAW)]

    def items(self) -> list[News]:
        return [message for message in self.messages() if isinstance(message, News)]

    def partition(self, number: int) -> list[str]:
        """A partition's records in order: an item's id, or a tick's time."""
        log = self.broker.logs[Partition(NEWS_RAW, number)]
        read = [decode(record.value, NOW, 10**6) for record in log]
        return [message.id if isinstance(message, News) else f"{message.event_time:%H:%M:%S}" for message in read]


def line(identity: str, at: datetime = DAY, **fields: object) -> bytes:
    return json.dumps({"id": identity, "title": "Fed holds", "published_at": at.isoformat(), **fields}).encode()


def test_every_partition_gets_the_first_the_due_and_the_last_tick() -> None:
    rig = Rig()
    rig.replay(line("a"), line("b", DAY + timedelta(seconds=59)), line("c", DAY + timedelta(seconds=61)))
    for number in range(3):
        ticks = [entry for entry in rig.partition(number) if ":" in entry]
        assert ticks == ["09:00:00", "09:01:01", "09:02:01"]
    assert {m.partitions for m in rig.messages() if isinstance(m, Tick)} == {3}


def test_items_stand_before_the_tick_that_speaks_for_them() -> None:
    rig = Rig()
    rig.replay(*(line(f"i{n}", DAY + timedelta(seconds=20 * n)) for n in range(30)))
    times = {item.id: item.published_at for item in rig.items()}
    for number in range(3):
        passed = "00:00:00"
        for entry in rig.partition(number):
            passed = entry if ":" in entry else passed
            assert ":" in entry or f"{times[entry]:%H:%M:%S}" >= passed


def test_an_outage_repeats_items_but_never_puts_them_after_their_tick() -> None:
    rig, failures = Rig(), iter([True, False, True])

    class Flaky(MemoryProducer):
        def flush(self) -> None:
            if next(failures, False):
                self._buffer.clear()  # what was sent is lost
                self.broker.down = True
            super().flush()

    def wait(_seconds: float) -> bool:
        rig.broker.down = False
        return False

    delivery = Delivery(lambda: Flaky(rig.broker), wait)
    lines = [line("a"), line("b", DAY + timedelta(minutes=1)), line("c", DAY + timedelta(minutes=2))]
    Replay(delivery, "history", Pace(None, rig.clock), rig.clock, 100_000).run(enumerate(lines, 1), rig)
    assert {item.id for item in rig.items()} == {"a", "b", "c"}
    for number in range(3):
        assert [entry for entry in rig.partition(number) if ":" in entry][-1] == "09:03:00"


def test_lines_that_are_not_news_are_told_by_number_and_the_rest_goes_on() -> None:
    rig = Rig()
    counts = rig.replay(line("a"), b"{", b'{"title": ""}', line("b", body="x" * 200_000), line("c", v=["x"], kind=1))
    assert (counts.sent, counts.bad) == (3, 2)
    assert [number for number, _ in rig.told] == [2, 3]
    assert "not JSON" in rig.told[0][1]


def test_an_item_that_the_scorer_would_refuse_for_its_size_is_a_bad_line() -> None:
    rig = Rig()
    counts = rig.replay(line("a", note="x" * 300_000))
    assert (counts.sent, counts.bad) == (0, 1)
    assert "the limit is 200000" in rig.told[0][1]


def test_a_file_without_news_sends_nothing_not_even_a_tick() -> None:
    rig = Rig()
    assert rig.replay(b"{").sent == 0
    assert rig.messages() == []


def test_an_items_own_stream_does_not_lead_out_of_the_replay() -> None:
    rig = Rig()
    rig.replay(line("a", stream="live", ticker="aapl"))
    assert (rig.items()[0].stream, rig.items()[0].tickers) == ("history", ("AAPL",))


def test_the_limit_counts_items() -> None:
    rig = Rig()
    assert rig.replay(line("a"), b"{", line("b"), line("c"), limit=2).sent == 2
    assert {item.id for item in rig.items()} == {"a", "b"}


def test_an_unordered_file_goes_as_it_is_and_the_clock_follows_the_newest() -> None:
    rig = Rig()
    counts = rig.replay(line("a"), line("b", DAY + timedelta(hours=1)), line("c", DAY - timedelta(hours=1)))
    assert (counts.first, counts.newest) == (DAY, DAY + timedelta(hours=1))
    assert [entry for entry in rig.partition(0) if ":" in entry] == ["09:00:00", "10:00:00", "10:01:00"]


def test_a_paced_replay_keeps_the_files_time() -> None:
    rig = Rig(speed=60)
    rig.replay(line("a"), line("b", DAY + timedelta(minutes=2)), line("c", DAY + timedelta(minutes=3)))
    waited = [(at - NOW).total_seconds() for at in rig.sent_at]
    assert waited == pytest.approx([0, 2, 3])


def test_the_streams_clock_moves_on_in_a_silence() -> None:
    """Alerts close quiet minutes: they must not wait for the next item."""
    rig = Rig(speed=60)
    rig.replay(line("a"), line("b", DAY + timedelta(minutes=10)))
    ticks = [entry for entry in rig.partition(0) if ":" in entry]
    assert ticks == [f"09:{minute:02}:00" for minute in range(12)]


@pytest.mark.parametrize(("text", "factor"), [("60x", 60), ("0.5", 0.5), ("max", None), ("1e3x", 1000)])
def test_a_speed_is_a_number_or_max(text: str, factor: float | None) -> None:
    assert speed(text) == factor


@pytest.mark.parametrize("text", ["fast", "0", "-1x", "nan", "inf", "xx", ""])
def test_no_other_speed_is_taken(text: str) -> None:
    with pytest.raises(UserError, match="--speed"):
        speed(text)


def test_only_a_newline_ends_a_line(tmp_path: Path) -> None:
    file = tmp_path / "news.jsonl"
    file.write_bytes("a\u2028b\x0bc\x85d\re\n\n \nf".encode())
    with opened(str(file)) as news:
        assert [(number, text.decode()) for number, text in news.lines()] == [(1, "a\u2028b\x0bc\x85d\re\n"), (4, "f")]


def test_a_gzipped_file_is_known_by_its_bytes(tmp_path: Path) -> None:
    file = tmp_path / "news"
    file.write_bytes(gzip.compress(b"a\nb\n"))
    with opened(str(file)) as news:
        assert list(news.lines()) == [(1, b"a\n"), (2, b"b\n")]
        assert news.position() == news.size


def test_a_damaged_archive_gives_what_it_has_and_then_says_so(tmp_path: Path) -> None:
    file = tmp_path / "news.gz"
    whole = gzip.compress(b"".join(f"{n}\n".encode() for n in range(100_000)))
    file.write_bytes(whole[: len(whole) // 2])
    read: list[int] = []
    with pytest.raises(UserError, match="cannot be read beyond line"), opened(str(file)) as news:
        read.extend(number for number, _ in news.lines())
    assert len(read) > 1000


def test_a_missing_file_is_the_users_mistake() -> None:
    with pytest.raises(UserError, match="No such file"), opened("/nowhere/news.jsonl"):
        pass


def test_a_line_without_end_is_one_bad_line_and_not_all_of_memory() -> None:
    file = NewsFile(io.BufferedReader(io.BytesIO(b"x" * (2 * LONGEST + 5) + b"\nb\n")), "pipe", 0)
    assert [(number, len(text)) for number, text in file.lines()] == [(1, LONGEST), (2, 2)]
