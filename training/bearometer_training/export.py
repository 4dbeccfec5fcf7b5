"""From a trained model to a sealed artifact: difference, tokenizer, ONNX in fp32 and int8, parity check."""

import copy
import shutil
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import torch
from torch import nn

from bearometer_shared.errors import ArtifactError
from bearometer_shared.inference import artifact, encoding
from bearometer_shared.inference.artifact import Golden, Manifest
from bearometer_shared.inference.encoding import Input
from bearometer_shared.inference.engine import Engine
from bearometer_shared.taxonomy import SENTIMENTS, TOPICS
from bearometer_training import base, data, delta, recipes
from bearometer_training import lineage as lineage_of
from bearometer_training.activations import TEXTS as CALIBRATING
from bearometer_training.model import HEADS, Heads, build
from bearometer_training.quantize import quantize
from bearometer_training.shrink import heads

# Past these the fp32 graph serves: deploy/decisions/int8-parity.md.
MIN_AGREEMENT = 0.99
MAX_DRIFT = 0.01
CHECKING = 700  # seed headlines that judge the int8 graph beside `texts`; none of those that set its scales
MAX_EXPORT_ERROR = 1e-3
GOLDEN = 8
INPUTS = ("input_ids", "attention_mask", "token_type_ids")


def write(model: Heads, folder: Path, texts: Sequence[str], *, base_name: str, **lineage: object) -> Manifest:
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
    shutil.copy(source / "tokenizer.json", folder / artifact.TOKENIZER)
    manifest = Manifest(
        version=artifact.file_sha256(folder / artifact.DELTA)[:12],
        base=base.describe(base_name),
        created_at=datetime.now(UTC).replace(microsecond=0),
        sentiments=list(SENTIMENTS),
        topics=list(TOPICS),
        code=lineage_of.code_version(),
    ).model_copy(update=lineage)
    model = load(folder, base_name, manifest.recipe)
    to_onnx(model, folder / artifact.FP32, manifest.temperatures)
    seed = [row.text for row in data.read(data.SEED)]
    reader = encoding.reader(folder / artifact.TOKENIZER, manifest.max_tokens, manifest.marks_figures)
    quantize(folder / artifact.FP32, folder / artifact.INT8, seed[:CALIBRATING], reader)
    manifest = artifact.seal(folder, manifest)
    check_export(model, folder, texts)
    agreement, drift = parity(folder, [*texts, *seed[CALIBRATING : CALIBRATING + CHECKING]])
    serve = artifact.INT8 if agreement >= MIN_AGREEMENT and drift <= MAX_DRIFT else artifact.FP32
    answers = Engine.load(folder, graph=serve).score(texts[:GOLDEN])
    golden = [Golden(text=t, signed=a.signed, topic=a.topic) for t, a in zip(texts[:GOLDEN], answers, strict=True)]
    metrics = manifest.metrics | {"int8": {"label_agreement": agreement, "mean_score_difference": drift}}
    return artifact.seal(folder, manifest.model_copy(update={"serve": serve, "golden": golden, "metrics": metrics}))


def load(folder: Path, base_name: str, recipe: str = "full") -> Heads:
    """The base with a folder's difference added, and what the recipe keeps beside it."""
    model = recipes.restore(build(base.locate(base_name)), recipe)
    delta.apply(model, folder / artifact.DELTA)
    return model.eval()


def resume(folder: Path) -> Heads:
    """The trained model of a sealed artifact, for training it further. Raises ArtifactError on another base."""
    manifest = artifact.verify(folder)
    base.require(manifest.base)
    return load(folder, manifest.base.name, manifest.recipe)


def check_export(model: Heads, folder: Path, texts: Sequence[str]) -> None:
    """Raises ArtifactError where the fp32 graph's probabilities are not the model's, for texts or for pairs."""
    engine = Engine.load(folder, graph=artifact.FP32)
    inputs: list[Input] = [*texts[:32], *((text, text.split()[0]) for text in texts[:32] if text)]
    answer, worst = _Probabilities(model, engine.manifest.temperatures), 0.0
    for where, arrays in engine.batches(inputs):
        with torch.no_grad():
            wanted = answer(**{name: torch.from_numpy(array) for name, array in arrays.items()})
        got = engine.probabilities([inputs[n] for n in where], *HEADS)
        worst = max(worst, *(float(np.abs(w.numpy() - g).max()) for w, g in zip(wanted, got, strict=True)))
        if not worst <= MAX_EXPORT_ERROR:  # a NaN fails too
            raise ArtifactError(f"{folder}: the exported graph does not answer as the model does")


def parity(folder: Path, texts: Sequence[str]) -> tuple[float, float]:
    """Share of equal sentiment labels, and mean absolute difference of the signed score, of int8 against fp32."""
    exact = Engine.load(folder, graph=artifact.FP32).score(texts)
    quick = Engine.load(folder, graph=artifact.INT8).score(texts)
    same = np.mean([a.sentiment == b.sentiment for a, b in zip(exact, quick, strict=True)])
    drift = np.mean([abs(a.signed - b.signed) for a, b in zip(exact, quick, strict=True)]) / 1e6
    return float(same), float(drift)


class _Probabilities(nn.Module):
    """The model with its temperatures and its softmax: what is exported."""

    def __init__(self, model: Heads, temperatures: dict[str, float]) -> None:
        super().__init__()
        self.model = model
        self._temperatures = [temperatures.get(head, 1.0) for head in HEADS]

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> tuple[torch.Tensor, ...]:
        logits = self.model(input_ids, attention_mask, token_type_ids)
        return tuple((head / t).softmax(-1) for head, t in zip(logits, self._temperatures, strict=True))


def to_onnx(model: Heads, path: Path, temperatures: dict[str, float]) -> None:
    """The model with its softmax as an ONNX graph: three token arrays in, probabilities of each head out."""
    served = copy.deepcopy(model).cpu().eval()
    heads.remove_silent(served.encoder)  # what shrinking took out is zeros in the weights, and nothing in the graph
    wrapped = _Probabilities(served, temperatures)
    ids = torch.tensor([[1, 2, 3, 4], [1, 2, 4, 0]])
    axes = {0: "batch", 1: "tokens"}
    with warnings.catch_warnings():
        # The exporter without dynamo is deprecated, works in the pinned version and needs no onnxscript.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            wrapped,
            (ids, (ids > 0).long(), torch.zeros_like(ids)),
            str(path),
            input_names=list(INPUTS),
            output_names=list(HEADS),
            dynamic_axes=dict.fromkeys(INPUTS, axes) | {head: {0: "batch"} for head in HEADS},
            opset_version=17,
            dynamo=False,
        )
