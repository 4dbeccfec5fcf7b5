"""The champion that ships, made here as a newcomer's first start makes it."""

from datetime import UTC, datetime, time
from pathlib import Path

from bearometer_alerts.backtest import offered
from bearometer_cli import demo
from bearometer_cli.bench import data_sets
from bearometer_shared.entities import read_file
from bearometer_shared.inference import artifact
from bearometer_shared.inference.engine import Engine
from bearometer_shared.wire import news_item
from bearometer_training import export


def test_its_quantized_graph_agrees_with_the_exact_one_and_serves(model_store: Path) -> None:
    (folder,) = (path.parent for path in model_store.glob(f"*/{artifact.MANIFEST}"))
    manifest = artifact.verify(folder)
    assert manifest.metrics["int8"]["label_agreement"] >= export.MIN_AGREEMENT
    assert manifest.metrics["int8"]["mean_score_difference"] <= export.MAX_DRIFT
    assert manifest.serve == artifact.INT8


def test_the_sample_day_tells_of_the_bank_before_it_breaks_and_of_nothing_else(model_store: Path) -> None:
    """As a newcomer sees it: the shipped model, the built-in rules, the sample's companies."""
    (folder,) = (path.parent for path in model_store.glob(f"*/{artifact.MANIFEST}"))
    now, companies = datetime(2026, 3, 6, tzinfo=UTC), read_file(demo.SAMPLE / "companies.csv")
    day = [news_item(row, received_at=now, stream="sample") for row in data_sets.rows(demo.SAMPLE / "day.jsonl")]
    rows = [row for part in offered.scored(day, Engine.load(folder), companies) for row in part]
    head, *joined = offered.alerts(rows)
    assert (head.dimension, head.key) == ("ticker", "CRWB")
    assert {alert.incident for alert in joined} <= {head.incident}
    assert {alert.dimension for alert in joined} <= {"sector", "topic", "source", "all"}
    assert time(14, 15) <= head.fired_at.time() < time(16, 37), "its first bad news, and its shares' collapse"
