"""A search over training settings: each trial is a training run, measured on rows that it has not seen.

Those rows are a tenth of the training rows, never the ones that judge the final model. TPE proposes settings
(Bergstra et al. 2011); a trial that does worse than the median at the same share of its run is pruned
(Golovin et al. 2017).
"""

import fcntl
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean

import optuna
import torch
from optuna.trial import BaseTrial, FrozenTrial, TrialState
from sqlalchemy import URL
from sqlalchemy.exc import DatabaseError

from bearometer_shared.errors import UserError
from bearometer_shared.inference.encoding import Reader
from bearometer_training import data, evaluate, recipes, train
from bearometer_training.data import Row
from bearometer_training.examples import examples
from bearometer_training.judged import Judged
from bearometer_training.model import Heads
from bearometer_training.settings import Progress, Settings

STUDY = "study.db"
PART = 10  # one training row in this many measures the trials instead of teaching
RUNGS = 4  # a run is measured at each of these shares, and may be pruned there
Watch = Callable[[int, Progress], None]  # number of the trial, and where its run is
After = Callable[[optuna.Study, FrozenTrial], None]  # called with each trial that has ended


def proposed(trial: BaseTrial, start: Settings) -> Settings:
    """The search space. Every range holds `start`; what is not named here stays as `start` has it."""
    rate = start.rate or recipes.rate(start.recipe)
    return replace(
        start,
        epochs=trial.suggest_int("epochs", 1, max(6, start.epochs)),
        batch=trial.suggest_categorical("batch", sorted({16, 32, 64, start.batch})),
        rate=trial.suggest_float("rate", rate / 5, rate * 5, log=True),
        warmup=trial.suggest_float("warmup", 0.0, max(0.2, start.warmup)),
        decay=trial.suggest_float("decay", 0.0, max(0.2, start.decay)),
        smoothing=trial.suggest_float("smoothing", 0.0, max(0.2, start.smoothing)),
        balance=trial.suggest_float("balance", 0.0, max(1.0, start.balance)),
        average=trial.suggest_categorical("average", sorted({0.0, 0.99, 0.999, start.average})),
        augment=trial.suggest_float("augment", 0.0, max(0.5, start.augment)),
    )


@dataclass(frozen=True)
class Task:
    """What all trials share: fresh models, rows to learn, rows to measure by and in which heads, and the start."""

    build: Callable[[], Heads]
    reader: Reader
    taught: Sequence[Row]
    measuring: Sequence[Row]
    heads: Sequence[str]
    start: Settings

    def run(self, trial: optuna.Trial, watch: Watch) -> float:
        """Trains with what the trial proposes and returns its score. Raises TrialPruned where that is hopeless."""
        settings = proposed(trial, self.start)
        torch.manual_seed(settings.seed)  # the fresh heads are the same in every trial
        model = self.build()

        def report(at: Progress) -> None:
            watch(trial.number, at)
            rung = at.step * RUNGS // at.steps
            if rung > (at.step - 1) * RUNGS // at.steps and at.step < at.steps:
                trial.report(self.score(model), rung)
                if trial.should_prune():
                    raise optuna.TrialPruned

        try:
            return self.score(train.train(model, self.reader, examples(self.taught), settings, report))
        except (torch.OutOfMemoryError, FloatingPointError) as error:
            raise optuna.TrialPruned from error

    def score(self, model: Heads) -> float:
        """The mean macro-F1 of the heads."""
        figures = evaluate.evaluate(Judged(model, self.reader), self.measuring)
        return fmean(figures[head]["macro_f1"] for head in self.heads)


def divide(rows: Sequence[Row], judging: Sequence[Row]) -> tuple[list[Row], list[Row], list[str]]:
    """Rows to learn, rows to measure by, and the heads that count: those that `judging` has labels for.

    A text of `judging` is in neither part. Raises UserError where a part is empty or says nothing about a head.
    """
    apart = {row.text.lower() for row in judging}
    taught, measuring = data.split([row for row in rows if row.text.lower() not in apart], PART, salt="tuning")
    heads, known = _heads(judging), _heads(measuring)
    if not heads:
        raise UserError("none of the rows to judge by has a label")
    if not taught or (missing := [head for head in heads if head not in known]):
        lack = f"no label for {', '.join(missing)}" if taught else "none to train on"
        raise UserError(f"{len(measuring)} training rows are held out to tune by, {lack}: the search needs more rows")
    return taught, list(dict.fromkeys(measuring)), heads


def _heads(rows: Sequence[Row]) -> list[str]:
    labels = {
        "sentiment": any(row.sentiment for row in rows),
        "topic": any(row.topic for row in rows),
        "entity": any(row.entities for row in rows),
    }
    return [head for head, known in labels.items() if known]


@contextmanager
def opened(folder: Path) -> Iterator[optuna.Study]:
    """The study of a folder, new or resumed. Raises UserError where another search runs there, or it is damaged.

    A trial that was running when its search was killed has failed, and does not count.
    """
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise UserError(f"--out {folder}: another search runs there") from error
        study = _study(folder.absolute() / STUDY)
        for trial in study.get_trials(states=(TrialState.RUNNING,)):
            study.tell(trial.number, state=TrialState.FAIL)
        yield study


def _study(file: Path) -> optuna.Study:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    place = URL.create("sqlite", database=str(file)).render_as_string()
    pruner = optuna.pruners.MedianPruner()
    try:
        return optuna.create_study(
            storage=place, study_name=file.stem, direction="maximize", pruner=pruner, load_if_exists=True
        )
    except DatabaseError as error:
        raise UserError(f"{file}: cannot be read as a study ({error.orig})") from error


def search(
    study: optuna.Study,
    task: Task,
    trials: int,
    seconds: float = math.inf,
    watch: Watch = lambda number, at: None,
    after: After = lambda study, trial: None,
) -> None:
    """Runs trials until the study has this many that ended; none begins after `seconds`. The first one is the start.

    The seed moves with the count, so that a resumed search proposes what it would have proposed uninterrupted.
    """
    end = time.monotonic() + seconds
    while (done := len(ended(study))) < trials and time.monotonic() < end:
        study.sampler = optuna.samplers.TPESampler(seed=task.start.seed + done)
        if not done:
            own = {"rate": task.start.rate or recipes.rate(task.start.recipe)}
            study.enqueue_trial(asdict(task.start) | own)
        study.optimize(lambda trial: task.run(trial, watch), n_trials=1, callbacks=[after])


def ended(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that count: those that reached their end, and those that were pruned."""
    return study.get_trials(states=(TrialState.COMPLETE, TrialState.PRUNED))


def ranking(study: optuna.Study) -> list[FrozenTrial]:
    """The trials that reached their end, the best first."""
    return sorted(study.get_trials(states=(TrialState.COMPLETE,)), key=lambda trial: -(trial.value or 0.0))
