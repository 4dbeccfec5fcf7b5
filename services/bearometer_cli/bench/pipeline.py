"""`bench pipeline`: Kafka to Postgres against the bare model and against two plain consumers, in one run.

Each round: the scorer is stopped while a part of the headlines is laid out in Kafka, then runs, and its rate is taken
between its first and last commit; then the bare model scores the same texts in the same batches; then the plain ones
read the same messages. After the rounds, latency at a steady rate with the machine otherwise idle.
"""

import signal
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from bearometer_cli.bench import latency
from bearometer_cli.bench.plain import Plain
from bearometer_cli.bench.rig import Rig, memory_mib
from bearometer_cli.servers.child import Child, StartError
from bearometer_shared.inference.engine import Engine
from bearometer_shared.inference.store import Store
from bearometer_shared.storage import models
from bearometer_shared.storage.models import Champion
from bearometer_shared.storage.session import transaction
from bearometer_shared.wire import News

ROUNDS = 2
SINGLE = 150  # the slow way is measured on fewer items a round
BATCHED = 600
ROW_RATE, ALERT_RATE = 20.0, 50.0
CALM, CALM_ITEMS = timedelta(hours=23), 600
ROW_ITEMS, ALERT_KEYS, ALERT_EACH = 600, 25, 12
ROWS = "SELECT id FROM articles WHERE stream = 'latency' AND NOT id = ANY(%s)"
ALERTS = "SELECT key FROM alerts WHERE stream = 'alarm' AND dimension = 'ticker' AND NOT key = ANY(%s)"
TOLD = """
    SELECT extract(epoch FROM delivered_at - created_at)::float8 AS seconds, attempts FROM outbox
    WHERE attempts > 0 ORDER BY sequence
"""


def pipeline(rig: Rig, items: Sequence[News], say: Callable[[str], None]) -> dict[str, Any]:
    """The figures: rates in items a second, times in seconds, memory in MiB."""
    with transaction(rig.database) as connection:
        champion = models.champion(connection)
    assert champion is not None  # noqa: S101 - the rig has just prepared it
    scorer = rig.start("bearometer-scorer")
    latency.publish(rig.settings, [_renamed(items[0], "warm-up", "warm")], 1000)
    _await_rows(rig, "warm", 1)
    seconds = _rounds(rig, scorer, champion, items, say)
    say("latency at 20 items a second")
    to_row = _to_row(rig, items)
    say("latency from publishing to alert at 50 items a second")
    to_alert, to_attempt = _to_alert(rig, items)
    peak = memory_mib(scorer, "VmHWM")
    scorer.stop()
    rates = {f"{name}_rate": round(count / spent, 1) for name, (count, spent) in seconds.items()}
    ours = rates["pipeline_rate"]
    return {
        "items": len(items),
        **rates,
        "of_model": round(ours / rates["model_rate"], 3),
        "times_plain": round(ours / rates["plain_rate"], 1),
        "times_batched": round(ours / rates["batched_rate"], 2),
        "to_row_p50": latency.percentile(to_row, 0.5),
        "to_row_p99": latency.percentile(to_row, 0.99),
        "to_row_items": len(to_row),
        "to_alert_p99": latency.percentile(to_alert, 0.99),
        "to_alert_alerts": len(to_alert),
        "to_attempt_p50": latency.percentile(to_attempt, 0.5),
        "to_attempt_p99": latency.percentile(to_attempt, 0.99),
        "to_attempt_notifications": len(to_attempt),
        "scorer_peak_mib": peak,
    }


def _rounds(
    rig: Rig, scorer: Child, champion: Champion, items: Sequence[News], say: Callable[[str], None]
) -> dict[str, tuple[int, float]]:
    engine = Engine.load(Store(rig.settings).fetch(champion.location), rig.settings.threads)
    spent: dict[str, tuple[int, float]] = {}
    plain = Plain(rig.settings, champion)
    size = len(items) // ROUNDS
    for n in range(ROUNDS):
        part = items[n * size : (n + 1) * size]
        for name, (count, seconds) in {
            "pipeline": _ours(rig, scorer, part, f"round-{n}"),
            "model": _model(engine, part, rig.settings.batch_items),
            "plain": (SINGLE, plain.single(SINGLE)),
            "batched": (BATCHED, plain.batched(BATCHED)),
        }.items():
            before = spent.get(name, (0, 0.0))
            spent[name] = before[0] + count, before[1] + seconds
            say(f"round {n + 1} of {ROUNDS}: {name} {count / seconds:.1f} items/s")
    plain.close()
    return spent


def _ours(rig: Rig, scorer: Child, part: Sequence[News], stream: str) -> tuple[int, float]:
    """Items and seconds between the scorer's first and last commit, with all items laid out before it starts."""
    scorer.process.send_signal(signal.SIGSTOP)
    latency.publish(rig.settings, [_renamed(item, item.id, stream) for item in part], 1e9)
    scorer.process.send_signal(signal.SIGCONT)
    _await_rows(rig, stream, len(part))
    batches = "SELECT count(*) AS n, stored_at FROM articles WHERE stream = :s GROUP BY stored_at ORDER BY stored_at"
    with transaction(rig.database) as connection:
        found = connection.execute(text(batches), {"s": stream}).all()
    return len(part) - found[0].n, (found[-1].stored_at - found[0].stored_at).total_seconds()


def _model(engine: Engine, part: Sequence[News], batch: int) -> tuple[int, float]:
    started = time.perf_counter()
    for start in range(0, len(part), batch):
        engine.score([item.title for item in part[start : start + batch]])
    return len(part), time.perf_counter() - started


def _to_row(rig: Rig, items: Sequence[News]) -> list[float]:
    renamed = [_renamed(item, item.id, "latency") for item in items[:ROW_ITEMS]]
    with latency.watch(rig.settings, ROWS) as seen:
        sent = latency.publish(rig.settings, renamed, ROW_RATE)
        latency.await_all(seen, len(renamed))
    return [seen[key] - sent[key] for key in sent if key in seen]


def _to_alert(rig: Rig, items: Sequence[News]) -> tuple[list[float], list[float]]:
    """From publishing the item that completes an alert to its row, after a calm day of other news; and from each
    notification's row to the end of its first attempt, on the topic of alerts.
    """
    now = datetime.now(UTC)
    calm = [_at(item, now - CALM * (1 - n / CALM_ITEMS)) for n, item in enumerate(items[:CALM_ITEMS])]
    latency.publish(rig.settings, calm, 400)
    _await_rows(rig, "alarm", len(calm))
    alerts = rig.start("bearometer-alerts")
    _await(rig, "SELECT count(*) FROM streams WHERE name = 'alarm' AND evaluated_to IS NOT NULL", 1)  # it has begun
    news = [_bad_news(k, n) for k in range(ALERT_KEYS) for n in range(ALERT_EACH)]
    with latency.watch(rig.settings, ALERTS) as seen:
        sent = latency.publish(rig.settings, news, ALERT_RATE)
        latency.await_all(seen, ALERT_KEYS)
    _await(rig, "SELECT (NOT EXISTS (SELECT FROM outbox WHERE attempts = 0))::int", 1)
    alerts.stop()
    with transaction(rig.database) as connection:
        found = connection.execute(text("SELECT key, observed FROM alerts WHERE stream = 'alarm'")).all()
        told = connection.execute(text(TOLD)).all()
    last = {row.key: min(row.observed, ALERT_EACH) - 1 for row in found}
    waited = [row.seconds for row in told if row.attempts == 1 and row.seconds is not None]
    return [seen[key] - sent[f"{key}-{last[key]}"] for key in seen], waited


def _bad_news(k: int, n: int) -> News:
    key = f"BAD{chr(65 + k)}"
    title = f"${key} shares plunge {n + 3} pct as fraud probe widens and lenders cut credit lines"
    now = time.time()
    return News.model_validate(
        {"stream": "alarm", "id": f"{key}-{n}", "source": f"wire {n % 4}", "title": title}
        | {"published_at": now, "received_at": now}
    )


def _at(item: News, at: datetime) -> News:
    return item.model_copy(update={"stream": "alarm", "published_at": at, "received_at": at})


def _renamed(item: News, name: str, stream: str) -> News:
    return item.model_copy(update={"id": name, "stream": stream})


def _await_rows(rig: Rig, stream: str, count: int) -> None:
    _await(rig, f"SELECT count(*) FROM article_keys WHERE stream = '{stream}'", count)  # noqa: S608 - a name of ours


def _await(rig: Rig, query: str, least: int, limit_s: float = 300) -> None:
    """Waits until a query's number is as large."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        with transaction(rig.database) as connection:
            if connection.execute(text(query)).scalar_one() >= least:
                return
        time.sleep(0.5)
    raise StartError(f"{query}: not {least} within {limit_s:.0f} s; see {rig.settings.home}/logs")
