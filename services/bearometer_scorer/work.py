"""One batch on its way through the scorer: what was read, what it turned out to be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bearometer_shared.errors import DecodeError
from bearometer_shared.kafka.port import Partition, Record
from bearometer_shared.storage.articles import Key
from bearometer_shared.wire import News, Tick, decode


@dataclass
class Work:
    """A decoded batch. Records before `next` of their partition are stored already and only announced again."""

    items: dict[Key, tuple[Record, News]] = field(default_factory=dict)
    ticks: dict[Partition, list[Tick]] = field(default_factory=dict)
    refused: list[tuple[Record, str]] = field(default_factory=list)
    again: set[Key] = field(default_factory=set)
    repeats: int = 0

    def news(self) -> list[News]:
        return [item for _, item in self.items.values()]

    def refuse(self, key: Key, reason: str) -> None:
        record, _ = self.items.pop(key)
        self.refused.append((record, reason))

    def refuse_all(self, reason: str) -> None:
        for key in list(self.items):
            self.refuse(key, reason)


def sort_out(records: Sequence[Record], next_of: Mapping[Partition, int], max_bytes: int) -> Work:
    """Decodes records and drops what the batch itself repeats. Of one id with two texts the later is refused."""
    work = Work()
    for record in records:
        stored = record.offset < next_of[record.partition]
        try:
            message = decode(record.value, record.at, max_bytes)
        except DecodeError as error:
            if not stored:
                work.refused.append((record, str(error)))
            continue
        if isinstance(message, Tick):
            work.ticks.setdefault(record.partition, []).append(message)
        elif stored:
            work.again.add((message.stream, message.id))
        else:
            _add(work, record, message)
    return work


def _add(work: Work, record: Record, item: News) -> None:
    key = item.stream, item.id
    if key not in work.items:
        work.items[key] = record, item
    elif work.items[key][1].text_hash() == item.text_hash():
        work.repeats += 1
    else:
        work.refused.append((record, conflict(item)))


def drop_known(work: Work, known: dict[Key, str]) -> None:
    """Drops items that are stored already; the same id with another text is refused, so that it can be read."""
    for key, first_hash in known.items():
        if work.items[key][1].text_hash() == first_hash:
            del work.items[key]
            work.again.add(key)
            work.repeats += 1
        else:
            work.refuse(key, conflict(work.items[key][1]))


def conflict(item: News) -> str:
    """Why a second text under a known id is refused."""
    return f"id {item.id!r} is already known in stream {item.stream!r} with another text"
