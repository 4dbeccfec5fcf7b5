"""What a run learns from: fresh labels, a replay of earlier ones, and a fifth of the fresh kept back to judge by."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from bearometer_retrainer import replay
from bearometer_shared.storage import labels
from bearometer_shared.storage.labels import Labelled
from bearometer_training import data
from bearometer_training.data import Row

HELD_OUT = 5  # one fresh text in five


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a run fine-tunes: fresh rows are shown `oversample` times an epoch, and each brings `replay` earlier ones.

    `balance` is how evenly those are drawn over classes and times, `distil` the champion's share of what they teach.
    """

    epochs: int = 2
    rate: float = 1e-4
    batch: int = 16
    oversample: int = 1
    replay: float = 4.0
    replay_least: int = 128
    balance: float = 0.5
    distil: float = 0.5
    checkpoint_steps: int = 50
    seed: int = 17


@dataclass(frozen=True, slots=True)
class Lesson:
    """Rows to train on (`fresh`, and `replayed` ones that the champion knows), rows to judge by, and the ids of the
    fresh labels that they came from."""

    fresh: list[Row]
    replayed: list[Row]
    held_out: list[Row]
    label_ids: list[int]
    composition: dict[str, int]

    @property
    def taught(self) -> list[Row]:
        """All that training sees."""
        return [*self.fresh, *self.replayed]

    @property
    def snapshot(self) -> str:
        """The hash that names what is taught."""
        return data.snapshot(self.taught)


def gather(connection: Connection, recipe: Recipe) -> Lesson:
    """The lesson that the labels make now. Golden texts teach nothing, whoever labels them."""
    waiting = labels.fresh(connection)
    golden = {_key(row) for row in data.read(data.GOLDEN)}
    fresh = [row for row in map(_row, waiting) if _key(row) not in golden]
    earlier = [row for row in map(_row, labels.earlier(connection)) if _key(row) not in golden]
    made = lesson(fresh, earlier, data.read(data.SEED), recipe)
    return replace(made, label_ids=[i for label in waiting for i in label.ids])


def lesson(fresh: Sequence[Row], earlier: Sequence[Row], seed: Sequence[Row], recipe: Recipe) -> Lesson:
    """What fresh rows teach together with some of the earlier ones, which are oldest first, and of the seed."""
    taught, held_out = data.split(fresh, HELD_OUT)
    known = {_key(row) for row in fresh}
    earlier, seed = ([row for row in rows if _key(row) not in known] for rows in (earlier, seed))
    wanted = max(round(recipe.replay * len(taught)), recipe.replay_least)
    rng = random.Random(f"{recipe.seed}/{len(earlier)}")  # noqa: S311 - reproducible choice, no secret
    replayed = replay.draw(earlier, seed, wanted, recipe.balance, rng)
    old = {_key(row) for row in earlier}
    of_labels = sum(_key(row) in old for row in replayed)
    composition = {"fresh": len(taught), "earlier": of_labels, "seed": len(replayed) - of_labels}
    return Lesson(taught, replayed, held_out, [], composition)


def _row(label: Labelled) -> Row:
    return Row(label.text, label.sentiment, label.topic)


def _key(row: Row) -> str:
    return row.text.casefold()
