"""What benchmarks measure of the learning loop: one turn of it, the very code of a run, without servers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bearometer_retrainer import learning, pseudo
from bearometer_retrainer.learning import Listener
from bearometer_retrainer.lesson import Recipe, lesson, with_weak
from bearometer_training.data import Row


def turn(
    parent: Path,
    folder: Path,
    labels: tuple[Sequence[Row], Sequence[Row], Sequence[Row]],
    changed: Mapping[str, Any],
    report: Listener,
    ensemble: Sequence[Path] = (),
    unread: Sequence[str] = (),
) -> None:
    """Trains the artifact in `parent` further into `folder`. `labels`: fresh ones, earlier ones with the oldest first,
    and the seed. `changed`: fields of the recipe. A fifth of the fresh is held back, as a run does for its gate.
    Given an `ensemble` of artifacts, what these are sure of in `unread` texts is taught too."""
    recipe = Recipe(**changed)
    made = lesson(*labels, recipe)
    if ensemble:
        made = with_weak(made, "pseudo", pseudo.of_folders(ensemble, unread, recipe.sure), recipe)
    learning.fine_tune(parent, folder, made, recipe, report)
