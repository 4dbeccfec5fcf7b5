"""What the activations of an ONNX graph look like on real texts, and how each then fits into eight bits."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import onnx
import onnxruntime as ort
from onnx import ModelProto

from bearometer_shared.inference import encoding
from bearometer_shared.inference.encoding import Input, Reader

OUTLIERS = 8  # channels that stay in fp32
SMOOTHING = 0.9  # how much of a channel's range its weights take over
TEXTS = 256
BATCH = 32

Ranges = Mapping[str, tuple[np.ndarray, np.ndarray]]  # of an activation: least and greatest value of each channel


class Activation(NamedTuple):
    """How an activation becomes uint8: `round(value / divisor / scale) + zero`. `outliers` are channels, and so is
    `divisor`'s only dimension.
    """

    divisor: np.ndarray
    outliers: np.ndarray
    scale: np.ndarray
    zero: np.ndarray


def fit(low: np.ndarray, high: np.ndarray, weight: np.ndarray) -> Activation:
    """The scales of an activation, from the ranges of its channels and the largest weight that reads each.

    The divisors are SmoothQuant's (Xiao et al. 2022) but never below 1: a channel that was quiet on a few texts may
    be loud on another. The scale fits the channels that are no outliers; outliers are cut, and not read as uint8.
    """
    peak = np.maximum(np.maximum(-low, high), 1e-8)
    difficulty = peak**SMOOTHING / np.maximum(weight, 1e-8) ** (1 - SMOOTHING)
    divisor = np.maximum(1, difficulty / np.median(difficulty)).astype(np.float32)
    outliers = np.sort(np.argsort(peak)[-max(1, min(OUTLIERS, len(peak) // 8)) :])
    bottom = min(0.0, float(np.delete(low / divisor, outliers).min()))
    top = max(0.0, float(np.delete(high / divisor, outliers).max()))
    scale = max(top - bottom, 1e-8) / 255
    return Activation(divisor, outliers, np.array(scale, np.float32), np.array(round(-bottom / scale), np.uint8))


def observe(model: ModelProto, names: Sequence[str], texts: Sequence[str], reader: Reader) -> Ranges:
    """The ranges of activations of shape (batch, tokens, channels) over all tokens but padding."""
    session, found = _watching(model, names), dict[str, tuple[np.ndarray, np.ndarray]]()
    for arrays in _batches(texts, reader):
        fed = {given.name: arrays[given.name] for given in session.get_inputs()}
        for name, value in zip(names, session.run(names, fed), strict=True):
            rows = value[_visible(arrays["attention_mask"], value.shape[1])]
            low, high = found.get(name, (rows[0], rows[0]))
            found[name] = np.minimum(low, rows.min(0)), np.maximum(high, rows.max(0))
    return found


def _visible(mask: np.ndarray, tokens: int) -> np.ndarray:
    """Which tokens are no padding. Where there are more than the text's, they are a recipe's, and stand before it."""
    return np.pad(mask > 0, ((0, 0), (tokens - mask.shape[1], 0)), constant_values=True)


def _watching(model: ModelProto, names: Sequence[str]) -> ort.InferenceSession:
    """A session that answers with activations too."""
    watched = ModelProto()
    watched.CopyFrom(model)
    watched.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    return ort.InferenceSession(watched.SerializeToString(), providers=["CPUExecutionProvider"])


def _batches(texts: Sequence[str], reader: Reader) -> Iterator[dict[str, np.ndarray]]:
    """The first texts, those of like length together; every fourth also as a pair with its first word."""
    texts = [text for text in texts[:TEXTS] if text.strip()]
    inputs: list[Input] = [*texts, *((text, text.split()[0]) for text in texts[::4])]
    rows = sorted(reader.rows(inputs), key=lambda row: len(row.ids))
    for start in range(0, len(rows), BATCH):
        yield encoding.arrays(rows[start : start + BATCH], encoding.padding_id(reader.tokenizer))
