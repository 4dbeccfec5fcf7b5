"""Curves of a run: TensorBoard always, Weights & Biases where its key is set and its package installed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bearometer_training.settings import Progress

FOLDER = "curves"  # beside what a run writes


class Curves:
    """Where each step's loss is written."""

    def __init__(self, folder: Path, name: str) -> None:
        from torch.utils.tensorboard import SummaryWriter  # slow to load

        self._board: Any = SummaryWriter(str(folder))
        self._cloud = _weights_and_biases(name)

    def add(self, at: Progress) -> None:
        """Notes a step."""
        self._board.add_scalar("loss", at.loss, at.step)
        if self._cloud:
            self._cloud.log({"loss": at.loss}, step=at.step)

    def close(self) -> None:
        """Writes what is still in memory."""
        self._board.close()
        if self._cloud:
            self._cloud.finish()


@contextmanager
def curves(folder: Path, name: str) -> Iterator[Curves]:
    """Curves that are closed at the end, whatever happens."""
    found = Curves(folder, name)
    try:
        yield found
    finally:
        found.close()


def _weights_and_biases(name: str) -> Any:
    if "WANDB_API_KEY" not in os.environ or find_spec("wandb") is None:
        return None
    import wandb  # an extra of the user's own choice

    return wandb.init(project="bearometer", name=name)
