"""The loop's first turn on the real stack: labels in, a decision, a promotion that scorers serve under load."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from stack import DATA, Stack, wait_for

from bearometer_shared.kafka.log import RealLog
from bearometer_shared.kafka.port import NEWS_RAW

TWEETS = DATA / "twitter_sentiment" / "train.jsonl"
NEWS = DATA / "reuters1987" / "feb-jun.jsonl.gz"
SPEED = "40000x"  # some 160 items a second: load, without a backlog of the whole file to wait for
ROWS = 50  # enough to judge by; more only train for longer

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
    stack.start("bearometer-scorer")
    for role in ("worker-gpu", "worker-default", "beat"):
        stack.start("bearometer-retrainer", role)
    first = stack.one("SELECT version FROM promotions ORDER BY id DESC LIMIT 1")
    imported = stack.run("labels", "import", str(labels), "--annotator", "test")
    assert imported.returncode == 0, imported.stderr
    ran = stack.run("retrain", "--wait", "--json", timeout=600)
    assert ran.returncode == 0, ran.stderr
    decision = json.loads(ran.stdout)
    assert decision["state"] == "done" and decision["decision"], decision
    assert decision["figures"], "the figures behind the decision"
    for role in ("worker-gpu", "worker-default", "beat"):
        stack.children[f"bearometer-retrainer-{role}"].stop()
    serving = stack.one("SELECT version FROM promotions ORDER BY id DESC LIMIT 1")
    wait_for(lambda: _served(stack) == {serving}, "the champion serving")
    other = decision["model_version"] if serving == first else first

    replay = stack.start("bearometer", "replay", str(NEWS), "--stream", "load", "--speed", SPEED, name="load")
    wait_for(lambda: stack.one("SELECT count(*) FROM articles") > 500, "items scored by the old model")
    promoted = stack.run("models", "promote", other, "--reason", "the test wants to see a swap under load")
    assert promoted.returncode == 0, promoted.stderr
    wait_for(lambda: _served(stack) == {other}, "the promoted model serving")
    moved, since = stack.rows("SELECT max(at), (SELECT max(since) FROM servers) FROM promotions")[0]
    told = stack.one("SELECT r.at FROM rebases r JOIN promotions p ON p.id = r.promotion ORDER BY p.id DESC LIMIT 1")
    assert moved <= told <= since, "history is told before it serves; how soon is for `bench swap` to say"
    newest = "SELECT count(*) FROM articles WHERE model_version = :version"
    wait_for(lambda: stack.one(newest, version=other) > 500, "items scored by the new model")
    replay.stop()
    wait_for(lambda: _drained(stack), "the scorer to drain", limit_s=240)
    mixed = "SELECT batch FROM articles GROUP BY batch HAVING count(DISTINCT model_version) > 1"
    assert stack.rows(mixed) == [], "no batch mixes models"
    assert {row.model_version for row in stack.rows("SELECT DISTINCT model_version FROM articles")} == {serving, other}
    assert stack.one("SELECT count(*) FROM articles") == stack.one("SELECT count(*) FROM article_keys")
    with closing(RealLog(stack.settings)) as log:
        sent = {json.loads(r.value or b"").get("id") for r in log.read(NEWS_RAW)} - {None}
    assert {row.id for row in stack.rows("SELECT id FROM articles")} == sent, "no item was lost"


def _served(stack: Stack) -> set[str]:
    return {row.version for row in stack.rows("SELECT version FROM servers")}


def _drained(stack: Stack) -> bool:
    """Every record of the topic is behind the stored offsets."""
    found = stack.run("topics", "list", "--json")
    assert found.returncode == 0, found.stderr
    raw = next(topic for topic in json.loads(found.stdout)["topics"] if topic["name"] == "news.raw")
    return bool(raw["lag"] == 0)
