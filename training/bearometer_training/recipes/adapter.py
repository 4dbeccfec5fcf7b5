"""Bottleneck adapters as Houlsby et al. (2019) place them: two a layer, after attention and after feed-forward."""

import torch
from torch import nn
from torch.nn.functional import gelu

from bearometer_shared.errors import UserError
from bearometer_training.model import Heads

BOTTLENECK = 64
# The projections that end attention and feed-forward: BERT and its like, MPNet, DistilBERT.
PLACES = (".output.dense", ".attn.o", ".out_lin", ".ffn.lin2")


class Adapted(nn.Linear):
    """A projection followed by a bottleneck with a skip connection; at first it answers as the projection alone.

    It takes the projection's place and its tensors, so the base's tensors keep their names.
    """

    def __init__(self, plain: nn.Linear) -> None:
        super().__init__(plain.in_features, plain.out_features)
        self.weight, self.bias = plain.weight, plain.bias
        self.down = nn.Linear(plain.out_features, BOTTLENECK)
        self.up = nn.Linear(BOTTLENECK, plain.out_features)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        projected = super().forward(hidden)
        change: torch.Tensor = self.up(gelu(self.down(projected)))
        return projected + change


def attach(model: Heads, steps: int) -> None:
    """Adds the adapters; they and the layer norms learn, as in the paper. Raises UserError on an unknown encoder."""
    encoder = model.encoder
    found = {name: part for name, part in encoder.named_modules() if name.endswith(PLACES)}
    if len(found) != 2 * encoder.config.num_hidden_layers:
        raise UserError(f"recipe adapter: {type(encoder).__name__} has no two projections a layer that we know")
    for name, part in found.items():
        adapted = part if isinstance(part, Adapted) else Adapted(part)
        encoder.set_submodule(name, adapted)
        adapted.down.requires_grad_(True)
        adapted.up.requires_grad_(True)
    for part in encoder.modules():
        if isinstance(part, nn.LayerNorm):
            part.requires_grad_(True)


def carried(encoder: nn.Module) -> str | None:
    """The recipe's name where the encoder has adapters."""
    return "adapter" if any(isinstance(part, Adapted) for part in encoder.modules()) else None
