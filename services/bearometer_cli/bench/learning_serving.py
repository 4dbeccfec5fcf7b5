"""From the label that reaches the threshold to a scorer that serves the new model, on a real stack."""

import json
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from bearometer_cli.bench import data_sets
from bearometer_cli.bench.learning_drift import FILE
from bearometer_cli.bench.rig import Rig
from bearometer_cli.servers.child import StartError
from bearometer_shared.clock import SystemClock
from bearometer_shared.storage import models, runs
from bearometer_shared.storage.new_label import text_hash
from bearometer_shared.storage.runs import Overruling
from bearometer_shared.storage.session import transaction

LIMIT_S = 3600.0
POLL_S = 0.2
SAY_S = 20.0
ROLES = ("worker-gpu", "worker-default", "beat")
FORCE = Overruling(True, "the benchmark must see a model served")  # the gate's own word is recorded beside it


def seconds_to_serving(rig: Rig, folder: Path, labels: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Seconds from the start of the import of `labels` labels, which alone starts a run, until a scorer serves what
    the run made; and what the gate said of it."""
    for service, *role in (("bearometer-scorer",), *(("bearometer-retrainer", role) for role in ROLES)):
        rig.start(service, *role)
    until(lambda: _served(rig), say, "the scorer")
    file = rig.settings.home / "labels.jsonl"
    # A text that comes again, as the model reads it, is no fresh label.
    one_each = {text_hash(row["text"]): row for row in data_sets.rows(folder / FILE)}
    chosen = islice(one_each.values(), labels)
    file.write_text("".join(json.dumps(row) + "\n" for row in chosen))
    say(f"importing {labels} labels, which start a run")
    started = time.monotonic()
    rig.run("labels", "import", str(file), "--annotator", "bench")
    row = until(lambda: _decided(rig), say, "the run")
    if row["state"] != "done":
        raise StartError(f"the run failed: {row['error']}; see {rig.settings.home}/logs")
    until(lambda: row["model_version"] in _served(rig), say, "the swap")
    return {"seconds_to_serving": round(time.monotonic() - started, 1), "serving_decision": row["decision"]}


def _served(rig: Rig) -> list[str]:
    with transaction(rig.database) as connection:
        return [server["version"] for server in models.servers(connection)]


def _decided(rig: Rig) -> dict[str, Any] | None:
    """The run, once it has ended. It is made to promote: what is timed is the whole way."""
    with transaction(rig.database) as connection:
        row = next(iter(runs.newest(connection, 1)), None)
        if row and row["state"] == "running":
            runs.overrule(connection, row["id"], FORCE)
    return row if row and row["state"] not in runs.ACTIVE else None


def until(found: Callable[[], Any], say: Callable[[str], None], what: str) -> Any:
    """What `found` finds, once it is something. Raises StartError after an hour."""
    clock, started, due = SystemClock(), time.monotonic(), SAY_S
    while not (value := found()):
        spent = time.monotonic() - started
        if spent > LIMIT_S:
            raise StartError(f"{what} took more than {LIMIT_S:.0f} s")
        if spent > due:
            say(f"waiting for {what}: {spent:.0f} s")
            due += SAY_S
        clock.sleep(POLL_S)
    return value
