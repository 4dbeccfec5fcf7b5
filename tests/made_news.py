"""News made up for the detector: minutes are numbers since 1970, an item is (minute, keys, negative)."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator

from bearometer_alerts.detector import Minute
from bearometer_alerts.usual import Key

DAY = 1440
START = 492_000 * 60  # some hour
ALL: Key = ("all", "all")
BANK: Key = ("ticker", "CRWB")

Item = tuple[int, tuple[Key, ...], bool]  # minute, keys, negative


def keys(topic: object, ticker: object) -> tuple[Key, ...]:
    return ALL, ("topic", str(topic)), ("ticker", str(ticker))


def news(
    seed: int, days: float, per_hour: float, tickers: int = 50, start: int = START, share: float = 0.2
) -> Iterator[Item]:
    """Calm news: a busy noon, some tickers and topics much more frequent than others, a fixed share negative.

    A topic's part of an hour varies beyond chance (gamma, so that counts are negative binomial).
    """
    chance, topics = random.Random(seed), range(20)  # noqa: S311 - made up, no secret
    weights = [1 / (ticker + 5) for ticker in range(tickers)]
    for hour in range(start // 60, start // 60 + int(days * 24)):
        parts = [chance.gammavariate(5, 1) / (topic + 1) for topic in topics]
        rate = per_hour * (1.8 if 8 <= hour % 24 < 18 else 0.4)
        minutes = sorted(hour * 60 + chance.randrange(60) for _ in range(_poisson(chance, rate)))
        tickers_named = chance.choices(range(tickers), weights, k=len(minutes))
        for minute, topic, ticker in zip(
            minutes, chance.choices(topics, parts, k=len(minutes)), tickers_named, strict=True
        ):
            yield minute, keys(topic, ticker), chance.random() < share


def steady(seed: int, days: int, per_hour: float) -> Iterator[Item]:
    """Negative items about the bank, as many in an hour as the hour is busy, spread over topics by chance."""
    chance = random.Random(seed)  # noqa: S311 - made up, no secret
    for minute, _, _ in news(seed, days, per_hour):
        yield minute, (ALL, ("topic", str(chance.randrange(20))), BANK), True


def clockwork(per_hour: int, every: int, hours: int, start: int = START) -> Iterator[Item]:
    """Items evenly spread over minutes, topics and tickers; one in `every` is negative."""
    for n in range(hours * per_hour):
        yield start + n * 60 // per_hour, keys(n // every % 7, n // every % 11), n % every == 0


def _poisson(chance: random.Random, mean: float) -> int:
    return max(0, round(chance.gauss(mean, mean**0.5)))


def burst(start: int, minutes: int, count: int, about: Key = BANK, topic: object = 7) -> list[Item]:
    """Negative items, evenly spread."""
    return [(start + n * minutes // count, (ALL, ("topic", str(topic)), about), True) for n in range(count)]


def by_minute(items: Iterable[Item]) -> list[Minute]:
    totals: dict[int, tuple[int, Counter[Key]]] = {}
    for minute, about, negative in items:
        count, negatives = totals.get(minute, (0, Counter()))
        negatives.update(about if negative else ())
        totals[minute] = (count + 1, negatives)
    return [Minute(at, *totals[at]) for at in sorted(totals)]
