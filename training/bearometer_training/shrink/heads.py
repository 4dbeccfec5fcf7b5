"""Fewer attention heads: those that matter least are silenced in each layer (Michel et al. 2019).

The configuration of a BERT cannot say that heads are missing: their number times their width must be the hidden size,
and transformers 5 has dropped its list of pruned heads. So a silent head stays in the checkpoint as zeros, which any
library loads, and is taken out of the graph that serves. Full fine-tuning leaves it silent, as no gradient reaches it;
`lora` and `adalora` add to every weight and wake it.
"""

from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel

from bearometer_shared.errors import UserError
from bearometer_training.shrink import anatomy
from bearometer_training.shrink.importance import Measure


def silence(encoder: PreTrainedModel, heads: int, measure: Measure) -> None:
    """Leaves so many heads in each layer; what another gave on average stays, in the bias. Raises UserError."""
    count, found = encoder.config.num_attention_heads, anatomy.attentions(encoder)
    if not found:
        raise UserError(f"--heads: {type(encoder).__name__} has none that can be taken out alone")
    for attention, measured in zip(found, measure([a.output.dense for a in found], _width(encoder)), strict=True):
        kept = torch.zeros(count, dtype=torch.bool).index_fill(0, measured.best(heads), True)
        _silence(attention, measured.average, ~kept.repeat_interleave(_width(encoder)))


@torch.no_grad()
def _silence(attention: Any, average: torch.Tensor, silent: torch.Tensor) -> None:
    """`average` of what the output reads, and which of it falls silent, both of shape (channels,)."""
    output = attention.output.dense
    output.bias += output.weight @ (average * silent)
    output.weight[:, silent] = 0.0
    for projection in _reading(attention):
        projection.weight[silent] = 0.0
        projection.bias[silent] = 0.0


def remove_silent(encoder: PreTrainedModel) -> None:
    """Takes silent heads out, in place: the encoder answers as before and works less, but its configuration lies.

    For what is exported and not saved. A learned prefix counts on all heads: an encoder with one is left as it is.
    """
    if hasattr(encoder, "prefix"):
        return
    for attention in anatomy.attentions(encoder):
        heads = _speaking(encoder, attention)
        if not heads.all():
            _take_out(attention, heads.repeat_interleave(_width(encoder)))


def speaking(encoder: PreTrainedModel) -> int:
    """How many heads are not silent, in the layer that has the most; all, where they cannot be told apart."""
    counts = [int(_speaking(encoder, attention).sum()) for attention in anatomy.attentions(encoder)]
    return max(counts, default=int(encoder.config.num_attention_heads))


def _speaking(encoder: PreTrainedModel, attention: Any) -> torch.Tensor:
    """Which heads of a layer the output reads at all, of shape (heads,)."""
    read: torch.Tensor = (attention.output.dense.weight.detach() != 0).any(0)
    return read.view(-1, _width(encoder)).any(1)


@torch.no_grad()
def _take_out(attention: Any, kept: torch.Tensor) -> None:
    output = attention.output.dense
    output.weight, output.in_features = nn.Parameter(output.weight[:, kept]), int(kept.sum())
    for projection in _reading(attention):
        projection.weight = nn.Parameter(projection.weight[kept])
        projection.bias, projection.out_features = nn.Parameter(projection.bias[kept]), int(kept.sum())


def _reading(attention: Any) -> tuple[nn.Linear, ...]:
    return attention.self.query, attention.self.key, attention.self.value


def _width(encoder: PreTrainedModel) -> int:
    return int(encoder.config.hidden_size // encoder.config.num_attention_heads)
