"""The back-test as benchmarks see it, offered by the alert service as an entry point: we import no other service."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import entry_points
from pathlib import Path
from typing import Protocol, cast

from bearometer_shared.errors import UserError
from bearometer_shared.inference.engine import Score
from bearometer_shared.storage.articles import ArticleRow
from bearometer_shared.wire import News

GROUP, NAME = "bearometer.backtest", "offered"
Key = tuple[str, str]  # dimension, key


class Scores(Protocol):
    """What scores texts: the engine, or a stand-in for it."""

    version: str

    def score(self, texts: Sequence[str]) -> list[Score]: ...


class Alert(Protocol):
    """Of an alert, what is judged here."""

    @property
    def dimension(self) -> str: ...

    @property
    def key(self) -> str: ...

    @property
    def fired_at(self) -> datetime: ...

    @property
    def incident(self) -> int: ...


class Backtest(Protocol):
    """News as the service would store it, the alerts on stored rows, and the anomaly scores of a count series."""

    def scored(self, news: Iterable[News], engine: Scores) -> Iterator[list[ArticleRow]]: ...

    def alerts(self, rows: Sequence[ArticleRow]) -> Sequence[Alert]: ...

    def anomaly_scores(self, series: Path) -> list[float]: ...


@dataclass(frozen=True)
class Alarm:
    """Something that fired: ours, or a rival's. Incidents are numbered anew in each run, and compared within one."""

    key: Key
    at: datetime
    incident: int = field(default=0, compare=False)


def load() -> Backtest:
    """Raises UserError where the alert service is not installed."""
    offered = next(iter(entry_points(group=GROUP, name=NAME)), None)
    if offered is None:
        raise UserError("the back-test is not installed here: install bearometer[alerts] anew")
    return cast(Backtest, offered.load())


def alarms(backtest: Backtest, rows: Sequence[ArticleRow]) -> list[Alarm]:
    return [Alarm((alert.dimension, alert.key), alert.fired_at, alert.incident) for alert in backtest.alerts(rows)]
