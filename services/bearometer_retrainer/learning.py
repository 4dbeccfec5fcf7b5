"""Fine-tuning the champion into a candidate, and judging both as they would serve."""

from dataclasses import asdict
from pathlib import Path

from bearometer_retrainer.attempt import Reporter
from bearometer_retrainer.gate import Candidate
from bearometer_retrainer.judgement import BEHAVIOUR, BIAS, FRESH, GOLDEN, Judgement
from bearometer_retrainer.judging import judge
from bearometer_retrainer.lesson import Lesson, Recipe
from bearometer_shared.inference import artifact
from bearometer_shared.inference.artifact import Manifest
from bearometer_training import data
from bearometer_training.evaluate import reports
from bearometer_training.examples import examples


def teach(parent: Path, folder: Path, lesson: Lesson, recipe: Recipe, report: Reporter) -> Candidate:
    """Makes a candidate of the artifact in `parent`, sealed in `folder`, and judges both. Takes minutes.

    Raises ArtifactError where the parent is damaged or the candidate fails its checks.
    """
    manifest = _fine_tune(parent, folder, lesson, recipe, report)
    report.stage("judging")
    before, after = judge(parent, folder, lesson)
    return Candidate(_note(folder, manifest, after, recipe), before, after)


def _fine_tune(parent: Path, folder: Path, lesson: Lesson, recipe: Recipe, report: Reporter) -> Manifest:
    from bearometer_training import base, export, model, train  # torch: loaded by runs that train, not by every worker

    origin = artifact.read_manifest(parent)
    settings = train.Settings(epochs=recipe.epochs, rate=recipe.rate, batch=recipe.batch, seed=recipe.seed)
    report.stage("loading")
    candidate, tokenizer = export.resume(parent), model.tokenizer(base.require(origin.base))
    report.stage("training")
    train.train(candidate, tokenizer, examples(lesson.taught), settings, report)
    report.stage("exporting")
    texts = [row.text for row in data.read(data.GOLDEN)]
    return export.write(
        candidate,
        folder,
        texts,
        base_name=origin.base.name,
        parent=origin.version,
        recipe="full",
        data_snapshot=data.snapshot(lesson.taught),
        temperatures=origin.temperatures,
    )


def _note(folder: Path, manifest: Manifest, figures: Judgement, recipe: Recipe) -> Manifest:
    """Seals the figures and the training settings into the candidate's manifest."""
    judged = {name: reports(figures.sets[name]) for name in (GOLDEN, FRESH)}
    briefly = {name: figures.figures()[name] for name in (BEHAVIOUR, BIAS)}
    metrics = manifest.metrics | judged | briefly | {"settings": asdict(recipe)}
    return artifact.seal(folder, manifest.model_copy(update={"metrics": metrics}))
