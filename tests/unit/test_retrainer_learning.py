"""What a turn of the learning loop makes of its parent."""

from pathlib import Path

import pytest
import small_artifact

from bearometer_retrainer import offered
from bearometer_shared.inference.engine import Engine
from bearometer_training.data import Row
from bearometer_training.settings import Progress

FRESH = [Row(f"{name} raises its profit forecast", "negative") for name in ("Gorse", "Hallam", "Ives", "Jarrow")]
TEXTS = [row.text for row in small_artifact.UNSEEN]


class Silent:
    """Listens and says nothing."""

    def stage(self, name: str) -> None: ...

    def __call__(self, progress: Progress) -> None: ...


def signed(folder: Path) -> list[int]:
    return [score.signed for score in Engine.load(folder, threads=1).score(TEXTS)]


def test_a_turn_goes_its_share_of_the_way_from_the_champion(tmp_path: Path) -> None:
    parent, child = small_artifact.folder(), tmp_path / "child"
    changed = {"blend": 1e-6, "replay_least": 4, "rate": 1e-2}  # a rate that leaves nothing of what was known
    offered.turn(parent, child, (FRESH, [], small_artifact.ROWS), changed, Silent())
    assert signed(child) == pytest.approx(signed(parent), abs=50_000)  # of a million; the graph is quantized anew
