"""The fp32 ONNX graph of a BERT in int8, close enough to the fp32 graph to serve in its place.

A few channels of a BERT's activations are ten times larger than the rest, and one 8-bit scale for all of them leaves
the rest a dozen levels. So uneven channels are evened out by moving their size into the weights that read them
(SmoothQuant, Xiao et al. 2022), and the largest are multiplied in fp32 (LLM.int8(), Dettmers et al. 2022). Scales are
fixed beforehand on real texts: nothing is searched when serving, and a score does not depend on the texts beside it.
"""

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from onnx import ModelProto, NodeProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic

from bearometer_shared.inference.encoding import Reader
from bearometer_training import activations
from bearometer_training.activations import Activation

LEVELS = 112  # not 127: processors without VNNI add two products in 16 bits, which the largest codes would overflow
FUSED = "com.microsoft"  # the domain of ONNX Runtime's own operators

Weights = Mapping[str, np.ndarray]


class Part(NamedTuple):
    """What takes the place of a node: nodes, and the constants that they read."""

    nodes: list[NodeProto]
    constants: Weights


class Product(NamedTuple):
    """Tokens times a weight of shape (channels in, channels out), plus a bias of shape (channels out,)."""

    given: str
    weight: np.ndarray
    bias: np.ndarray
    out: str


def quantize(source: Path, target: Path, texts: Sequence[str], reader: Reader) -> None:
    """Writes the graph `source` in int8 to `target`: products of tokens with constant weights, and word embeddings.

    `texts` (one at least; the first 256 are read) are like those that will be scored. A graph without such products
    is quantized dynamically, and the log says so.
    """
    model = onnx.load(source)
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    products = _products(model, weights)
    if not products:
        logging.getLogger(__name__).warning("%s: no products with constant weights: quantized dynamically", source)
        _quantize_dynamically(source, target)
        return
    fitted = _fit(model, products, texts, reader)
    onnx.save(_assemble(model, list(_parts(model, weights, products, fitted))), target)


def _products(model: ModelProto, weights: Weights) -> dict[str, Product]:
    """Products by the output of their MatMul. The bias is a node of its own, and becomes part of the product."""
    found, sums = dict[str, Product](), _sums(model, weights)
    for node in model.graph.node:
        if node.op_type == "MatMul" and node.input[1] in weights and weights[node.input[1]].ndim == 2:
            given, weight, out = node.input[0], weights[node.input[1]], node.output[0]
            bias, total = sums.get(out, (np.zeros(weight.shape[1], weight.dtype), out))
            found[out] = Product(given, weight, bias, total)
    return found


def _sums(model: ModelProto, weights: Weights) -> dict[str, tuple[np.ndarray, str]]:
    """Additions of a constant vector to something read nowhere else: the vector and the sum, by that something."""
    reads = Counter(name for node in model.graph.node for name in node.input)
    found = dict[str, tuple[np.ndarray, str]]()
    for node in model.graph.node:
        for value, bias in (node.input, node.input[::-1]) if node.op_type == "Add" else ():
            if bias in weights and weights[bias].ndim == 1 and reads[value] == 1:
                found[value] = weights[bias], node.output[0]
    return found


def _fit(
    model: ModelProto, products: Mapping[str, Product], texts: Sequence[str], reader: Reader
) -> dict[str, Activation]:
    """How each activation becomes uint8. Query, key and value read the same one."""
    weights = dict[str, np.ndarray]()
    for product in products.values():
        largest = np.abs(product.weight).max(1)
        weights[product.given] = np.maximum(largest, weights.get(product.given, largest))
    ranges = activations.observe(model, list(weights), texts, reader)
    return {name: activations.fit(*ranges[name], largest) for name, largest in weights.items()}


def _parts(
    model: ModelProto, weights: Weights, products: Mapping[str, Product], fitted: Mapping[str, Activation]
) -> Iterator[Part]:
    """The nodes of the graph in order, the expensive ones replaced."""
    ready, absorbed = set[str](), {product.out for product in products.values()}
    for node in model.graph.node:
        out = node.output[0]
        if product := products.get(out):
            if product.given not in ready:
                ready.add(product.given)
                yield _activation(product.given, fitted[product.given])
            yield _product(product, fitted[product.given])
        elif node.op_type == "Gather" and node.input[0] in weights and node.input[1] == "input_ids":
            yield _embedding(out, weights[node.input[0]])
        elif out not in absorbed:
            yield Part([node], {})


def _activation(name: str, fitted: Activation) -> Part:
    """An activation in uint8, and its outliers in fp32."""
    even, codes = f"{name}:even", [f"{name}:even", f"{name}:scale", f"{name}:zero"]
    nodes = [
        helper.make_node("Mul", [name, f"{name}:factors"], [even]),
        helper.make_node("Gather", [even, f"{name}:channels"], [f"{name}:outliers"], axis=-1),
        helper.make_node("QuantizeLinear", codes, [f"{name}:codes"]),
    ]
    constants = {"factors": 1 / fitted.divisor, "channels": fitted.outliers, "scale": fitted.scale, "zero": fitted.zero}
    return Part(nodes, {f"{name}:{kind}": value for kind, value in constants.items()})


def _product(product: Product, fitted: Activation) -> Part:
    """The sum of an int8 product, in which the weights of outliers are zero, and of an fp32 product of outliers."""
    given, out = product.given, product.out
    weight = product.weight * fitted.divisor[:, None]
    exact = weight[fitted.outliers]
    weight[fitted.outliers] = 0
    codes, scale = _rounded(weight, axis=0)
    operands = [f"{given}:codes", f"{out}:weight", f"{given}:scale", f"{out}:step", f"{given}:zero", "", f"{out}:bias"]
    nodes = [
        helper.make_node("MatMulIntegerToFloat", operands, [f"{out}:int8"], f"{out}:int8", domain=FUSED),
        helper.make_node("MatMul", [f"{given}:outliers", f"{out}:exact"], [f"{out}:fp32"], f"{out}:fp32"),
        helper.make_node("Add", [f"{out}:int8", f"{out}:fp32"], [out]),
    ]
    constants = {"weight": codes, "step": scale[0], "bias": product.bias, "exact": exact}
    return Part(nodes, {f"{out}:{kind}": value for kind, value in constants.items()})


def _embedding(out: str, table: np.ndarray) -> Part:
    """Rows of a table of shape (words, channels), each with a scale of its own."""
    codes, scales = _rounded(table, axis=1)
    nodes = [
        helper.make_node("Gather", [f"{out}:rows", "input_ids"], [f"{out}:int8"]),
        helper.make_node("Cast", [f"{out}:int8"], [f"{out}:fp32"], to=onnx.TensorProto.FLOAT),
        helper.make_node("Gather", [f"{out}:steps", "input_ids"], [f"{out}:step"]),
        helper.make_node("Mul", [f"{out}:fp32", f"{out}:step"], [out]),
    ]
    return Part(nodes, {f"{out}:rows": codes, f"{out}:steps": scales})


def _rounded(weight: np.ndarray, axis: int) -> tuple[np.ndarray, np.ndarray]:
    """int8 codes, up to LEVELS either way, and fp32 scales; `axis` is the one that shares a scale."""
    scale = (np.maximum(np.abs(weight).max(axis, keepdims=True), 1e-12) / LEVELS).astype(np.float32)
    return np.rint(weight / scale).astype(np.int8), scale


def _assemble(model: ModelProto, parts: Sequence[Part]) -> ModelProto:
    """A model with the inputs and outputs of `model`, and only the constants that its nodes read."""
    nodes = [node for part in parts for node in part.nodes]
    read = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in model.graph.initializer if tensor.name in read]
    made = [numpy_helper.from_array(value, name) for part in parts for name, value in part.constants.items()]
    graph = helper.make_graph(nodes, model.graph.name, model.graph.input, model.graph.output, [*kept, *made])
    operators = [*model.opset_import, helper.make_opsetid(FUSED, 1)]
    return helper.make_model(graph, opset_imports=operators, ir_version=model.ir_version)


def _quantize_dynamically(source: Path, target: Path) -> None:
    """Weights in int8; activations by the range that each batch happens to have."""
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # the quantizer advises a pre-processing that we measured as no gain
    options = {"DefaultTensorType": onnx.TensorProto.FLOAT}
    quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True, extra_options=options)
    root.setLevel(level)
