"""Where a model runs: one port, token arrays in and probabilities out, behind which is a processor or a GPU.

`deploy/decisions/gpu-serving.md` says why a GPU runs torch and a processor ONNX Runtime.
"""

from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np

from bearometer_shared.errors import UserError
from bearometer_shared.inference.artifact import FP32, Manifest
from bearometer_shared.settings import Device

Batch = tuple[list[int], dict[str, np.ndarray]]  # places of its inputs, and what the graph is fed
Answer = tuple[list[int], Sequence[np.ndarray]]  # the same places, and for each head float32 of shape (inputs, classes)
DRIVER = ("/dev/nvidiactl", "/dev/dxg")  # NVIDIA's, on Linux and on Windows' Linux
NEEDED = ("torch", "onnx")


class Backend(Protocol):
    """A graph, loaded. Not for several threads at once. `name` is what a person reads."""

    @property
    def name(self) -> str: ...

    def micro_batch(self, tokens: int) -> int:
        """How many tokens, padding included, a batch should have where all inputs together have `tokens`."""

    def run(self, batches: Iterable[Batch], heads: Sequence[str]) -> Iterable[Answer]:
        """The answers to all batches, in their order. Batches are asked for while others run."""


def load(folder: Path, manifest: Manifest, threads: int, graph: str | None, device: Device) -> Backend:
    """The backend for an artifact. A GPU runs the fp32 graph in 16 bits; a graph that is asked for runs on the CPU.

    Raises UserError where `cuda` is demanded and absent; whatever the runtimes raise passes through.
    """
    if graph is None and on_cuda(device):
        from bearometer_shared.inference.torch_backend import TorchBackend  # torch takes seconds, and may be absent

        return TorchBackend(folder / FP32, "cuda")
    from bearometer_shared.inference.onnx_backend import OnnxBackend

    return OnnxBackend(folder / (graph or manifest.serve), threads)


def on_cuda(device: Device) -> bool:
    """Whether a model runs on a GPU here. Raises UserError where that is demanded and cannot be."""
    missing = "" if device == "cpu" else cuda_missing()
    if missing and device == "cuda":
        raise UserError(f"BEAROMETER_DEVICE=cuda: {missing}")
    return device != "cpu" and not missing


def cuda_missing() -> str:
    """Why no GPU can be used, or the empty string. torch is loaded only where a driver is."""
    if not any(Path(name).exists() for name in DRIVER):
        return "this machine shows no NVIDIA driver"
    if absent := [name for name in NEEDED if find_spec(name) is None]:
        return f"{' and '.join(absent)} must be installed to use the GPU"
    import torch

    return "" if torch.cuda.is_available() else "torch finds no GPU that it can use"
