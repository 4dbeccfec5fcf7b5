"""`bench stories`: which copies are found, on labelled pairs, and what a batch costs.

Thresholds are chosen on one half of the pairs; the figures are those of the other.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import SecretStr
from sqlalchemy import Engine

from bearometer_cli.bench.story_pairs import best_threshold, judged, labelled, newswire
from bearometer_cli.bench.story_rivals import TEXTBOOK, exact, ours, textbook_minhash
from bearometer_cli.servers import postgres
from bearometer_shared.settings import Settings
from bearometer_shared.storage import session
from bearometer_shared.storage.migrations import migrate
from bearometer_shared.storage.stories import assign
from bearometer_shared.stories.similarity import SAME
from bearometer_shared.stories.sketch import sketch
from bearometer_shared.wire import News

BATCH = 100


def stories(folder: Path, rows: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Precision, recall and F1 of ours and of its rivals; milliseconds that a batch of `BATCH` items takes, over the
    first `rows` items of the newswire.

    Raises UserError where `folder` lacks one of the sets, or the newswire has fewer items.
    """
    items, pairs = newswire(folder, rows), labelled(folder)
    choosing, judging = pairs[::2], pairs[1::2]
    say(f"{len(pairs)} labelled pairs, {sum(pair.same for pair in pairs)} of one story")
    tuned = best_threshold(textbook_minhash, choosing)
    figures = {
        "exact": judged(exact, 1.0, judging),
        "minhash_textbook": judged(textbook_minhash, TEXTBOOK, judging),
        "minhash_tuned": judged(textbook_minhash, tuned, judging) | {"threshold": tuned},
        "ours": judged(ours, SAME, judging) | {"threshold": SAME},
        "ours_on_choosing_half": judged(ours, SAME, choosing),
    }
    say(f"{rows} items into Postgres, in batches of {BATCH}")
    return {"pairs": len(pairs), **figures, "cost": cost(items)}


def cost(items: Sequence[News]) -> dict[str, float]:
    """Milliseconds to sketch a batch, and to assign it in a transaction of its own, up to its commit."""
    sketching, assigning, first = list[float](), list[float](), 0
    with _own_postgres() as database:
        for n in range(0, len(items), BATCH):
            started = time.perf_counter()
            sketches = [sketch(item) for item in items[n : n + BATCH]]
            sketching.append(time.perf_counter() - started)
            with session.transaction(database) as connection:
                said = assign(connection, sketches)
            assigning.append(time.perf_counter() - started - sketching[-1])
            first += sum(answer.is_first for answer in said)
    return {
        "items": len(items),
        "stories": first,
        "sketch_p50_ms": round(1000 * median(sketching), 1),
        "assign_p50_ms": round(1000 * median(assigning), 1),
        "assign_p99_ms": round(1000 * quantiles(assigning, n=100, method="inclusive")[-1], 1),
    }


@contextmanager
def _own_postgres() -> Iterator[Engine]:
    with TemporaryDirectory(prefix="bearometer-bench-") as folder:
        Path(folder).chmod(0o755)  # Postgres runs under another name when we are root
        server = postgres.start(Path(folder), preferred=0)
        database = session.connect(Settings(database_url=SecretStr(server.address)))
        try:
            migrate(database)
            yield database
        finally:
            database.dispose()
            server.stop()
