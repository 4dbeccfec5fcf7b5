"""How fast ranges of trends are answered from a full table: ours from roll-ups, the plain way from the minutes."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Connection, Engine, text

from bearometer_cli.bench import trends_fill
from bearometer_cli.bench.trends_fill import STREAM
from bearometer_cli.servers import postgres
from bearometer_shared.errors import BearometerError
from bearometer_shared.settings import Settings
from bearometer_shared.storage import session, trend_reading
from bearometer_shared.storage.migrations import migrate
from bearometer_shared.storage.trend_rollups import DAY, HOUR, MINUTE

ROUNDS = 100
PLAIN_ROUNDS = 3
END = datetime.fromisoformat(trends_fill.END)
Say = Callable[[str], None]
Ask = Callable[[Connection, bool], Any]


def trends(items: int, say: Say, rounds: int = ROUNDS) -> dict[str, Any]:
    """Starts a Postgres, fills it with what `items` would leave, and times each question both ways in turn.

    Raises BearometerError where the two ways differ.
    """
    with _database() as engine:
        say(f"filling a table with the trends of {items:,} items")
        started = time.perf_counter()
        with session.transaction(engine) as connection:
            trends_fill.fill(connection, items)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE trends, trend_rollups"))
            filled = {"items": items, "fill_s": round(time.perf_counter() - started, 1)} | trends_fill.size(connection)
            say("asking")
            return filled | {"questions": {name: _timed(connection, ask, rounds) for name, ask in questions().items()}}


def questions() -> dict[str, Ask]:
    """What the API asks of the storage; the second argument says whether in the plain way, from the minutes."""
    day, quarter, month = END - DAY, END - 90 * DAY, END - 30 * DAY
    return {
        "day_by_5_minutes": partial(_buckets, "topic", "topic 0", day, 5 * MINUTE),
        "90_days_by_hour": partial(_buckets, "ticker", "T0", quarter, HOUR),
        "90_days_by_day": partial(_buckets, "ticker", "T0", quarter, DAY),
        "top_tickers_of_a_month": partial(_top, month, END),
        "top_tickers_of_an_uneven_month": partial(_top, month - timedelta(minutes=400), END - timedelta(minutes=725)),
        "movers_of_a_day": partial(_movers, END - 12 * HOUR),
    }


def _buckets(dimension: str, key: str, since: datetime, step: timedelta, connection: Connection, plain: bool) -> Any:
    width = MINUTE if plain else None
    rows = trend_reading.buckets(connection, STREAM, dimension, [key], since, END, step, width)
    return [{name: value for name, value in row.items() if name != "source_bits"} for row in rows]


def _top(since: datetime, until: datetime, connection: Connection, plain: bool) -> Any:
    return trend_reading.top_keys(connection, STREAM, "ticker", since, until, 200, _stored(plain))


def _movers(until: datetime, connection: Connection, plain: bool) -> Any:
    rows = trend_reading.two_windows(connection, STREAM, "ticker", until, DAY, 20, _stored(plain))
    return sorted(rows, key=lambda row: str(row["key"]))


def _stored(plain: bool) -> tuple[timedelta, ...]:
    return (MINUTE,) if plain else trend_reading.STORED


def _timed(connection: Connection, ask: Ask, rounds: int) -> dict[str, Any]:
    plain = [_milliseconds(connection, ask, True) for _ in range(min(PLAIN_ROUNDS, rounds))]
    ours = [_milliseconds(connection, ask, False) for _ in range(rounds)]
    if ours[0][1] != plain[0][1]:
        raise BearometerError("bench trends: roll-ups and minutes give different answers")
    times, plain_times = sorted(time for time, _ in ours), [time for time, _ in plain]
    p50, p99 = median(times), times[min(len(times) - 1, int(0.99 * len(times)))]
    return {
        "p50_ms": round(p50, 2),
        "p99_ms": round(p99, 2),
        "plain_ms": round(median(plain_times), 1),
        "times_faster": round(median(plain_times) / p50, 1),
    }


def _milliseconds(connection: Connection, ask: Ask, plain: bool) -> tuple[float, Any]:
    started = time.perf_counter()
    answer = ask(connection, plain)
    return 1000 * (time.perf_counter() - started), answer


@contextmanager
def _database() -> Iterator[Engine]:
    with TemporaryDirectory(prefix="bearometer-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)  # Postgres runs under another name when we are root
        server = postgres.start(home, preferred=0, durable=False)
        engine = session.connect(Settings(home=home, database_url=SecretStr(server.address)))
        try:
            migrate(engine)
            yield engine
        finally:
            engine.dispose()
            server.stop()
