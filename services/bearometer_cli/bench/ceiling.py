"""The machine's ceiling: the fastest matrix product that we can measure on it, as items a second of a model.

An item of t tokens costs 2 t W operations in the linear layers, whose weights number W, and 4 L t^2 h in attention: two
products of t x t x h in each of L layers. Real tokens count, padding does not. Embeddings, norms, softmax and heads
are left out, so no implementation reaches a ceiling. The int8 graph multiplies by its weights in int8 and attends in
fp32; its ceiling is a linear layer's time at the int8 peak plus attention's at the fp32 peak. A peak is the best of its
repeats: beside other work it is still about what the idle machine does, while a rate is what was left over.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, numpy_helper
from torch import nn

ROWS = 512  # tokens in a batch
REPEATS = 8
Product = tuple[Callable[[], object], float]  # what is run, and its operations


@dataclass(frozen=True)
class Work:
    """The operations of a number of items, in their linear layers and in attention."""

    items: int
    linear: float
    attention: float

    def fp32_rate(self, fp32: float) -> float:
        """Items a second, given the peak in operations a second."""
        return self.items / ((self.linear + self.attention) / fp32)

    def int8_rate(self, fp32: float, int8: float) -> float:
        """Items a second with the linear layers in int8."""
        return self.items / (self.linear / int8 + self.attention / fp32)


def work(encoder: Any, tokens: Sequence[int]) -> Work:
    """What an encoder does to items of so many tokens each."""
    weights = sum(layer.weight.numel() for layer in encoder.modules() if isinstance(layer, nn.Linear))
    attention = 4.0 * encoder.config.num_hidden_layers * encoder.config.hidden_size
    return Work(len(tokens), 2.0 * weights * sum(tokens), attention * sum(t * t for t in tokens))


class Peak:
    """Matrix products of the encoder's shapes and a large square one, by torch and by ONNX Runtime."""

    def __init__(self, encoder: Any, threads: int) -> None:
        h, i = encoder.config.hidden_size, encoder.config.intermediate_size
        shapes = [(ROWS, h, h), (ROWS, h, i), (ROWS, i, h), (1024, 1024, 1024)]
        torch.set_num_threads(threads)
        self._fp32 = [_torch(*shape) for shape in shapes] + [_fp32(*shape, threads) for shape in shapes]
        self._int8 = [_int8(*shape, threads) for shape in shapes]

    def fp32(self) -> float:
        """Operations a second of the fastest fp32 product."""
        return max(map(_speed, self._fp32))

    def int8(self) -> float:
        """Operations a second of the fastest int8 product."""
        return max(map(_speed, self._int8))


def _speed(product: Product) -> float:
    run, operations = product
    return max(operations / _seconds(run) for _ in range(REPEATS))


def _seconds(run: Callable[[], object]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _torch(m: int, k: int, n: int) -> Product:
    a, b = torch.rand(m, k), torch.rand(k, n)
    return lambda: a @ b, 2.0 * m * k * n


def _fp32(m: int, k: int, n: int, threads: int) -> Product:
    a, b = np.ones((m, k), np.float32), np.ones((k, n), np.float32)
    return _onnx("MatMul", a, b, TensorProto.FLOAT, threads), 2.0 * m * k * n


def _int8(m: int, k: int, n: int, threads: int) -> Product:
    a, b = np.ones((m, k), np.uint8), np.ones((k, n), np.int8)
    return _onnx("MatMulInteger", a, b, TensorProto.INT32, threads), 2.0 * m * k * n


def _onnx(operator: str, a: np.ndarray, b: np.ndarray, result: int, threads: int) -> Callable[[], object]:
    """A graph of one product by constant weights, as in a linear layer."""
    make = onnx.helper
    given = make.make_tensor_value_info("a", make.np_dtype_to_tensor_dtype(a.dtype), a.shape)
    found = make.make_tensor_value_info("c", result, (a.shape[0], b.shape[1]))
    weights = numpy_helper.from_array(b, "b")
    graph = make.make_graph([make.make_node(operator, ["a", "b"], ["c"])], "product", [given], [found], [weights])
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=9)
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    session = ort.InferenceSession(model.SerializeToString(), options, ["CPUExecutionProvider"])
    return lambda: session.run(None, {"a": a})
