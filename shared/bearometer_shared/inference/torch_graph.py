"""An ONNX graph as a torch module, so that a GPU serves what the artifact holds: any base, any recipe, no base at hand.

What depends on the tokens runs on the device. What depends on their shape alone is reckoned in the processor's memory,
so that the device is never waited for.
"""

from itertools import count
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import NodeProto, TensorProto, helper, numpy_helper
from torch import Tensor
from torch.fx import Graph, GraphModule, Node

from bearometer_shared.errors import ArtifactError
from bearometer_shared.inference.torch_fusion import fuse
from bearometer_shared.inference.torch_operators import OPERATORS

# Of these, only the first input can be on the device: the others are sizes, axes and bounds.
SIZED = {"ConstantOfShape", "CumSum", "Expand", "Range", "ReduceSum", "Reshape", "Slice", "Unsqueeze"}


def load(path: Path, device: torch.device, dtype: torch.dtype) -> tuple[list[str], GraphModule]:
    """The outputs' names, and a module that takes the graph's inputs by name and gives the outputs in that order.

    Weights become `dtype`, but for the heads: from the mean over the tokens on all is fp32. Raises ArtifactError where
    the graph has an operator that is unknown here.
    """
    graph = onnx.load(path).graph
    if unknown := sorted({node.op_type for node in graph.node} - {"Constant", *OPERATORS}):
        raise ArtifactError(f"{path}: a GPU cannot run {', '.join(unknown)}; BEAROMETER_DEVICE=cpu serves it")
    built = _Builder(device, dtype)
    for tensor in graph.initializer:
        built.constants[tensor.name] = _tensor(tensor)
    for given in graph.input:
        built.values[given.name] = built.graph.placeholder(given.name)
        built.on_device.add(given.name)
    for node in graph.node:
        built.add(node)
    names = [output.name for output in graph.output]
    built.graph.output(tuple(built.values[name] for name in names))
    fuse(built.graph)
    built.graph.lint()
    return names, GraphModule(built.root, built.graph)


class _Builder:
    """Nodes of an ONNX graph, added in order, become nodes of a torch.fx graph; constants are folded on the way."""

    def __init__(self, device: torch.device, dtype: torch.dtype) -> None:
        self.device, self.dtype = device, dtype
        self.root, self.graph = torch.nn.Module(), Graph()
        self.constants = dict[str, Tensor]()
        self.values = dict[str, Node]()
        self.on_device = set[str]()  # of values; weights are put there where they are read
        self._places = (f"constant{n}" for n in count())

    def add(self, node: NodeProto) -> None:
        name, kind = node.output[0], node.op_type
        if kind == "Constant":
            self.constants[name] = _tensor(node.attribute[0].t)
            return
        attributes = {given.name: _attribute(given) for given in node.attribute}
        if node.input and all(given in self.constants for given in node.input) and kind != "Range":
            self.constants[name] = OPERATORS[kind](*(self.constants[given] for given in node.input), **attributes)
        else:
            self._call(node, attributes)

    def _call(self, node: NodeProto, attributes: dict[str, Any]) -> None:
        name, kind = node.output[0], node.op_type
        followed = node.input[:1] if kind in SIZED else node.input
        on_device = kind == "Range" or (kind != "Shape" and any(map(self._is_on_device, followed)))
        if kind == "Range":  # indices, made where they are used
            attributes["device"] = self.device
        exact = kind == "Gemm"  # the heads
        args = [self._argument(given, on_device and given in followed, exact) for given in node.input]
        self.values[name] = self.graph.call_function(OPERATORS[kind], tuple(args), attributes)
        if on_device:
            self.on_device.add(name)

    def _is_on_device(self, name: str) -> bool:
        return name in self.on_device or (name in self.constants and _is_weight(self.constants[name]))

    def _argument(self, name: str, on_device: bool, exact: bool) -> Any:
        """What a node is given: nothing, a Python number, a constant, or another node's value, where it is needed."""
        if not name:
            return None
        if name not in self.constants:
            value = self.values[name]
            if on_device and name not in self.on_device:
                return self.graph.call_method("to", (value, self.device), {"non_blocking": True})
            return value
        constant = self.constants[name]
        return self._stored(constant, on_device, exact) if constant.ndim else constant.item()

    def _stored(self, constant: Tensor, on_device: bool, exact: bool) -> Node:
        if _is_weight(constant) and not exact:
            constant = constant.to(self.dtype)
        place = next(self._places)
        self.root.register_buffer(place, constant.to(self.device if on_device else "cpu"))
        return self.graph.get_attr(place)


def _is_weight(constant: Tensor) -> bool:
    return constant.ndim > 0 and constant.is_floating_point()


def _attribute(given: onnx.AttributeProto) -> Any:
    value = helper.get_attribute_value(given)
    return _tensor(value).item() if isinstance(value, TensorProto) else value


def _tensor(stored: TensorProto) -> Tensor:
    return torch.from_numpy(numpy_helper.to_array(stored).copy())
