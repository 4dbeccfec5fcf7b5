"""A retrainer's desk over a real Postgres, with a teacher who needs no training: candidates are judged as told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from bearometer_retrainer.attempt import Desk, Reporter
from bearometer_retrainer.gate import Candidate
from bearometer_retrainer.judgement import FRESH, GOLDEN, Judgement
from bearometer_retrainer.lesson import Lesson, Recipe
from bearometer_shared.clock import ManualClock
from bearometer_shared.inference import artifact
from bearometer_shared.inference.artifact import Base, Manifest
from bearometer_shared.inference.store import Store
from bearometer_shared.settings import Settings
from bearometer_shared.storage import labels, models, runs
from bearometer_shared.storage.new_label import NewLabel
from bearometer_shared.storage.session import transaction
from bearometer_training.answers import Answer

NOW = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)


def seal(folder: Path, version: str, parent: str | None = None) -> Manifest:
    """A folder with the outside of an artifact; no model is in it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / artifact.DELTA).write_text(version)
    base = Base(name="base", sha256="0" * 64)
    fields = {"version": version, "parent": parent, "base": base, "created_at": NOW, "sentiments": [], "topics": []}
    return artifact.seal(folder, Manifest.model_validate(fields))


def judged(golden: float, right: int) -> Judgement:
    """Golden accuracy, and right answers of 40 held-out fresh labels."""
    return Judgement({GOLDEN: answered(300, round(golden * 300)), FRESH: answered(40, right)})


def answered(n: int, right: int, head: str = "sentiment", word: str = "text") -> list[Answer]:
    """`n` answers about positive texts, the first of them right, and just sure enough."""
    said = ["positive"] * right + ["neutral"] * (n - right)
    return [Answer(f"{word} {k}", head, "positive", answer, right / n) for k, answer in enumerate(said)]


@dataclass
class Teacher:
    """Makes a candidate named `version` at once; `meanwhile` happens while it teaches."""

    before: Judgement = field(default_factory=lambda: judged(0.8, 20))
    after: Judgement = field(default_factory=lambda: judged(0.8, 30))
    version: str = "candidate"
    meanwhile: Callable[[], None] = lambda: None
    lessons: list[Lesson] = field(default_factory=list)

    def __call__(self, parent: Path, folder: Path, lesson: Lesson, recipe: Recipe, report: Reporter) -> Candidate:
        report.stage("training")
        self.lessons.append(lesson)
        self.meanwhile()
        return Candidate(seal(folder, self.version, artifact.read_manifest(parent).version), self.before, self.after)


def desk(database: Engine, home: Path, teacher: Teacher) -> Desk:
    """A worker's desk; the champion `shipped` serves."""
    store = Store(Settings(home=home))
    manifest = seal(home / "shipped", "shipped")
    location = store.put(home / "shipped", "shipped")
    with transaction(database) as connection:
        models.register(connection, manifest, location)
        if models.champion(connection) is None:
            models.promote(connection, "shipped", actor="test", reason="first", at=NOW)
    return Desk(database, store, ManualClock(NOW), home / "scratch", teacher, lambda *_: {"items": 0})


def add_labels(database: Engine, count: int, word: str = "text") -> None:
    """Distinct fresh labels."""
    new = [NewLabel(f"{word} number {n}", "negative", None, "ana") for n in range(count)]
    with transaction(database) as connection:
        labels.add(connection, new, NOW)


def queued(database: Engine, **options: str) -> int:
    """A run in the queue."""
    with transaction(database) as connection:
        run_id = runs.queue(connection, trigger="test", at=NOW, **options)  # type: ignore[arg-type]  # texts only
    assert run_id is not None
    return run_id
