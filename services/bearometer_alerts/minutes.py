"""The minutes of a stream as the detector takes them, read from the trends.

What is counted are stories, where they are first told: negative ones against all of them. Were items the exposure, a
text that everybody repeats would make the negative stories of that hour look few.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, RowMapping

from bearometer_alerts import times
from bearometer_alerts.detector import Minute
from bearometer_alerts.rule import PRIORS
from bearometer_shared.storage import evidence, restated

ALL = ("all", "all")


def read(connection: Connection, stream: str, since: datetime, until: datetime | None) -> Iterator[Minute]:
    """Minutes with stories from `since` to before `until`, in order; to the newest where that is None."""
    return _minutes(evidence.counts(connection, stream, tuple(PRIORS), since, until))


def read_as(
    connection: Connection, version: str, stream: str, since: datetime, until: datetime | None, *, every: bool = False
) -> Iterator[Minute]:
    """The same as a model version tells them; with `every` item counted, as it was where the version said nothing."""
    return _minutes(restated.counts(connection, version, stream, tuple(PRIORS), since, until, every=every))


def _minutes(rows: Iterable[RowMapping]) -> Iterator[Minute]:
    return (_minute(at, list(found)) for at, found in groupby(rows, key=lambda row: row["minute"]))


def _minute(at: datetime, rows: Collection[RowMapping]) -> Minute:
    keys = {(row["dimension"], row["key"]): row for row in rows}
    negatives = {key: row["negative_stories"] for key, row in keys.items() if row["negative_stories"]}
    return Minute(times.number(at), keys[ALL]["stories"] if ALL in keys else 0, negatives)
