"""Fine-tuning the champion into a candidate, and judging both as they would serve."""

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Protocol

from bearometer_retrainer.gate import Candidate
from bearometer_retrainer.judgement import BEHAVIOUR, BIAS, FRESH, GOLDEN, Judgement
from bearometer_retrainer.judging import judge
from bearometer_retrainer.lesson import Lesson, Recipe
from bearometer_shared.inference import artifact
from bearometer_shared.inference.artifact import Manifest
from bearometer_training import data
from bearometer_training.evaluate import reports
from bearometer_training.examples import Example, examples
from bearometer_training.settings import Progress, Settings

KEPT = ("temperatures", "max_tokens", "marks_figures")  # a candidate reads and answers as its parent does
WORK = "training"  # beside the artifact's files: checkpoints and the champion's answers, until training is done


class Listener(Protocol):
    """Hears how far a run is; may raise to end it."""

    def stage(self, name: str) -> None: ...

    def __call__(self, progress: Progress) -> None: ...


def teach(parent: Path, folder: Path, lesson: Lesson, recipe: Recipe, report: Listener) -> Candidate:
    """Makes a candidate of the artifact in `parent`, sealed in `folder`, and judges both. Takes minutes.

    Raises ArtifactError where the parent is damaged or the candidate fails its checks.
    """
    manifest = fine_tune(parent, folder, lesson, recipe, report)
    report.stage("judging")
    before, after = judge(parent, folder, lesson)
    return Candidate(_note(folder, manifest, after, recipe), before, after)


def fine_tune(parent: Path, folder: Path, lesson: Lesson, recipe: Recipe, report: Listener) -> Manifest:
    """Trains the artifact in `parent` further and seals what comes of it in `folder`.

    An attempt that was cut off goes on from the checkpoint that it left in `folder`.
    """
    from bearometer_training import base, export, model, train  # torch: loaded by runs that train, not by every worker

    origin, work = artifact.read_manifest(parent), folder / WORK
    work.mkdir(parents=True, exist_ok=True)
    report.stage("loading")
    candidate = export.resume(parent)
    reader = model.reader(base.require(origin.base), origin.max_tokens, origin.marks_figures)
    report.stage("training")
    train.train(candidate, reader, _shown(parent, work, lesson, recipe), _settings(recipe), report, work)
    report.stage("exporting")
    texts = [row.text for row in data.read(data.GOLDEN)]
    lineage: dict[str, object] = {name: getattr(origin, name) for name in KEPT}
    lineage |= {"parent": origin.version, "recipe": "full"}
    lineage |= {"data_snapshot": lesson.snapshot, "metrics": {"data": lesson.composition}}
    manifest = export.write(candidate, folder, texts, base_name=origin.base.name, **lineage)
    shutil.rmtree(work)
    return manifest


def _shown(parent: Path, work: Path, lesson: Lesson, recipe: Recipe) -> list[Example]:
    """An epoch's examples. Replayed ones carry what the champion says of them: learning without forgetting (Li & Hoiem
    2016), by dark experience replay (Buzzega et al. 2020)."""
    from bearometer_training import teacher  # torch too

    replayed = examples(lesson.replayed)
    if recipe.distil and replayed:
        replayed = teacher.teach(replayed, [parent], work, lambda done, of: None)
    return examples(lesson.fresh) * recipe.oversample + replayed + examples(lesson.weak)


def _settings(recipe: Recipe) -> Settings:
    shared = ("epochs", "rate", "batch", "distil", "blend", "checkpoint_steps", "seed")
    return Settings(head_rate=0.0, **{name: getattr(recipe, name) for name in shared})  # its heads are no fresh ones


def _note(folder: Path, manifest: Manifest, figures: Judgement, recipe: Recipe) -> Manifest:
    """Seals the figures and the training settings into the candidate's manifest."""
    judged = {name: reports(figures.sets[name]) for name in (GOLDEN, FRESH)}
    briefly = {name: figures.figures()[name] for name in (BEHAVIOUR, BIAS)}
    metrics = manifest.metrics | judged | briefly | {"settings": asdict(recipe)}
    return artifact.seal(folder, manifest.model_copy(update={"metrics": metrics}))
