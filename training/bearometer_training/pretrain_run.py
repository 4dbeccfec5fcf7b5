"""One run of pre-training: its model, its batches, its step, its measure. Accelerate places the work."""

import math
import random
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import get_linear_schedule_with_warmup

from bearometer_shared.inference import encoding
from bearometer_training import model as models
from bearometer_training import placing, pretrain_news, pretrain_objective
from bearometer_training.pretrain_masking import masking, word_numbers
from bearometer_training.pretrain_news import Document, Passage
from bearometer_training.pretrain_objective import Outcome

WEIGHTS = "model.safetensors"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")
MOST_JUDGED = 1000  # passages: enough for a second decimal, few enough to wait for
POOL = 50  # batches that are sorted by length together: padding costs time and teaches nothing


@dataclass(frozen=True, slots=True)
class Settings:
    """`rate` is AdamW's peak learning rate, reached after the share `warmup` of the steps."""

    epochs: int = 1
    batch: int = 32
    max_tokens: int = 128
    rate: float = 5e-5
    warmup: float = 0.1
    decay: float = 0.01
    whole_words: bool = False
    checkpoint_steps: int = 200
    seed: int = 17


class Run:
    """What one run holds. Every random choice follows from the seed and the step, so a resumed run makes the same."""

    def __init__(self, source: Path, taught: Sequence[Document], held: Sequence[Document], settings: Settings) -> None:
        self._settings, self._taught = settings, taught
        self._tokenizer = models.tokenizer(source, settings.max_tokens)
        self._pad = encoding.padding_id(self._tokenizer)
        self._masking = masking(self._tokenizer, settings.whole_words)
        self._objective, self._fresh = pretrain_objective.load(source)
        self._judging = self._passages(held, random.Random(settings.seed))[:MOST_JUDGED]  # noqa: S311 - reproducible
        self.steps = settings.epochs * math.ceil(len(self._passages(taught, random.Random(0))) / settings.batch)  # noqa: S311 - same
        self.machine = placing.machine()
        optimiser = torch.optim.AdamW(self._objective.parameters(), settings.rate, weight_decay=settings.decay)
        schedule = get_linear_schedule_with_warmup(optimiser, int(self.steps * settings.warmup), self.steps)
        self._placed, self._optimiser, self._schedule = self.machine.prepare(self._objective, optimiser, schedule)

    def groups(self, first: int) -> Iterator[tuple[int, list[Passage]]]:
        """The batches after step `first`, of all epochs, with their numbers from 1."""
        done = 0
        for epoch in range(self._settings.epochs):
            rng = random.Random(f"{self._settings.seed}/{epoch}")  # noqa: S311 - reproducible order, no secret
            passages = self._passages(self._taught, rng)
            rng.shuffle(passages)
            for group in _by_length(passages, self._settings.batch, rng):
                done += 1
                if done > first:
                    yield done, placing.share(group)

    def step(self, step: int, group: Sequence[Passage]) -> float:
        """One batch: masks, gradient, update. Returns its loss."""
        self._placed.train()
        outcome: Outcome = self._placed(**self._encoded(group, step))
        self.machine.backward(outcome.loss())
        self.machine.clip_grad_norm_(self._objective.parameters(), 1.0)
        self._optimiser.step()
        self._schedule.step()
        self._optimiser.zero_grad()
        return float(outcome.loss().item())

    @torch.no_grad()
    def measure(self) -> dict[str, float]:
        """On held-out passages under one fixed masking: masked tokens right, perplexity, pairs right."""
        self._objective.eval()
        size, judging = self._settings.batch, sorted(self._judging, key=_length)
        groups = [judging[i : i + size] for i in range(0, len(judging), size)]
        found = [self._objective(**self._encoded(group, -n)) for n, group in enumerate(groups, 1)]
        total = Outcome(*(torch.stack(column).sum() for column in zip(*found, strict=True)))
        masked, pairs = int(total.masked) or 1, int(total.pairs)
        facts = {
            "masked_accuracy": int(total.masked_right) / masked,
            "perplexity": math.exp(total.masked_loss / masked),
        }
        return facts | ({"next_accuracy": int(total.pairs_right) / pairs} if pairs else {})

    def write(self, source: Path, out: Path) -> None:
        """The encoder and its tokenizer as a Hugging Face folder."""
        self._objective.encoder.save_pretrained(out)
        for name in TOKENIZER_FILES:
            if (source / name).is_file():
                shutil.copyfile(source / name, out / name)

    def facts(self) -> dict[str, Any]:
        """How the run was set up."""
        return {"steps": self.steps, "fresh_head": self._fresh, "next_sentence": self._objective.next is not None}

    def _passages(self, documents: Sequence[Document], rng: random.Random) -> list[Passage]:
        if self._objective.next is None:
            return pretrain_news.singles(documents, self._settings.max_tokens)
        return pretrain_news.pairs(documents, self._settings.max_tokens, rng)

    def _encoded(self, group: Sequence[Passage], draw: int) -> dict[str, torch.Tensor]:
        rows = self._tokenizer.encode_batch([passage.input for passage in group])
        inputs = {name: torch.from_numpy(array) for name, array in encoding.arrays(rows, self._pad).items()}
        generator = torch.Generator().manual_seed(self._settings.seed * 1_000_003 + draw)
        inputs["input_ids"], inputs["wanted"] = self._masking(inputs["input_ids"], word_numbers(rows), generator)
        inputs["following"] = torch.tensor([passage.following for passage in group])
        return {name: tensor.to(self.machine.device) for name, tensor in inputs.items()}


def _by_length(passages: Sequence[Passage], size: int, rng: random.Random) -> Iterator[list[Passage]]:
    """Batches of like length, in random order."""
    pools = (sorted(passages[i : i + size * POOL], key=_length) for i in range(0, len(passages), size * POOL))
    groups = [pool[i : i + size] for pool in pools for i in range(0, len(pool), size)]
    rng.shuffle(groups)
    yield from groups


def _length(passage: Passage) -> int:
    return len(passage.first) + len(passage.second or "")
