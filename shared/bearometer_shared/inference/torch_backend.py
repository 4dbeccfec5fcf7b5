"""torch on a GPU: the artifact's fp32 graph in 16 bits with fused attention, large micro-batches in one stream."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch

from bearometer_shared.inference import torch_graph
from bearometer_shared.inference.backend import Answer, Batch

TILE = 128  # rows of a matrix product that one multiprocessor works on at a time


class TorchBackend:
    """The graph at `path` on a device, in the device's best arithmetic unless `dtype` says another.

    The device works through a queue: while it computes one batch, the next is padded and sent.
    """

    def __init__(self, path: Path, device: str, dtype: torch.dtype | None = None) -> None:
        self._device = torch.device(device)
        dtype = dtype or arithmetic(self._device)
        self._heads, self._graph = torch_graph.load(path, self._device, dtype)
        self._tokens = TILE * _multiprocessors(self._device)
        on = torch.cuda.get_device_name(self._device) if self._device.type == "cuda" else "the CPU"
        self.name = f"torch, {path.name} in {str(dtype).removeprefix('torch.')} on {on}"

    def micro_batch(self, tokens: int) -> int:
        """One row of tiles for each multiprocessor, however few texts there are: a batch more costs more than padding.

        A product is several tiles wide, so that each has several to work on.
        """
        return self._tokens

    def run(self, batches: Iterable[Batch], heads: Sequence[str]) -> Iterable[Answer]:
        with torch.inference_mode():
            asked = [(places, self._ask(arrays, heads)) for places, arrays in batches]
            return [(places, [answer.float().cpu().numpy() for answer in answers]) for places, answers in asked]

    def _ask(self, arrays: dict[str, np.ndarray], heads: Sequence[str]) -> list[torch.Tensor]:
        answers = self._graph(**{name: self._send(array) for name, array in arrays.items()})
        return [answers[self._heads.index(head)] for head in heads]

    def _send(self, array: np.ndarray) -> torch.Tensor:
        """A copy from pageable memory would wait until the device has done all that was asked of it."""
        found = torch.from_numpy(array)
        return found.pin_memory().to(self._device, non_blocking=True) if self._device.type == "cuda" else found


def arithmetic(device: torch.device) -> torch.dtype:
    """bf16 where the GPU multiplies in it (since 2020), fp16 on older ones, fp32 on a processor."""
    if device.type != "cuda":
        return torch.float32
    return torch.bfloat16 if torch.cuda.is_bf16_supported(including_emulation=False) else torch.float16


def _multiprocessors(device: torch.device) -> int:
    if device.type != "cuda":
        return torch.get_num_threads()
    return int(torch.cuda.get_device_properties(device).multi_processor_count)
