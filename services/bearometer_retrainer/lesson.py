"""What a run learns from: fresh labels, a replay of earlier ones, and a fifth of the fresh kept back to judge by."""

import random
from dataclasses import dataclass

from sqlalchemy import Connection

from bearometer_shared.storage import labels
from bearometer_shared.storage.labels import Labelled
from bearometer_training import data
from bearometer_training.data import Row

HELD_OUT = 5  # one fresh text in five


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
    """Rows to train on and to judge by, and the ids of the labels that they came from."""

    taught: list[Row]
    held_out: list[Row]
    label_ids: list[int]


def gather(connection: Connection, recipe: Recipe) -> Lesson:
    """The lesson that the labels make now. Golden texts teach nothing, whoever labels them."""
    waiting = labels.fresh(connection)
    golden = {_key(row) for row in data.read(data.GOLDEN)}
    fresh = [row for row in map(_row, waiting) if _key(row) not in golden]
    taught, held_out = data.split(fresh, HELD_OUT)
    past = [*map(_row, labels.earlier(connection)), *data.read(data.SEED)]
    known = golden | {_key(row) for row in fresh}
    replay = _replay([row for row in past if _key(row) not in known], len(taught), recipe)
    return Lesson(taught * recipe.oversample + replay, held_out, [i for label in waiting for i in label.ids])


def _replay(past: list[Row], fresh: int, recipe: Recipe) -> list[Row]:
    wanted = max(round(recipe.replay * fresh), recipe.replay_least)
    rng = random.Random(recipe.seed)  # noqa: S311 - reproducible choice, no secret
    return rng.sample(past, min(wanted, len(past)))


def _row(label: Labelled) -> Row:
    return Row(label.text, label.sentiment, label.topic)


def _key(row: Row) -> str:
    return row.text.casefold()
