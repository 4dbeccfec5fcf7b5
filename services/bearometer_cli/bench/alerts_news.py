"""The real streams that `bench alerts` runs over, scored, and the bad times that are known of them."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from bearometer_cli.bench import data_sets
from bearometer_cli.bench.alerts_backtest import Alarm, Backtest, Scores
from bearometer_shared.errors import DecodeError, UserError
from bearometer_shared.storage.articles import ArticleRow
from bearometer_shared.wire import News, news_item

TOLD_EVERY = 8  # batches
MARKETS = ("Currencies", "Fed | Central Banks", "Macro", "Markets", "Stock Movement", "Treasuries | Corporate Debt")


class Known(NamedTuple):
    """A bad time that the headlines themselves tell of; an alert on `all` or on these topics is right then."""

    since: datetime
    until: datetime
    topics: tuple[str, ...] = MARKETS

    def explains(self, alarm: Alarm) -> bool:
        about = alarm.key[0] == "all" or (alarm.key[0] == "topic" and alarm.key[1] in self.topics)
        return about and self.since <= alarm.at < self.until


class NewsSet(NamedTuple):
    """A file of news, the dimension of the keys and the shapes of the spikes that are put into it."""

    file: str
    dimension: str
    shapes: tuple[str, ...]
    known: tuple[Known, ...] = ()


def _day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# Read in the wire's headlines before any alert was looked at: the dollar under 150 yen, with Tokyo's and New York's
# prices falling, and the week in which ministers denied that it was in free fall.
SCARES = (Known(_day("1987-03-27"), _day("1987-04-01")), Known(_day("1987-04-24"), _day("1987-04-29")))
SETS = {
    "reuters1987": NewsSet("reuters1987/feb-jun.jsonl.gz", "topic", ("step", "ramp", "burn"), SCARES),
    "stocknet": NewsSet("stocknet/2014.jsonl.gz", "ticker", ("step", "ramp", "burn")),
    # All headlines of a day fall on midnight: nothing can be said of delays and shapes, nor of an hour.
    "sp500_headlines": NewsSet("sp500_headlines/2008-2019.jsonl", "topic", ("at once",)),
}


class Stream:
    """Scored rows in the order of their file; at least one."""

    def __init__(self, rows: list[ArticleRow], about: NewsSet) -> None:
        self.rows, self.about = rows, about

    @cached_property
    def days(self) -> set[date]:
        """Days with items: what a day without any raises is no measure."""
        return {row.published_at.date() for row in self.rows}

    def is_known(self, alarm: Alarm) -> bool:
        return any(known.explains(alarm) for known in self.about.known)

    def unexplained(self, alarms: Iterable[Alarm]) -> list[Alarm]:
        """Those that no known bad time explains."""
        return [alarm for alarm in alarms if not self.is_known(alarm)]


def read(
    folder: Path, about: NewsSet, items: int, backtest: Backtest, engine: Scores, say: Callable[[str], None]
) -> Stream:
    """Scores the first `items` of a set. Raises UserError where it is missing, or holds no news."""
    found = list[ArticleRow]()
    news = islice(_news(folder / about.file), items)
    for batches, rows in enumerate(backtest.scored(news, engine), 1):
        found += rows
        if batches % TOLD_EVERY == 0:
            say(f"{about.file}: {len(found):,} items scored")
    if not found:
        raise UserError(f"{folder / about.file}: holds no news")
    return Stream(found, about)


def _news(path: Path) -> Iterator[News]:
    now = datetime.now(UTC)
    for row in data_sets.rows(path):
        try:
            yield news_item(row, received_at=now, stream="bench")
        except DecodeError:  # a headline that is empty: the scorer refuses it too
            continue
