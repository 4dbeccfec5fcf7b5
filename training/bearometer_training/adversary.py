"""Adversarial training in the embedding space: FGM (Miyato et al. 2017); with more steps PGD (Madry et al. 2018)."""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


class Adversary:
    """Adds the gradient of the loss under the worst small shift of a batch's embeddings.

    The shift has length `epsilon` for each example, over all its tokens; `steps` of it are climbed.
    """

    def __init__(self, embeddings: nn.Module, epsilon: float, steps: int) -> None:
        self._epsilon, self._steps = epsilon, steps
        self._shift: torch.Tensor | None = None
        self._seen: torch.Tensor | None = None
        if epsilon:
            embeddings.register_forward_hook(self._shifted)

    def attack(self, loss: Callable[[], torch.Tensor], backward: Callable[[torch.Tensor], Any]) -> None:
        """Call after the plain backward pass: climbs from its gradient, and adds that of the shifted batch."""
        if not self._epsilon:
            return
        for _ in range(self._steps):
            self._climb()
            backward(loss() / self._steps)
        self._shift = None

    def _climb(self) -> None:
        assert self._seen is not None and self._seen.grad is not None  # noqa: S101 - a backward pass came before
        gradient = self._seen.grad
        length = gradient.flatten(1).norm(dim=1).clamp(min=1e-12)[:, None, None]
        step = self._epsilon / self._steps * gradient / length
        self._shift = step.detach() if self._shift is None else (self._shift + step).detach()

    def _shifted(self, module: nn.Module, arguments: Any, output: torch.Tensor) -> torch.Tensor:
        if not module.training:
            return output
        shifted = output if self._shift is None else output + self._shift
        if not shifted.requires_grad:
            shifted.requires_grad_()
        shifted.retain_grad()
        self._seen = shifted
        return shifted
