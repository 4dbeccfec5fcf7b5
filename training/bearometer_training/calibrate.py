"""Temperature scaling (Guo et al. 2017): one number a head makes its probabilities mean what they say."""

import math
import random
from collections.abc import Sequence

import torch
from torch.nn.functional import cross_entropy

from bearometer_shared.inference.encoding import Reader
from bearometer_training import placing
from bearometer_training.data import Row
from bearometer_training.examples import batches, examples
from bearometer_training.loss import IGNORE, labels
from bearometer_training.model import HEADS, Heads

MIN_EXAMPLES = 50  # fewer say nothing about a probability
LOWEST, HIGHEST = 0.2, 5.0


def temperatures(model: Heads, reader: Reader, rows: Sequence[Row]) -> dict[str, float]:
    """The temperature of each head that minimises the loss on rows which training has not seen; 1 for want of rows.

    The model answers on a GPU where there is one, and is given back on the CPU.
    """
    logits = _logits(model.to(placing.device()), reader, rows)
    model.cpu()
    return {head: _best(*logits[head]) for head in HEADS}


@torch.no_grad()
def _logits(model: Heads, reader: Reader, rows: Sequence[Row]) -> dict[str, tuple[torch.Tensor, torch.Tensor]]:
    found: dict[str, list[tuple[torch.Tensor, torch.Tensor]]] = {head: [] for head in HEADS}
    device = next(model.parameters()).device
    for group in batches(examples(rows), 64, random.Random(0)):  # noqa: S311 - the order does not matter
        arrays = reader.arrays([e.input for e in group])
        answers = model(**{name: torch.from_numpy(array).to(device) for name, array in arrays.items()})
        for head, answer in zip(HEADS, answers, strict=True):
            known = (wanted := labels(head, group)) != IGNORE
            found[head].append((answer.cpu()[known], wanted[known]))
    empty = torch.zeros(0, 1), torch.zeros(0, dtype=torch.long)
    return {head: _joined(parts) if parts else empty for head, parts in found.items()}


def _joined(parts: Sequence[tuple[torch.Tensor, torch.Tensor]]) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.cat([logits for logits, _ in parts]), torch.cat([labels for _, labels in parts])


def _best(logits: torch.Tensor, labels: torch.Tensor) -> float:
    if len(labels) < MIN_EXAMPLES:
        return 1.0
    tried = torch.exp(torch.linspace(math.log(LOWEST), math.log(HIGHEST), 161))  # steps of 2 %
    losses = torch.stack([cross_entropy(logits / temperature, labels) for temperature in tried])
    return round(float(tried[losses.argmin()]), 3)
