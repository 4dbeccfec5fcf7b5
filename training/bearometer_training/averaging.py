"""A moving average of the weights: a flatter, steadier model at the price of a copy (Polyak & Juditsky 1992)."""

from collections.abc import Sequence
from typing import Any

import torch


class Average:
    """Follows `weights` with decay `decay`; warmed up, so that the start is soon forgotten. Decay 0: does nothing."""

    def __init__(self, weights: Sequence[torch.nn.Parameter], decay: float) -> None:
        self._weights, self._decay, self._steps = weights, decay, 0
        self._shadow = [w.detach().clone() for w in weights] if decay else []

    @torch.no_grad()
    def update(self) -> None:
        """Takes the weights after one optimiser step."""
        self._steps += 1
        decay = min(self._decay, (1 + self._steps) / (10 + self._steps))
        for mean, weight in zip(self._shadow, self._weights, strict=False):
            mean.lerp_(weight, 1 - decay)

    @torch.no_grad()
    def apply(self) -> None:
        """Puts the average in the weights' place."""
        for mean, weight in zip(self._shadow, self._weights, strict=False):
            weight.copy_(mean)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"steps": self._steps, "shadow": self._shadow}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a checkpoint."""
        self._steps = state["steps"]
        for mean, kept in zip(self._shadow, state["shadow"], strict=True):
            mean.copy_(kept)
