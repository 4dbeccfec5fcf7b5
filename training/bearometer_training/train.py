"""Fine-tuning: the loop. Settings, examples, loss and each measure against over-fitting have a file of their own.

Accelerate places the work: mixed precision, accumulated gradients, several GPUs (`torchrun`), checkpoints.
"""

import copy
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from transformers import get_linear_schedule_with_warmup

from bearometer_shared.inference.encoding import Reader
from bearometer_training import checkpoint, drills, placing, recipes
from bearometer_training.adversary import Adversary
from bearometer_training.augment import Augmentation
from bearometer_training.averaging import Average
from bearometer_training.blending import blend
from bearometer_training.examples import Example, batches, count, examples, hold_out
from bearometer_training.freezing import freeze
from bearometer_training.loss import Loss, topic_weights
from bearometer_training.model import Heads, Logits
from bearometer_training.rates import rates
from bearometer_training.settings import Progress, Settings
from bearometer_training.stopping import EarlyStopping

__all__ = ["Progress", "Settings", "train"]


def train(
    model: Heads,
    reader: Reader,
    found: Sequence[Example],
    settings: Settings,
    report: Callable[[Progress], None] = lambda progress: None,
    folder: Path | None = None,
) -> Heads:
    """Fine-tunes `model` in place on examples and returns it in evaluation mode, on the CPU, its recipe merged.

    With `settings.blend` under 1 its weights end at that share of the way from what they were, see `blending`.
    `report` may raise to cancel. With a `folder`, the run leaves checkpoints there and goes on from the last one.
    """
    torch.manual_seed(settings.seed)
    before = copy.deepcopy(model.state_dict()) if settings.blend < 1 else {}
    run = Run(model, reader, found, settings)
    first, started = checkpoint.load(run.machine, folder) if folder else 0, time.monotonic()
    for step, group in run.groups(first):
        loss = run.step(step, group)
        if folder and step % settings.checkpoint_steps == 0:
            checkpoint.save(run.machine, folder, step)
        pace = (time.monotonic() - started) / (step - first)
        report(Progress(step, run.steps, loss, pace * (run.steps - step)))
    return blend(run.finish(), before, settings.blend) if before else run.finish()


class Run:
    """What one run holds: model, optimiser, and the measures that its settings switch on."""

    def __init__(self, model: Heads, reader: Reader, found: Sequence[Example], settings: Settings) -> None:
        self._settings, self._reader = settings, reader
        self._taught, self._held = hold_out(found, settings.held_out if settings.patience else 0.0)
        self.steps = sum(
            count([*self._taught, *self._drilled(epoch)], settings.batch) for epoch in range(settings.epochs)
        )
        updates = self.steps // settings.accumulate
        self._model = recipes.attach(model, settings.recipe, updates)
        freeze(model.encoder, settings.freeze)
        self._weights = [p for p in model.parameters() if p.requires_grad]
        self.machine = placing.machine(settings.accumulate)
        rate = settings.rate or recipes.rate(settings.recipe)
        optimiser = torch.optim.AdamW(rates(model, settings.head_rate), rate, weight_decay=settings.decay)
        schedule = get_linear_schedule_with_warmup(optimiser, int(updates * settings.warmup), updates)
        taught_by = settings.distil if any(example.soft for example in found) else 0.0
        self._loss = Loss(settings.smoothing, topic_weights(self._taught, settings.balance), taught_by)
        self._adversary = Adversary(model.embeddings(), settings.adversary, settings.attacks)
        self._stopping = EarlyStopping(model, settings.patience)
        self._placed, self._optimiser, self._schedule = self.machine.prepare(model, optimiser, schedule)
        self._average = Average(self._weights, settings.average)  # where the weights are by now
        self.machine.register_for_checkpointing(self._average, self._stopping)

    def groups(self, first: int) -> Iterator[tuple[int, list[Example]]]:
        """The batches after step `first`, of all epochs, in the order that the seed gives; ends where patience does."""
        step = 0
        for epoch in range(self._settings.epochs):
            rng = random.Random(f"{self._settings.seed}/{epoch}")  # noqa: S311 - reproducible order, no secret
            for group in batches(self._shown(epoch), self._settings.batch, rng):
                step += 1
                if step > first:
                    yield step, placing.share(group)
            if self._stopping.is_over(self._held_loss()):
                return

    def _shown(self, epoch: int) -> list[Example]:
        """What an epoch is about: all that is to be learnt, some of it altered, and drills of its own."""
        augment = Augmentation(self._taught, self._settings.augment, random.Random(epoch))  # noqa: S311 - same
        return [*map(augment, self._taught), *self._drilled(epoch)]

    def _drilled(self, epoch: int) -> list[Example]:
        return examples(drills.rows(self._settings.drills, self._settings.seed + epoch))

    def step(self, step: int, group: Sequence[Example]) -> float:
        """Batch number `step`: gradient, attack on the embeddings, update. Returns its loss."""
        self._placed.train()
        with self.machine.accumulate(self._placed):
            loss = self._cost(group)
            self.machine.backward(loss)
            self._adversary.attack(lambda: self._cost(group), self.machine.backward)
            if self.machine.sync_gradients:
                self.machine.clip_grad_norm_(self._weights, 1.0)
            self._optimiser.step()
            self._schedule.step()
            if self.machine.sync_gradients:
                recipes.after_step(self._model, step // self._settings.accumulate)
                self._average.update()
            self._optimiser.zero_grad()
        return float(loss.item())

    def finish(self) -> Heads:
        """The model with the weights that the settings ask for: the best, the average, or the last."""
        if self._settings.patience:
            self._stopping.restore()
        else:
            self._average.apply()
        self.machine.unwrap_model(
            self._placed, keep_fp32_wrapper=False
        )  # the model answers in its own arithmetic again
        merged: Heads = recipes.merge(self._model.cpu()).eval()
        return merged

    def _cost(self, group: Sequence[Example]) -> torch.Tensor:
        logits: Logits = self._placed(**self._encoded(group))
        return self._loss(logits, group) + recipes.penalty(self._model)

    def _encoded(self, group: Sequence[Example]) -> dict[str, torch.Tensor]:
        arrays = self._reader.arrays([example.input for example in group])
        return {name: torch.from_numpy(array).to(self.machine.device) for name, array in arrays.items()}

    @torch.no_grad()
    def _held_loss(self) -> float:
        self._placed.eval()
        groups = list(batches(self._held, self._settings.batch, random.Random(0)))  # noqa: S311 - reproducible
        return sum(float(self._cost(group)) * len(group) for group in groups) / max(len(self._held), 1)
