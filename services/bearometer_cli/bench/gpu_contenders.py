"""Ways to run the model on a GPU: what serves, and what could serve instead. Each scores prepared batches once."""

from collections.abc import Callable, Sequence
from pathlib import Path

import onnx
import onnxruntime as ort
import torch
from onnxruntime.transformers.float16 import convert_float_to_float16

from bearometer_shared.inference import encoding
from bearometer_shared.inference.artifact import FP32, TOKENIZER, read_manifest
from bearometer_shared.inference.backend import Batch
from bearometer_shared.inference.engine import Engine
from bearometer_shared.inference.torch_backend import TorchBackend
from bearometer_training import export

HEADS = ("sentiment", "topic")
CUDA = "CUDAExecutionProvider"
Way = Callable[[], object]


def engine(folder: Path, device: torch.device) -> Engine:
    """What serves on a GPU, on any device: with length-sorted batches and all that belongs to it."""
    manifest = read_manifest(folder)
    reader = encoding.reader(folder / TOKENIZER, manifest.max_tokens, manifest.marks_figures)
    return Engine(manifest, reader, TorchBackend(folder / FP32, str(device)))


def ways(folder: Path, batches: Sequence[Batch], device: torch.device) -> dict[str, Way]:
    """By name: the graph that serves, transformers' model with SDPA attention and torch.compile's of it, ONNX Runtime.

    The last two only where there is a GPU and, for ONNX Runtime, its CUDA build.
    """
    serving = TorchBackend(folder / FP32, str(device))
    found: dict[str, Way] = {"graph": lambda: serving.run(batches, HEADS), "sdpa": sdpa(folder, batches, device)}
    if device.type == "cuda":
        found["compiled"] = sdpa(folder, batches, device, compiled=True)
    if CUDA in ort.get_available_providers():
        found["onnx"] = onnx_fp16(folder, batches, CUDA)
    return found


def sdpa(folder: Path, batches: Sequence[Batch], device: torch.device, compiled: bool = False) -> Way:
    """transformers' encoder with our heads in bf16: it needs the base, which serving does without."""
    manifest = read_manifest(folder)
    loaded = export.load(folder, manifest.base.name, manifest.recipe).to(device, torch.bfloat16)
    loaded.encoder.set_attn_implementation("sdpa")
    run = torch.compile(loaded, dynamic=True) if compiled else loaded

    @torch.inference_mode()
    def once() -> None:
        for _, arrays in batches:
            run(**{name: torch.from_numpy(array).to(device) for name, array in arrays.items()})

    return once


def onnx_fp16(folder: Path, batches: Sequence[Batch], provider: str) -> Way:
    """ONNX Runtime on the fp32 graph, rewritten in fp16."""
    model = convert_float_to_float16(onnx.load(folder / FP32), keep_io_types=True)
    session = ort.InferenceSession(model.SerializeToString(), providers=[provider])
    return lambda: [session.run(list(HEADS), arrays) for _, arrays in batches]
