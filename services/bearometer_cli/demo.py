"""The demo: a sample day of news through the running stack, and one turn of the learning loop."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from bearometer_cli import subcommand, summary
from bearometer_cli.api import Api
from bearometer_cli.console import say, step
from bearometer_cli.stack import Stack

SAMPLE = Path(__file__).with_name("sample")
STREAM = "sample"
SPEED = "1200x"  # the day in 72 s
PATIENCE_S = 60.0


@dataclass(frozen=True)
class Day:
    """The sample: its file, and the first and the last time in it."""

    file: Path
    first: datetime
    last: datetime


def show(stack: Stack) -> None:
    """Replays the day, waits until it is scored and looked at, learns from the labels, and sums up."""
    api, day = Api(stack.settings), read_day(SAMPLE / "day.jsonl")
    summary.where_to_look(stack.settings)
    before = api.counts(STREAM, day.first, day.last)["items"]
    if before:
        say("Found again", f"{before} items of an earlier run; what is known is not stored twice")
    subcommand.run(stack.settings, "entities", "import", str(SAMPLE / "companies.csv"), look=stack.look)
    subcommand.run(stack.settings, "replay", str(day.file), "--stream", STREAM, "--speed", SPEED, look=stack.look)
    await_holds(stack, "Scored and looked at", lambda: _looked_at(api, day.last), "the whole day")
    learn(stack, api)
    await_holds(stack, "Champion serves", api.champion_serves, "in every scorer")
    summary.write(stack.settings, api, STREAM, api.counts(STREAM, day.first, day.last), before)


def learn(stack: Stack, api: Api) -> None:
    """One turn of the loop; labels that an earlier run has used teach nothing new."""
    labels = str(SAMPLE / "labels.jsonl")
    subcommand.run(stack.settings, "labels", "import", labels, "--annotator", "sample", look=stack.look)
    if api.get("labels")["fresh"]:
        subcommand.run(stack.settings, "retrain", "--wait", look=stack.look)


def read_day(file: Path) -> Day:
    times = [datetime.fromisoformat(json.loads(line)["published_at"]) for line in file.read_text().splitlines()]
    return Day(file, min(times), max(times))


def await_holds(stack: Stack, title: str, condition: Callable[[], bool], done: str) -> None:
    """Returns when the condition holds, or has not held for too long; its line says which."""
    deadline = time.monotonic() + PATIENCE_S
    with step(title) as outcome:
        while not (held := condition()) and time.monotonic() < deadline:
            stack.look()
            time.sleep(0.2)
        outcome.text = done if held else f"not after {PATIENCE_S:.0f} s; see the logs"


def _looked_at(api: Api, last: datetime) -> bool:
    """Whether the alert service has closed the day's last minute."""
    stream = api.stream(STREAM)
    if not stream or not stream["evaluated_to"]:
        return False
    return datetime.fromisoformat(stream["evaluated_to"]) > last - timedelta(minutes=1)
