"""`bench swap`: what a swap costs those who wait for scores, and the process that swaps, on a stack of its own.

Two scorers read a steady stream. Two versions (the champion, and the same weights under another name) take turns: first
by a promotion of one that has never served, then by rollbacks. Beside them rounds in which nothing is swapped.
"""

import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

from sqlalchemy import text

from bearometer_cli.bench import latency
from bearometer_cli.bench.learning_serving import until
from bearometer_cli.bench.rig import Rig, memory_mib
from bearometer_cli.servers.child import Child
from bearometer_shared.inference import artifact
from bearometer_shared.inference.store import Store
from bearometer_shared.storage import models
from bearometer_shared.storage.session import transaction
from bearometer_shared.wire import News

SCORERS, CALM, SWAPS = 2, 3, 20
RATE, SECONDS = 20.0, 15.0  # of each round
OTHER = "the-same-again"
SEEN = "SELECT id FROM articles WHERE stream = 'round-{}' AND NOT id = ANY(%s)"
WRONG = """
    WITH mixed AS (SELECT FROM articles GROUP BY batch HAVING count(DISTINCT model_version) > 1)
    SELECT (SELECT sum(items) FROM trends WHERE dimension = 'all') - (SELECT count(*) FROM article_keys) AS doubled,
           (SELECT count(*) FROM mixed) AS mixed
"""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Round:
    """How long each item waited for its row, in seconds; items without one; seconds until all scorers served the other
    version, where one was promoted; resident MiB of the larger scorer afterwards."""

    waited: Sequence[float]
    lost: int
    served: float | None
    memory: float


def swap(rig: Rig, items: Sequence[News], say: Say) -> dict[str, Any]:
    """The figures: times in seconds, memory in MiB. `items` are also the history that a new version tells first."""
    scorers = [rig.start("bearometer-scorer", name=f"scorer-{n}") for n in range(SCORERS)]
    first = until(lambda: _served(rig), say, "the scorers")
    say(f"{len(items):,} items of history")
    latency.publish(rig.settings, [item.model_copy(update={"stream": "history"}) for item in items], 1e9)
    until(lambda: _count(rig, "article_keys") >= len(items), say, "the history")
    _register_again(rig)
    kinds = [*[()] * CALM, ("promote", OTHER), *[("rollback",)] * SWAPS]
    rounds = [_round(rig, scorers, n, items, words, say) for n, words in enumerate([(), *kinds])][1:]  # one to warm up
    with transaction(rig.database) as connection:
        wrong = connection.execute(text(WRONG)).one()
    return (
        {"history": len(items), "model": first} | told(rounds) | {"doubled": int(wrong.doubled), "mixed": wrong.mixed}
    )


def told(rounds: Sequence[Round]) -> dict[str, Any]:
    """Calm rounds first, then the first swap, then rollbacks."""
    calm, again = rounds[:CALM], rounds[CALM + 1 :]
    back = [one.served for one in again if one.served is not None]
    return {
        "swaps": len(again) + 1,
        "first_swap_s": rounds[CALM].served,
        "rollback_p50_s": latency.percentile(back, 0.5),
        "rollback_max_s": max(back),
        "waited_calm_p99_s": latency.percentile([wait for one in calm for wait in one.waited], 0.99),
        "waited_calm_max_s": max(wait for one in calm for wait in one.waited),
        "waited_swap_p99_s": latency.percentile([wait for one in rounds[CALM:] for wait in one.waited], 0.99),
        "waited_swap_max_s": max(wait for one in rounds[CALM:] for wait in one.waited),
        "memory_before": calm[-1].memory,
        "memory_after": again[-1].memory,
        "memory_of_each_swap": [one.memory for one in rounds[CALM:]],
        "lost": sum(one.lost for one in rounds),
    }


def _round(rig: Rig, scorers: Sequence[Child], n: int, items: Sequence[News], words: Sequence[str], say: Say) -> Round:
    """News at a steady rate, and a swap meanwhile where there are words for it."""
    chosen = islice(cycle(items), int(RATE * SECONDS))
    news = [item.model_copy(update={"stream": f"round-{n}", "id": f"{k}"}) for k, item in enumerate(chosen)]
    with latency.watch(rig.settings, SEEN.format(n)) as seen, ThreadPoolExecutor(1) as pool:
        sending = pool.submit(latency.publish, rig.settings, news, RATE)
        served = _swapped(rig, words, say) if words else None
        sent = sending.result()
        latency.await_all(seen, len(sent))
    memory = max(memory_mib(scorer, "VmRSS") for scorer in scorers)
    say(f"round {n + 1}: {words[0] if words else 'calm'}, serving after {served} s, {memory} MiB")
    return Round([seen[key] - sent[key] for key in sent if key in seen], len(sent) - len(seen), served, memory)


def _swapped(rig: Rig, words: Sequence[str], say: Say) -> float:
    """Seconds from the start of the command until every scorer says that it serves another version."""
    before, started = _served(rig), time.monotonic()
    rig.run("models", *words, "--reason", "benchmark")
    until(lambda: _served(rig) not in (None, before), say, "the swap")
    return round(time.monotonic() - started, 2)


def _served(rig: Rig) -> str | None:
    """The version that all scorers serve; None while they differ, or some have not begun."""
    with transaction(rig.database) as connection:
        found = [server["version"] for server in models.servers(connection)]
    return found[0] if len(found) == SCORERS and len(set(found)) == 1 else None


def _register_again(rig: Rig) -> None:
    """The champion's files as another version, which loads, warms and is checked like any other."""
    store = Store(rig.settings)
    with transaction(rig.database) as connection:
        champion = models.champion(connection)
    assert champion is not None  # noqa: S101 - scorers serve it
    folder = rig.settings.home / "again"
    shutil.copytree(store.fetch(champion.location), folder)
    manifest = artifact.read_manifest(folder)
    (folder / artifact.MANIFEST).unlink()
    sealed = artifact.seal(folder, manifest.model_copy(update={"version": OTHER, "parent": champion.version}))
    location = store.put(folder, OTHER)
    with transaction(rig.database) as connection:
        models.register(connection, sealed, location)


def _count(rig: Rig, table: str) -> int:
    with transaction(rig.database) as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608 - ours
