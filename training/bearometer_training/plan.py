"""What a training run is made of, and the folder that it claims: a run that was cut off goes on there."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from bearometer_shared.errors import UserError
from bearometer_shared.inference import artifact
from bearometer_training import data, recipes
from bearometer_training.data import Row
from bearometer_training.settings import Settings

PLAN = "settings.json"  # what a run was started with


@dataclass(frozen=True)
class Plan:
    """What a run is made of: base, settings, rows to train on and to judge by, teachers, texts for them alone, and the
    artifact that is trained further, if any."""

    base: str
    settings: Settings
    rows: Sequence[Row]
    judging: Sequence[Row]
    teachers: Sequence[Path] = ()
    unlabelled: Sequence[str] = ()
    start: Path | None = None

    @property
    def parent(self) -> str | None:
        """The version of what is trained further."""
        return artifact.read_manifest(self.start).version if self.start else None

    def describe(self) -> str:
        """What has to be the same for a run to go on."""
        named = {
            "base": self.base,
            "data": data.snapshot([*self.rows, *map(Row, self.unlabelled)]),
            "teachers": [artifact.read_manifest(teacher).version for teacher in self.teachers],
            "from": self.parent,
        }
        return json.dumps(named | asdict(self.settings), indent=2) + "\n"


def rows(files: Sequence[Path], eval_file: Path | None) -> tuple[list[Row], list[Row]]:
    """Rows to train on and rows to judge by: the second file's, or a tenth that training never sees.

    A row that is given twice is learnt twice and judged once.
    """
    found = [row for file in files for row in data.read(file) if row.sentiment or row.topic or row.entities]
    taught, judging = (found, data.read(eval_file)) if eval_file else data.split(found)
    if not taught or not judging:
        raise UserError(f"{len(taught)} rows to train on and {len(judging)} to judge by; both need some")
    return taught, list(dict.fromkeys(judging))


def claim(out: Path, plan: Plan) -> None:
    """Makes `out` the folder of this run.

    Raises UserError for an unknown recipe, for a blend with nothing, and where `out` holds a model or a run of another
    plan.
    """
    recipes.rate(plan.settings.recipe)
    _check_blend(plan)
    described = plan.describe()
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and _read(out / PLAN) != described)):
        raise UserError(f"--out {out}: exists already and is no run of these settings and rows; name a new folder")
    if (out / artifact.MANIFEST).exists():
        raise UserError(f"--out {out}: holds a finished model; name a new folder")
    out.mkdir(parents=True, exist_ok=True)
    (out / PLAN).write_text(described)


def _check_blend(plan: Plan) -> None:
    blend = plan.settings.blend
    if not 0 < blend <= 1:
        raise UserError(f"blend = {blend} is not above 0 and up to 1")
    if blend < 1 and not (plan.start and recipes.is_plain(plan.settings.recipe)):
        raise UserError(f"blend = {blend}: only what is trained --from an artifact, by a recipe that adds no tensors")


def _read(path: Path) -> str:
    return path.read_text() if path.is_file() else ""
