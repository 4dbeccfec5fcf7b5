"""What the scorer counts for operators."""

from collections.abc import Sequence

from prometheus_client import Counter, Gauge, Histogram

from bearometer_scorer.work import Work
from bearometer_shared.storage.articles import ArticleRow

ITEMS = Counter("bearometer_items_scored", "Items stored with their score", ["version"])
REFUSED = Counter("bearometer_dead_letters", "Records sent to news.dlq")
REPEATS = Counter("bearometer_repeats", "Items that were known already")
LATE = Counter("bearometer_late_items", "Items later than their stream's lateness")
BEHIND = Gauge("bearometer_scorer_behind", "Records of this scorer's partitions that it has still to poll")
OUTAGES = Counter("bearometer_scorer_outages", "Batches held because a server was away")
SWAPS = Counter("bearometer_model_swaps", "Times that another model began to serve")
MODEL_SECONDS = Histogram("bearometer_model_seconds", "Seconds that the model took for a batch")
ROW_SECONDS = Histogram(
    "bearometer_to_row_seconds",
    "Seconds from receiving an item to its row",
    buckets=(0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 60),
)
SERVING = Gauge("bearometer_serving", "1 for the version that serves", ["version"])


def count(rows: Sequence[ArticleRow], work: Work, version: str) -> None:
    """Counts a stored batch."""
    ITEMS.labels(version).inc(len(rows))
    REFUSED.inc(len(work.refused))
    REPEATS.inc(work.repeats)
    for row in rows:
        LATE.inc(row.late)
        ROW_SECONDS.observe((row.stored_at - row.received_at).total_seconds())
