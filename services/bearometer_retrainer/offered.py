"""What benchmarks measure of the learning loop: one turn of it, the very code of a run, without servers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bearometer_retrainer import learning
from bearometer_retrainer.learning import Listener
from bearometer_retrainer.lesson import Recipe, lesson
from bearometer_training.data import Row


def turn(
    parent: Path,
    folder: Path,
    labels: tuple[Sequence[Row], Sequence[Row], Sequence[Row]],
    changed: Mapping[str, Any],
    report: Listener,
) -> None:
    """Trains the artifact in `parent` further into `folder`. `labels`: fresh ones, earlier ones with the oldest first,
    and the seed. `changed`: fields of the recipe. A fifth of the fresh is held back, as a run does for its gate."""
    recipe = Recipe(**changed)
    learning.fine_tune(parent, folder, lesson(*labels, recipe), recipe, report)
