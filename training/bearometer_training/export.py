"""From a trained model to a sealed artifact: difference, tokenizer, ONNX in fp32 and int8, parity check."""

import copy
import logging
import shutil
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import nn

from bearometer_shared.errors import ArtifactError
from bearometer_shared.inference import artifact
from bearometer_shared.inference.artifact import Golden, Manifest
from bearometer_shared.inference.engine import Engine
from bearometer_shared.taxonomy import SENTIMENTS, TOPICS
from bearometer_training import base, delta
from bearometer_training.model import TwoHeads, build

# What we measured as harmless: deploy/decisions/int8-parity.md. Past it the fp32 graph serves.
MIN_AGREEMENT = 0.93
MAX_DRIFT = 0.06
MAX_EXPORT_ERROR = 1e-3
GOLDEN = 8


def write(model: TwoHeads, folder: Path, texts: Sequence[str], *, base_name: str, **lineage: object) -> Manifest:
    """Writes `model` as a sealed artifact into `folder`. int8 serves only if it agrees with fp32 on `texts`."""
    folder.mkdir(parents=True, exist_ok=True)
    source = base.locate(base_name)
    delta.save(model, build(source), folder / artifact.DELTA)
    return seal_graphs(folder, base_name, texts, **lineage)


def seal_graphs(folder: Path, base_name: str, texts: Sequence[str], **lineage: object) -> Manifest:
    """Merges a folder's difference into its base, exports, quantizes, checks parity, seals. Returns the manifest.

    Raises ArtifactError where the weights are not finite or the exported graph answers otherwise than the model.
    """
    source = base.locate(base_name)
    model = load(folder, base_name)
    shutil.copy(source / "tokenizer.json", folder / artifact.TOKENIZER)
    to_onnx(model, folder / artifact.FP32)
    _quantize(folder / artifact.FP32, folder / artifact.INT8)
    manifest = Manifest(
        version=artifact.file_sha256(folder / artifact.DELTA)[:12],
        base=base.describe(base_name),
        created_at=datetime.now(UTC).replace(microsecond=0),
        sentiments=list(SENTIMENTS),
        topics=list(TOPICS),
    ).model_copy(update=lineage)
    manifest = artifact.seal(folder, manifest)
    check_export(model, folder, texts)
    agreement, drift = parity(folder, texts)
    serve = artifact.INT8 if agreement >= MIN_AGREEMENT and drift <= MAX_DRIFT else artifact.FP32
    answers = Engine.load(folder, graph=serve).score(texts[:GOLDEN])
    golden = [Golden(text=t, signed=a.signed, topic=a.topic) for t, a in zip(texts[:GOLDEN], answers, strict=True)]
    metrics = manifest.metrics | {"int8": {"label_agreement": agreement, "mean_score_difference": drift}}
    return artifact.seal(folder, manifest.model_copy(update={"serve": serve, "golden": golden, "metrics": metrics}))


def load(folder: Path, base_name: str) -> TwoHeads:
    """The base with a folder's difference added."""
    model = build(base.locate(base_name))
    delta.apply(model, folder / artifact.DELTA)
    return model.eval()


def resume(folder: Path) -> TwoHeads:
    """The trained model of a sealed artifact, for training it further. Raises ArtifactError on another base."""
    manifest = artifact.verify(folder)
    base.require(manifest.base)
    return load(folder, manifest.base.name)


def check_export(model: TwoHeads, folder: Path, texts: Sequence[str]) -> None:
    """Raises ArtifactError where the fp32 graph's probabilities are not the model's."""
    engine, some = Engine.load(folder, graph=artifact.FP32), list(texts[:64])
    encoded = {name: torch.from_numpy(array) for name, array in engine.encode(some).items()}
    with torch.no_grad():
        wanted = model(**encoded)[0].softmax(-1).numpy()
    got = np.array([(s.negative, s.neutral, s.positive) for s in engine.score(some)]) / 1e6
    if not np.abs(wanted - got).max() <= MAX_EXPORT_ERROR:  # a NaN fails too
        raise ArtifactError(f"{folder}: the exported graph does not answer as the model does")


def parity(folder: Path, texts: Sequence[str]) -> tuple[float, float]:
    """Share of equal sentiment labels, and mean absolute difference of the signed score, of int8 against fp32."""
    exact = Engine.load(folder, graph=artifact.FP32).score(texts)
    quick = Engine.load(folder, graph=artifact.INT8).score(texts)
    same = np.mean([a.sentiment == b.sentiment for a, b in zip(exact, quick, strict=True)])
    drift = np.mean([abs(a.signed - b.signed) for a, b in zip(exact, quick, strict=True)]) / 1e6
    return float(same), float(drift)


class _Probabilities(nn.Module):
    def __init__(self, model: TwoHeads) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        sentiment, topic = self.model(input_ids, attention_mask)
        return sentiment.softmax(-1), topic.softmax(-1)


def to_onnx(model: TwoHeads, path: Path) -> None:
    """The model with its softmax as an ONNX graph: ids and mask in, probabilities of both heads out."""
    wrapped = _Probabilities(copy.deepcopy(model).cpu().eval())
    ids = torch.tensor([[101, 2023, 2003, 102], [101, 2009, 102, 0]])
    axes = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings():
        # The exporter without dynamo is deprecated, works in the pinned version and needs no onnxscript.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            wrapped,
            (ids, (ids > 0).long()),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["sentiment", "topic"],
            dynamic_axes={"input_ids": axes, "attention_mask": axes, "sentiment": {0: "batch"}, "topic": {0: "batch"}},
            opset_version=17,
            dynamo=False,
        )


def _quantize(source: Path, target: Path) -> None:
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.ERROR)  # the quantizer advises a pre-processing that we measured as no gain
    quantize_dynamic(
        source, target, weight_type=QuantType.QInt8, per_channel=True, extra_options={"DefaultTensorType": 1}
    )
    root.setLevel(level)
