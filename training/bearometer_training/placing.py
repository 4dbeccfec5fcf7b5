"""Where the work runs: in one process, or in several that `torchrun` started, each with its part of every batch."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from accelerate import Accelerator, PartialState
from accelerate.utils import DataLoaderConfiguration

T = TypeVar("T")


def machine(accumulate: int = 1) -> Accelerator:
    """bf16 on a GPU. Processes split a batch between them: the schedule goes on once for each, not once a process."""
    return Accelerator(
        cpu=_by_gloo(),
        mixed_precision="bf16" if torch.cuda.is_available() else "no",
        gradient_accumulation_steps=accumulate,
        dataloader_config=DataLoaderConfiguration(split_batches=True),
    )


def share(group: list[T]) -> list[T]:
    """This process's part of a batch; of one too small, every process takes something."""
    here = _here()
    return group[here.process_index :: here.num_processes] or group[:1]


def leads() -> bool:
    """Whether this process, of all that train together, is the one that writes and tells."""
    return bool(_here().is_main_process)


def device() -> torch.device:
    """This process's GPU, where there is one."""
    found: torch.device = _here().device
    return found


@contextmanager
def one_first() -> Iterator[None]:
    """The leading process goes through alone, the others after it."""
    with _here().main_process_first():
        yield


def _here() -> PartialState:
    return PartialState(cpu=_by_gloo())


def _by_gloo() -> bool:
    """Accelerate lets processes without a GPU find each other only where it is told that there is none."""
    return "LOCAL_RANK" in os.environ and not torch.cuda.is_available()
