"""ONNX Runtime on a processor: micro-batches side by side, one on each core.

Cores that share one small product wait for each other at every layer; batches of their own never do.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import onnxruntime as ort

from bearometer_shared.inference.backend import Answer, Batch

MICRO_BATCH = 512  # tokens with their padding: more leave the core's cache, fewer cost more calls


class OnnxBackend:
    """The graph at `path`, as it is, on so many threads."""

    def __init__(self, path: Path, threads: int) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = ort.InferenceSession(str(path), options, ["CPUExecutionProvider"])
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads)
        self.name = f"ONNX Runtime, {path.name} on the CPU, threads: {threads}"

    def micro_batch(self, tokens: int) -> int:
        """No more than one core's share, so that few texts use all cores too."""
        return min(MICRO_BATCH, tokens // self._threads)

    def run(self, batches: Iterable[Batch], heads: Sequence[str]) -> Iterable[Answer]:
        return self._pool.map(lambda batch: (batch[0], self._session.run(list(heads), batch[1])), batches)
