"""How much the parts of an encoder matter to what the heads of a model read, the mean of the token vectors.

Michel et al. (2019) rank attention heads by the gradient of the loss with respect to a mask on each; Molchanov et al.
(2019) rank any unit so. A base has no task yet, so the loss here is the mean token vector projected on random signs:
the mean square of its gradient is how far that vector moves, to first order, when a unit is held at its average.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import PreTrainedModel

from bearometer_shared.inference import encoding
from bearometer_training.model import SEGMENTS

BATCH = 32
Report = Callable[[int, int], None]  # batches done, and in all
Inputs = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Measured:
    """Of what a projection reads: the average of each channel over tokens, and the importance of each unit."""

    average: torch.Tensor  # (channels,)
    importance: torch.Tensor  # (units,)

    def best(self, count: int) -> torch.Tensor:
        """The most important units in their order, of shape (count,)."""
        return self.importance.topk(count).indices.sort().values


Measure = Callable[[Sequence[nn.Linear], int], list[Measured]]  # of projections, by so many channels a unit


def measure(
    encoder: PreTrainedModel,
    tokenizer: Tokenizer,
    projections: Sequence[nn.Linear],
    width: int,
    texts: Sequence[str],
    report: Report = lambda done, count: None,
) -> list[Measured]:
    """What each projection reads of `texts`; so many neighbouring channels are one unit."""
    encoder.eval()
    traces = [_Trace() for _ in projections]
    generator, groups = torch.Generator().manual_seed(0), list(_batches(tokenizer, texts))
    for done, inputs in enumerate(groups, 1):
        with _watched(projections) as seen:
            mean = _mean_vector(encoder, inputs)
        signs = torch.randint(2, mean.shape, generator=generator) * 2 - 1
        slopes = torch.autograd.grad((mean * signs).sum(), seen)
        for trace, read, slope in zip(traces, seen, slopes, strict=True):
            trace.add(read.detach(), slope, inputs["attention_mask"])
        report(done, len(groups))
    return [trace.measured(width) for trace in traces]


class _Trace:
    """What one projection has read: enough of each text to tell what holding a channel at its average would do."""

    def __init__(self) -> None:
        self._reads, self._slopes, self._products = list[torch.Tensor](), list[torch.Tensor](), list[torch.Tensor]()
        self._tokens = 0

    def add(self, read: torch.Tensor, slope: torch.Tensor, mask: torch.Tensor) -> None:
        """A batch, (texts, tokens, channels) both; the slope of padding is zero."""
        self._reads.append(read[mask == 1].sum(0))
        self._tokens += int(mask.sum())
        self._slopes.append(slope.sum(1))
        self._products.append((read * slope).sum(1))

    def measured(self, width: int) -> Measured:
        average = torch.stack(self._reads).sum(0) / self._tokens
        moved = torch.cat(self._products) - average * torch.cat(self._slopes)  # (texts, channels)
        return Measured(average, moved.unflatten(1, (-1, width)).sum(2).square().mean(0))


def _batches(tokenizer: Tokenizer, texts: Sequence[str]) -> Iterator[Inputs]:
    order, pad = sorted(texts, key=len), encoding.padding_id(tokenizer)
    for start in range(0, len(order), BATCH):
        arrays = encoding.arrays(tokenizer.encode_batch_fast(order[start : start + BATCH]), pad)
        yield {name: torch.from_numpy(array) for name, array in arrays.items()}


def _mean_vector(encoder: Any, inputs: Inputs) -> torch.Tensor:
    """The mean of the token vectors of each text, of shape (texts, channels)."""
    knows_segments = getattr(encoder.config, "type_vocab_size", 0) >= SEGMENTS
    segments = {"token_type_ids": inputs["token_type_ids"]} if knows_segments else {}
    hidden = encoder(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"], **segments)
    mask = inputs["attention_mask"].unsqueeze(-1)
    mean: torch.Tensor = (hidden.last_hidden_state * mask).sum(1) / mask.sum(1)
    return mean


@contextmanager
def _watched(projections: Sequence[nn.Linear]) -> Iterator[list[torch.Tensor]]:
    """What the projections read while this is open, in the order in which they do."""
    seen = list[torch.Tensor]()

    def keep(projection: nn.Module, inputs: tuple[Any, ...]) -> None:
        seen.append(inputs[0])

    hooks = [projection.register_forward_pre_hook(keep) for projection in projections]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()
