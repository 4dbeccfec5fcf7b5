"""The loop's first turn on the real stack: labels in, a decision, a promotion that scorers serve under load."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from stack import DATA, Stack, wait_for

TWEETS = DATA / "twitter_sentiment" / "train.jsonl"
NEWS = DATA / "reuters1987" / "feb-jun.jsonl.gz"
ROWS, ITEMS = 300, 2000

pytestmark = [
    pytest.mark.skipif(not TWEETS.exists(), reason=f"{TWEETS.name} of the public data is not here"),
    pytest.mark.timeout(900),
]


@pytest.fixture
def labels(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "labels.jsonl"
    path.write_bytes(b"\n".join(TWEETS.read_bytes().split(b"\n")[:ROWS]) + b"\n")
    yield path


def test_labels_lead_to_a_model_that_serves_without_losing_or_mixing_anything(stack: Stack, labels: Path) -> None:
    for words in (["bearometer-scorer"], ["bearometer-retrainer", "worker-gpu"]):
        stack.start(*words)
    for role in ("worker-default", "beat"):
        stack.start("bearometer-retrainer", role)
    first = stack.one("SELECT version FROM promotions ORDER BY id DESC LIMIT 1")
    imported = stack.run("labels", "import", str(labels), "--annotator", "test")
    assert imported.returncode == 0, imported.stderr
    forced = ["--force-promote", "the test wants to see a swap, whatever the gate says"]
    replay = stack.start("bearometer", "replay", str(NEWS), "--stream", "load", "--speed", "max", name="load-0")
    ran = stack.run("retrain", "--wait", "--json", *forced, timeout=600)
    assert ran.returncode == 0, ran.stderr
    decision = json.loads(ran.stdout)
    assert decision["state"] == "done" and decision["decision"], decision
    assert decision["figures"], "the figures behind the decision"
    promoted = stack.rows("SELECT version, at FROM promotions ORDER BY id DESC LIMIT 1")[0]
    assert promoted.version == decision["model_version"] != first

    def serving() -> bool:
        return {r.version for r in stack.rows("SELECT version FROM servers")} == {promoted.version}

    wait_for(serving, "the promoted model serving", limit_s=30)
    since = stack.one("SELECT max(since) FROM servers")
    assert (since - promoted.at).total_seconds() < 10, "serving within ten seconds of the promotion"
    before = stack.one("SELECT count(*) FROM articles")
    wait_for(lambda: stack.one("SELECT count(*) FROM articles") > before, "items scored by the new model")
    replay.stop()
    wait_for(lambda: _drained(stack), "the scorer to drain", limit_s=240)
    mixed = "SELECT batch FROM articles GROUP BY batch HAVING count(DISTINCT model_version) > 1"
    assert stack.rows(mixed) == [], "no batch mixes models"
    assert {r.model_version for r in stack.rows("SELECT DISTINCT model_version FROM articles")} == {
        first,
        promoted.version,
    }


def _drained(stack: Stack) -> bool:
    """Every record of the topic is behind the stored offsets."""
    found = stack.run("topics", "list", "--json")
    assert found.returncode == 0, found.stderr
    raw = next(topic for topic in json.loads(found.stdout) if topic["topic"] == "news.raw")
    return bool(raw["lag"] == 0)
