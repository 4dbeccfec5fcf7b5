"""Fine-tuning, read downward: settings, batches, loss, loop."""

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import cross_entropy
from transformers import PreTrainedTokenizerBase, get_linear_schedule_with_warmup

from bearometer_shared.taxonomy import SENTIMENTS, TOPICS
from bearometer_training.data import Row, batches
from bearometer_training.model import TwoHeads

IGNORE = -100  # cross_entropy's own mark for "no label here"


@dataclass(frozen=True, slots=True)
class Settings:
    """How to train. `rate` is AdamW's peak learning rate; `warmup` the share of steps that reach it."""

    epochs: int = 3
    batch: int = 32
    rate: float = 1e-4
    warmup: float = 0.06
    decay: float = 0.01
    smoothing: float = 0.05
    max_tokens: int = 128
    seed: int = 17


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run is: steps done and in all, the last loss, seconds that remain at this pace."""

    step: int
    steps: int
    loss: float
    remaining: float


def train(
    model: TwoHeads,
    tokenizer: PreTrainedTokenizerBase,
    rows: Sequence[Row],
    settings: Settings,
    report: Callable[[Progress], None] = lambda progress: None,
) -> TwoHeads:
    """Fine-tunes `model` in place on `rows` and returns it in evaluation mode. `report` may raise to cancel."""
    torch.manual_seed(settings.seed)
    rng = random.Random(settings.seed)  # noqa: S311 - reproducible order, no secret
    device = next(model.parameters()).device
    weights = [p for p in model.parameters() if p.requires_grad]
    optimiser = torch.optim.AdamW(weights, settings.rate, weight_decay=settings.decay)
    steps = settings.epochs * -(-len(rows) // settings.batch)
    schedule = get_linear_schedule_with_warmup(optimiser, int(steps * settings.warmup), steps)
    started, step = time.monotonic(), 0
    model.train()
    for _ in range(settings.epochs):
        for group in batches(rows, settings.batch, rng):
            loss = loss_of(model, tokenizer, group, settings, device)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimiser.step()
            schedule.step()
            optimiser.zero_grad(set_to_none=True)
            step += 1
            pace = (time.monotonic() - started) / step
            report(Progress(step, steps, loss.item(), pace * (steps - step)))
    return model.eval()


def loss_of(
    model: TwoHeads,
    tokenizer: PreTrainedTokenizerBase,
    group: Sequence[Row],
    settings: Settings,
    device: torch.device,
) -> torch.Tensor:
    """Cross-entropy of both heads, each over the rows that carry its label."""
    texts = [row.text for row in group]
    encoded = tokenizer(texts, padding=True, truncation=True, max_length=settings.max_tokens, return_tensors="pt")
    sentiment, topic = model(encoded["input_ids"].to(device), encoded["attention_mask"].to(device))
    total: torch.Tensor = sentiment.sum() * 0.0  # keeps a batch without any label differentiable
    for logits, wanted in (
        (sentiment, targets([row.sentiment for row in group], SENTIMENTS)),
        (topic, targets([row.topic for row in group], TOPICS)),
    ):
        if (wanted != IGNORE).any():
            total = total + cross_entropy(
                logits, wanted.to(device), ignore_index=IGNORE, label_smoothing=settings.smoothing
            )
    return total


def targets(labels: Sequence[str | None], names: Sequence[str]) -> torch.Tensor:
    """Class indices of shape (rows,); IGNORE where a row has no label."""
    return torch.tensor([IGNORE if label is None else names.index(label) for label in labels])
