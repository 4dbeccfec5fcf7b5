"""What the exporter wrote out in single steps becomes one call again: linear layers, GELU, attention.

A GPU spends a small encoder's time on moving activations between such steps, not on the products.
"""

import math
import operator
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor
from torch.fx import Graph, Node
from torch.nn import functional

from bearometer_shared.inference.torch_operators import matmul, softmax


def fuse(graph: Graph) -> None:
    """Rewrites the graph in place. What is written otherwise stays as it is, right but slower."""
    for find, fused in ((_attentions, attention), (_gelus, functional.gelu), (_linears, linear)):
        for last, inputs in list(find(graph)):
            with graph.inserting_before(last):
                last.replace_all_uses_with(graph.call_function(fused, inputs))
        graph.eliminate_dead_code()


def attention(q: Tensor, k: Tensor, v: Tensor, terms: list[Tensor], scale: float) -> Tensor:
    """softmax(q k scale + terms) v, with k of shape (..., channels, tokens); the terms are added up in fp32."""
    mask = sum(terms[1:], terms[0]).to(q.dtype) if terms else None
    return functional.scaled_dot_product_attention(q, k.transpose(-1, -2), v, attn_mask=mask, scale=scale)


def linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x of shape (..., channels in), weight of shape (channels in, channels out)."""
    return functional.linear(x, weight.T, bias)


Found = Iterator[tuple[Node, tuple[Any, ...]]]  # the last node of a group, and what the group reads


def _attentions(graph: Graph) -> Found:
    """Scores may be scaled by a product or by a quotient; what is added is a mask, and the positions' bias in MPNet."""
    for last in graph.find_nodes(op="call_function", target=matmul):
        shares, v = last.args
        if not _calls(shares, softmax) or shares.kwargs != {"axis": -1}:
            continue
        scores, terms = shares.args[0], []
        while _calls(scores, operator.add):
            scores, term = scores.args
            terms.append(term)
        if _calls(scores, operator.mul, operator.truediv) and _calls(scores.args[0], matmul):
            (q, k), by = scores.args[0].args, scores.args[1]
            yield last, (q, k, v, terms, by if scores.target is operator.mul else 1 / by)


def _gelus(graph: Graph) -> Found:
    """x (1 + erf(x / sqrt 2)) / 2 (Hendrycks and Gimpel 2016)."""
    for erf in graph.find_nodes(op="call_function", target=torch.erf):
        divided, plus = erf.args[0], _next(erf)
        times = _next(plus)
        half = _next(times)
        chain = (divided, plus, times, half)
        if all(map(_calls, chain, (operator.truediv, operator.add, operator.mul, operator.mul))):
            x, root = divided.args
            rest = [node.args for node in (plus, times, half)]
            if rest == [(erf, 1.0), (x, plus), (times, 0.5)] and math.isclose(root, math.sqrt(2), rel_tol=1e-6):
                yield half, (x,)


def _linears(graph: Graph) -> Found:
    for last in graph.find_nodes(op="call_function", target=operator.add):
        bias, product = last.args
        if _calls(product, matmul) and all(_is_stored(given) for given in (bias, product.args[1])):
            yield last, (*product.args, bias)


def _calls(node: Any, *what: Any) -> bool:
    return isinstance(node, Node) and node.target in what


def _is_stored(node: Any) -> bool:
    return isinstance(node, Node) and node.op == "get_attr"


def _next(node: Any) -> Any:
    """The only node that reads this one, if it is one."""
    return next(iter(node.users)) if isinstance(node, Node) and len(node.users) == 1 else None
