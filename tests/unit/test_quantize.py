"""The int8 graph: close to the fp32 graph where plain quantization is not, for every kind of graph the kit exports."""

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnxruntime as ort
import pytest
import tiny_bert
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn
from transformers import MPNetConfig, MPNetModel

from bearometer_shared.inference.encoding import Reader
from bearometer_training import base, data, export, model
from bearometer_training.model import Heads
from bearometer_training.quantize import quantize
from bearometer_training.recipes import adapter, virtual

CALIBRATION = [row.text for row in data.read(data.SEED)[:64]]
TEXTS = [row.text for row in data.read(data.GOLDEN)[:64]]


@pytest.fixture(scope="module")
def reader() -> Reader:
    return model.reader(base.locate())


def with_outliers(heads: Heads) -> Heads:
    """Two channels twenty times larger after every LayerNorm, as in trained BERTs, and a head that reads the others."""
    with torch.no_grad():
        for name, weight in heads.named_parameters():
            if name.endswith("LayerNorm.weight"):
                weight[[3, 17]] *= 20
        heads.sentiment.weight *= 32
        heads.sentiment.weight[:, [3, 17]] = 0
    return heads.eval()


def answers(graph: Path, reader: Reader, texts: list[str]) -> np.ndarray:
    """The probabilities of the three sentiments, of shape (texts, 3), all texts in one batch."""
    session = ort.InferenceSession(str(graph), providers=["CPUExecutionProvider"])
    arrays = reader.arrays(texts)
    fed = {given.name: arrays[given.name] for given in session.get_inputs()}
    found: np.ndarray = session.run(["sentiment"], fed)[0]
    return found


def drift(graph: Path, exact: Path, reader: Reader) -> float:
    return float(np.abs(answers(graph, reader, TEXTS) - answers(exact, reader, TEXTS)).mean())


@pytest.fixture(scope="module")
def exact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    path = tmp_path_factory.mktemp("graphs") / "fp32.onnx"
    export.to_onnx(with_outliers(tiny_bert.heads()), path, {})
    return path


@pytest.fixture(scope="module")
def quick(exact: Path, reader: Reader) -> Path:
    path = exact.with_name("int8.onnx")
    quantize(exact, path, CALIBRATION, reader)
    return path


def test_outlier_channels_cost_far_less_than_with_plain_quantization(
    exact: Path, quick: Path, reader: Reader, tmp_path: Path
) -> None:
    plain = tmp_path / "plain.onnx"
    quantize_dynamic(exact, plain, weight_type=QuantType.QInt8, per_channel=True)
    assert drift(quick, exact, reader) < drift(plain, exact, reader) / 10


def test_the_graph_shrinks_to_a_third(exact: Path, quick: Path) -> None:
    assert quick.stat().st_size < exact.stat().st_size / 3


def test_a_score_does_not_depend_on_the_texts_beside_it(quick: Path, reader: Reader) -> None:
    alone = [answers(quick, reader, [text])[0] for text in TEXTS[:8]]
    assert np.allclose(alone, answers(quick, reader, TEXTS)[:8], atol=1e-5)


def prompted() -> Heads:
    heads = tiny_bert.heads()
    virtual.attach_prompt(heads, steps=1)
    return heads


def adapted() -> Heads:
    """Adapters read the sum of a product directly, so one tensor is both a product's output and another's input."""
    heads = tiny_bert.heads()
    adapter.attach(heads, steps=1)
    return heads


def without_segments() -> Heads:
    """A base that reads no `token_type_ids`, whose attention adds a constant that is no weight of a product."""
    torch.manual_seed(3)
    config = MPNetConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64, attn_implementation="eager"
    )
    return Heads(MPNetModel(config, add_pooling_layer=False), 32)


@pytest.mark.parametrize("build", [prompted, adapted, without_segments])
def test_other_bases_and_recipes_are_quantized_as_well(
    build: Callable[[], Heads], reader: Reader, tmp_path: Path
) -> None:
    export.to_onnx(with_outliers(build()), tmp_path / "fp32.onnx", {})
    quantize(tmp_path / "fp32.onnx", tmp_path / "int8.onnx", CALIBRATION, reader)
    assert drift(tmp_path / "int8.onnx", tmp_path / "fp32.onnx", reader) < 0.002


class Texts(nn.Module):
    """A model of texts alone: the graph has no `token_type_ids`."""

    def __init__(self, heads: Heads) -> None:
        super().__init__()
        self.heads = heads

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        sentiment: torch.Tensor = self.heads(input_ids, attention_mask, torch.zeros_like(input_ids))[0]
        return sentiment.softmax(-1)


class Words(nn.Module):
    """A model without products of tokens: the mean of its word vectors."""

    def __init__(self, heads: Heads) -> None:
        super().__init__()
        self.words, self.head = heads.encoder.get_input_embeddings(), heads.sentiment

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        mask = attention_mask.unsqueeze(-1)
        sentiment: torch.Tensor = self.head((self.words(input_ids) * mask).sum(1) / mask.sum(1))
        return sentiment.softmax(-1)


def write(module: nn.Module, path: Path) -> None:
    ids = torch.tensor([[101, 2023, 2003, 102], [101, 2009, 102, 0]])
    axes = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecation
        torch.onnx.export(
            module.eval(),
            (ids, (ids > 0).long()),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["sentiment"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "sentiment": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )


def test_a_graph_without_segments_is_fed_without_them(reader: Reader, tmp_path: Path) -> None:
    write(Texts(with_outliers(tiny_bert.heads())), tmp_path / "fp32.onnx")
    quantize(tmp_path / "fp32.onnx", tmp_path / "int8.onnx", CALIBRATION, reader)
    assert drift(tmp_path / "int8.onnx", tmp_path / "fp32.onnx", reader) < 0.002


def test_a_graph_without_products_is_quantized_plainly_and_the_log_says_so(
    reader: Reader, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(Words(tiny_bert.heads()), tmp_path / "fp32.onnx")
    quantize(tmp_path / "fp32.onnx", tmp_path / "int8.onnx", CALIBRATION, reader)
    assert "quantized dynamically" in caplog.text
    assert drift(tmp_path / "int8.onnx", tmp_path / "fp32.onnx", reader) < 0.02
