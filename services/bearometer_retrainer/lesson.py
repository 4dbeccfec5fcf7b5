"""What a run learns from: fresh labels, a replay of earlier ones, and a fifth of the fresh kept back to judge by."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import Connection

from bearometer_retrainer import replay
from bearometer_shared.storage import held_out, labels, weak_labels
from bearometer_shared.storage.labels import Labelled
from bearometer_training import data
from bearometer_training.data import Row

HELD_OUT = 5  # one fresh text in five
PERIOD_ROWS = 2000  # of all past periods: the exam must not grow with the years


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a run fine-tunes: fresh rows are shown `oversample` times an epoch, and each brings `replay` earlier ones.

    Each of those is shown once: as many others, instead of the same ones in a second epoch, forget less.
    `balance` is how evenly those are drawn over times, and weak ones over classes; `distil` the champion's share of
    what earlier rows teach; `blend` the share of the way from the champion that is gone, to what training made of it.
    At most `weak` rows for each fresh one are such that no person labelled; each counts `weak_weight` of a label.
    `sure` is the least probability that each version gives to what they agree on.
    """

    epochs: int = 1
    rate: float = 1e-4
    batch: int = 16
    oversample: int = 2
    replay: float = 8.0
    replay_least: int = 128
    balance: float = 0.5
    distil: float = 0.5
    blend: float = 0.8
    weak: float = 1.0
    weak_weight: float = 0.25
    sure: float = 0.95
    checkpoint_steps: int = 50
    seed: int = 17


@dataclass(frozen=True, slots=True)
class Lesson:
    """Rows to train on (`fresh`, `replayed` ones that the champion knows, `weak` ones that no person labelled), rows to
    judge by, the ids of the fresh labels that they came from, and what judged in earlier runs."""

    fresh: list[Row]
    replayed: list[Row]
    held_out: list[Row]
    label_ids: list[int]
    composition: dict[str, int]
    periods: Mapping[int, Sequence[Row]] = field(default_factory=dict)
    weak: Sequence[Row] = ()

    @property
    def taught(self) -> list[Row]:
        """All that training sees."""
        return [*self.fresh, *self.replayed, *self.weak]

    @property
    def snapshot(self) -> str:
        """The hash that names what is taught."""
        return data.snapshot(self.taught)


def gather(connection: Connection, recipe: Recipe) -> Lesson:
    """The lesson that the labels make now. What judges never teaches: golden texts, whoever labels them, and held-out
    ones, now or later. The split goes by the text alone, so that a text is always on the same side."""
    waiting = labels.fresh(connection)
    golden = {_key(row) for row in data.read(data.GOLDEN)}
    fresh = [row for row in _rows(waiting) if _key(row) not in golden]
    earlier, once_held_out = data.split(_rows(labels.earlier(connection)), HELD_OUT)
    known = golden | {_key(row) for row in once_held_out}
    past, seed = ([row for row in rows if _key(row) not in known] for rows in (earlier, data.read(data.SEED)))
    made = lesson(fresh, past, seed, recipe)
    periods = _periods(connection, {_key(row) for row in made.held_out})
    made = replace(made, label_ids=[i for label in waiting for i in label.ids], periods=periods)
    return with_weak(made, "weak", _rows(weak_labels.agreed(connection)), recipe)


def lesson(fresh: Sequence[Row], earlier: Sequence[Row], seed: Sequence[Row], recipe: Recipe) -> Lesson:
    """What fresh rows teach together with some of the earlier ones, which are oldest first, and of the seed."""
    taught, now_held_out = data.split(fresh, HELD_OUT)
    known = {_key(row) for row in fresh}
    earlier, seed = ([row for row in rows if _key(row) not in known] for rows in (earlier, seed))
    wanted = max(round(recipe.replay * len(taught)), recipe.replay_least)
    rng = random.Random(f"{recipe.seed}/{len(earlier)}")  # noqa: S311 - reproducible choice, no secret
    replayed = replay.draw(earlier, seed, wanted, recipe.balance, rng)
    old = {_key(row) for row in earlier}
    of_labels = sum(_key(row) in old for row in replayed)
    composition = {"fresh": len(taught), "earlier": of_labels, "seed": len(replayed) - of_labels}
    return Lesson(taught, replayed, now_held_out, [], composition)


def with_weak(lesson: Lesson, source: str, rows: Sequence[Row], recipe: Recipe) -> Lesson:
    """The lesson with some of `rows` that no person labelled, counted as `source`. What may judge, now or later, and
    what people have labelled, in any lesson, is left out."""
    known = {_key(row) for row in (*lesson.taught, *data.read(data.GOLDEN), *data.read(data.SEED))}
    taught, _ = data.split([row for row in rows if _key(row) not in known], HELD_OUT)
    wanted = max(round(recipe.weak * len(lesson.fresh)) - len(lesson.weak), 0)
    rng = random.Random(f"{recipe.seed}/{source}/{len(taught)}")  # noqa: S311 - reproducible choice, no secret
    drawn = replay.draw_classes(taught, wanted, recipe.balance, rng)
    weighed = [replace(row, weight=recipe.weak_weight) for row in drawn]
    return replace(lesson, weak=[*lesson.weak, *weighed], composition=lesson.composition | {source: len(drawn)})


def _periods(connection: Connection, known: set[str]) -> dict[int, list[Row]]:
    """What each earlier run held out, in shares of PERIOD_ROWS; of a text that judged twice, its newest label."""
    found, seen = {}, set(known)
    for run_id, judging in (every := held_out.periods(connection)).items():
        rows = [row for row in (Row(*labelled) for labelled in judging) if _key(row) not in seen]
        seen |= {_key(row) for row in rows}
        found[run_id] = rows[: PERIOD_ROWS // len(every)]
    return {run_id: rows for run_id, rows in found.items() if rows}


def _rows(found: Iterable[Labelled]) -> list[Row]:
    """A row for each text: what is said of it, and of entities in it."""
    rows: dict[str, Row] = {}
    for one in found:
        row = rows.get(one.text.casefold(), Row(one.text))
        if one.entity and one.sentiment:
            row = replace(row, entities=(*row.entities, (one.entity, one.sentiment)))
        else:
            row = replace(row, sentiment=one.sentiment, topic=one.topic)
        rows[one.text.casefold()] = row
    return list(rows.values())


def _key(row: Row) -> str:
    return row.text.casefold()
