"""What a run learns from: fresh labels, a replay of earlier ones, and a fifth of the fresh kept back to judge by."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from bearometer_shared.storage import held_out, labels
from bearometer_shared.storage.labels import Labelled
from bearometer_training import data
from bearometer_training.data import Row

HELD_OUT = 5  # one fresh text in five
PERIOD_ROWS = 2000  # of all past periods: the exam must not grow with the years


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a run fine-tunes: fresh rows are shown `oversample` times an epoch, and each brings `replay` earlier ones."""

    epochs: int = 3
    rate: float = 4e-5
    batch: int = 32
    oversample: int = 2
    replay: float = 2.0
    replay_least: int = 256
    seed: int = 17


@dataclass(frozen=True, slots=True)
class Lesson:
    """Rows to train on and to judge by, the ids of the labels that they came from, and what judged in earlier runs."""

    taught: list[Row]
    held_out: list[Row]
    label_ids: list[int]
    periods: Mapping[int, Sequence[Row]] = field(default_factory=dict)


def gather(connection: Connection, recipe: Recipe) -> Lesson:
    """The lesson that the labels make now. What judges never teaches: golden texts, whoever labels them, and held-out
    ones, now or later. The split goes by the text alone, so that a text is always on the same side."""
    waiting = labels.fresh(connection)
    golden = {_key(row) for row in data.read(data.GOLDEN)}
    fresh = [row for row in map(_row, waiting) if _key(row) not in golden]
    taught, now_held_out = data.split(fresh, HELD_OUT)
    earlier, once_held_out = data.split([*map(_row, labels.earlier(connection))], HELD_OUT)
    past = [*earlier, *data.read(data.SEED)]
    known = golden | {_key(row) for row in (*fresh, *once_held_out)}
    replay = _replay([row for row in past if _key(row) not in known], len(taught), recipe)
    ids, periods = (
        [i for label in waiting for i in label.ids],
        _periods(connection, {_key(row) for row in now_held_out}),
    )
    return Lesson(taught * recipe.oversample + replay, now_held_out, ids, periods)


def _periods(connection: Connection, known: set[str]) -> dict[int, list[Row]]:
    """What each earlier run held out, in shares of PERIOD_ROWS; of a text that judged twice, its newest label."""
    found, seen = {}, set(known)
    for run_id, judging in (every := held_out.periods(connection)).items():
        rows = [row for row in (Row(*labelled) for labelled in judging) if _key(row) not in seen]
        seen |= {_key(row) for row in rows}
        found[run_id] = rows[: PERIOD_ROWS // len(every)]
    return {run_id: rows for run_id, rows in found.items() if rows}


def _replay(past: list[Row], fresh: int, recipe: Recipe) -> list[Row]:
    wanted = max(round(recipe.replay * fresh), recipe.replay_least)
    rng = random.Random(recipe.seed)  # noqa: S311 - reproducible choice, no secret
    return rng.sample(past, min(wanted, len(past)))


def _row(label: Labelled) -> Row:
    return Row(label.text, label.sentiment, label.topic)


def _key(row: Row) -> str:
    return row.text.casefold()
