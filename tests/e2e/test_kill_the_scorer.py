"""No accepted item is lost and none is stored twice, while scorers are killed in mid-batch."""

import gzip
import json
import random
from contextlib import closing

import pytest
from stack import DATA, Stack, wait_for

from bearometer_shared.kafka.log import RealLog
from bearometer_shared.kafka.port import NEWS_SCORED

NEWS = DATA / "reuters1987" / "feb-jun.jsonl.gz"
LIMIT, KILLS = 5000, 10


@pytest.mark.skipif(not NEWS.exists(), reason=f"{NEWS.name} of the public data is not here")
@pytest.mark.timeout(600)
def test_ten_sigkills_lose_and_repeat_nothing(stack: Stack) -> None:
    """Five thousand items of a real wire, two scorers in the group, one of them killed ten times meanwhile."""
    stack.start("bearometer-scorer", name="victim-0", batch_items=64)
    stack.start("bearometer-scorer", name="survivor", batch_items=64)
    sent = stack.run("replay", str(NEWS), "--stream", "reuters", "--speed", "max", "--limit", str(LIMIT), "--json")
    assert sent.returncode == 0, sent.stderr
    wanted = distinct_ids()

    def stored() -> int:
        return int(stack.one("SELECT count(*) FROM articles WHERE stream = 'reuters'"))

    rng = random.Random(5)  # noqa: S311 - reproducible kills, no secret
    for kill in range(KILLS):
        before = stored()
        goal = before + rng.randrange(40, 300)
        wait_for(lambda goal=goal: stored() >= min(goal, len(wanted)), f"progress before kill {kill + 1}")
        stack.children[f"victim-{kill}"].kill()
        stack.start("bearometer-scorer", name=f"victim-{kill + 1}", batch_items=64)
    wait_for(lambda: stored() >= len(wanted), "all items stored", limit_s=240)
    # A killed scorer may have stored what it had not announced: whoever takes its partitions over announces it.
    behind = "SELECT count(*) FROM offsets WHERE announced < next"
    wait_for(lambda: stack.one(behind) == 0, "everything announced")
    stack.children[f"victim-{KILLS}"].stop()
    stack.children["survivor"].stop()
    assert {row.id for row in stack.rows("SELECT id FROM articles WHERE stream = 'reuters'")} == wanted
    assert stored() == len(wanted)
    checked = stack.run("trends", "rebuild", "--check", "--stream", "reuters")
    assert checked.returncode == 0, checked.stdout
    with closing(RealLog(stack.settings)) as log:
        announced = {json.loads(record.value or b"")["article_id"] for record in log.read(NEWS_SCORED)}
    assert announced == wanted, "every item is announced at least once"


def distinct_ids() -> set[str]:
    with gzip.open(NEWS, "rb") as file:
        rows = [json.loads(line) for _, line in zip(range(LIMIT), file, strict=False)]
    return {row["id"] for row in rows if row["title"].strip()}
