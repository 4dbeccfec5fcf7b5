"""The ONNX operators (opset 17) that exported encoders are made of, as torch functions of their inputs and attributes.

Source: the ONNX operator specification. Shapes, axes and bounds come as int64 tensors in the processor's memory, so
that reading them never waits for a GPU; a constant single number comes as a Python number.
"""

import math
import operator
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

DTYPES = {1: torch.float32, 6: torch.int32, 7: torch.int64, 9: torch.bool}  # by onnx.TensorProto's numbers


def arange(start: Tensor | int, end: Tensor | int, step: Tensor | int, *, device: torch.device) -> Tensor:
    return torch.arange(int(start), int(end), int(step), device=device)


def cast(x: Tensor, *, to: int) -> Tensor:
    return x.to(DTYPES[to])


def concat(*parts: Tensor, axis: int) -> Tensor:
    return torch.cat(parts, axis)


def constant_of_shape(shape: Tensor, *, value: float) -> Tensor:
    return torch.full(shape.tolist(), value)


def expand(x: Tensor, shape: Tensor) -> Tensor:
    return x.expand(torch.broadcast_shapes(x.shape, tuple(shape.tolist())))


def flatten(x: Tensor, *, axis: int) -> Tensor:
    return x.reshape(math.prod(x.shape[:axis]), -1)


def gather(x: Tensor, index: Tensor | int, *, axis: int = 0) -> Tensor:
    if isinstance(index, int):
        return x.select(axis, index)
    shape = (*x.shape[:axis], *index.shape, *x.shape[axis + 1 :])
    return x.index_select(axis, index.reshape(-1)).reshape(shape)


def gemm(a: Tensor, b: Tensor, c: Tensor, **how: Any) -> Tensor:
    a, b = a.T if how.get("transA") else a, b.T if how.get("transB") else b
    return torch.addmm(c, a, b, alpha=how.get("alpha", 1.0), beta=how.get("beta", 1.0))


def identity(x: Tensor) -> Tensor:
    return x


def layer_normalization(x: Tensor, weight: Tensor, bias: Tensor, *, axis: int, epsilon: float, **_: Any) -> Tensor:
    return functional.layer_norm(x, x.shape[axis:], weight, bias, epsilon)


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """Attention that was not fused sums in fp32, and its shares come back to 16 bits here."""
    return torch.matmul(a.to(b.dtype), b)


def permute(x: Tensor, *, perm: list[int]) -> Tensor:
    return x.permute(perm)


def reduce_max(x: Tensor, *, axes: list[int], keepdims: int = 1) -> Tensor:
    return x.amax(axes, bool(keepdims))


def reduce_sum(x: Tensor, axes: Tensor, *, keepdims: int = 1, **_: Any) -> Tensor:
    return x.sum(axes.tolist(), keepdim=bool(keepdims))


def reshape(x: Tensor, shape: Tensor, **_: Any) -> Tensor:
    """A zero keeps the size that is there."""
    return x.reshape([x.shape[n] if size == 0 else size for n, size in enumerate(shape.tolist())])


def shape_of(x: Tensor) -> Tensor:
    return torch.tensor(x.shape)


def softmax(x: Tensor, *, axis: int = -1) -> Tensor:
    return torch.softmax(x, axis)


def take_slice(x: Tensor, starts: Tensor, ends: Tensor, axes: Tensor, steps: Tensor) -> Tensor:
    for start, end, axis, step in zip(*(part.tolist() for part in (starts, ends, axes, steps)), strict=True):
        x = x[(slice(None),) * (axis % x.ndim) + (slice(start, end, step),)]
    return x


def unsqueeze(x: Tensor, axes: Tensor) -> Tensor:
    for axis in sorted(axes.tolist()):
        x = x.unsqueeze(axis)
    return x


OPERATORS: dict[str, Callable[..., Any]] = {
    "Abs": torch.abs,
    "Add": operator.add,
    "And": operator.and_,
    "Cast": cast,
    "Clip": torch.clamp,
    "Concat": concat,
    "ConstantOfShape": constant_of_shape,
    "CumSum": torch.cumsum,
    "Div": operator.truediv,  # of real numbers; sizes are never divided
    "Equal": torch.eq,
    "Erf": torch.erf,
    "Expand": expand,
    "Flatten": flatten,
    "Gather": gather,
    "Gemm": gemm,
    "GreaterOrEqual": torch.ge,
    "Identity": identity,
    "LayerNormalization": layer_normalization,
    "Less": torch.lt,
    "Log": torch.log,
    "MatMul": matmul,
    "Min": torch.minimum,
    "Mul": operator.mul,
    "Neg": torch.neg,
    "Not": torch.logical_not,
    "Range": arange,
    "ReduceMax": reduce_max,
    "ReduceSum": reduce_sum,
    "Reshape": reshape,
    "Shape": shape_of,
    "Slice": take_slice,
    "Softmax": softmax,
    "Sub": operator.sub,
    "Transpose": permute,
    "Unsqueeze": unsqueeze,
    "Where": torch.where,
}
