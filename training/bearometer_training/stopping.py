"""Early stopping: the weights that did best on a held part, and when to give up hoping for better."""

import copy
import math
from typing import Any

import torch

from bearometer_training.model import Heads


class EarlyStopping:
    """Keeps the weights with the lowest held-out loss; patience 0: does nothing."""

    def __init__(self, model: Heads, patience: int) -> None:
        self._model, self._patience = model, patience
        self._best, self._waited = math.inf, 0
        self._kept: dict[str, torch.Tensor] = {}

    def is_over(self, loss: float) -> bool:
        """Notes an epoch's held-out loss; true once `patience` epochs brought nothing better."""
        if not self._patience:
            return False
        if loss < self._best:
            self._best, self._waited = loss, 0
            self._kept = copy.deepcopy(self._model.state_dict())
        else:
            self._waited += 1
        return self._waited >= self._patience

    def restore(self) -> None:
        """Puts the best weights back."""
        if self._kept:
            self._model.load_state_dict(self._kept)

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint keeps."""
        return {"best": self._best, "waited": self._waited, "kept": self._kept}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from a checkpoint."""
        self._best, self._waited, self._kept = state["best"], state["waited"], state["kept"]
