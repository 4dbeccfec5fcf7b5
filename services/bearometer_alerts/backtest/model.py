"""The model that scores history: a folder, or the champion that ships where the training kit is installed."""

from collections.abc import Callable
from importlib.metadata import entry_points
from pathlib import Path

from bearometer_shared.errors import UserError
from bearometer_shared.inference.engine import Engine
from bearometer_shared.settings import settings

GROUP, CHAMPION = "bearometer.models", "champion"


def load(folder: Path | None, say: Callable[[str], None]) -> Engine:
    """The engine of an artifact. The kit offers its champion as an entry point, as packages offer their commands: a
    service imports no other package of ours. Raises UserError where there is none, ArtifactError for a damaged one.
    """
    if folder is None:
        offered = next(iter(entry_points(group=GROUP, name=CHAMPION)), None)
        if offered is None:
            raise UserError("no model is installed here: name an artifact's folder with --model")
        folder = offered.load()(settings(), say)
    return Engine.load(folder)
