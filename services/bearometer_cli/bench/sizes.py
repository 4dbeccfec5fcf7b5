"""`bench sizes`: what smaller models save in room and time and cost in quality, artifact beside artifact.

Rates are measured in turns on the same headlines, as in `bench score`. Quality is what training sealed in the manifest:
compare it only between artifacts that were judged by the same rows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from pathlib import Path
from statistics import median
from typing import Any

import onnx

from bearometer_cli.bench.contenders import Contender, throughput
from bearometer_cli.bench.score import rounds
from bearometer_shared.inference import artifact
from bearometer_shared.inference.artifact import Manifest
from bearometer_shared.inference.engine import Engine

MEGABYTE = 1_000_000
FIGURES = ("n", "accuracy", "macro_f1")
Sizes = dict[str, dict[str, Any]]


def sizes(folders: Sequence[Path], texts: Sequence[str], threads: int, say: Callable[[str], None]) -> Sizes:
    """Facts of each artifact by its folder's path: rates in headlines a second, `times` against the first artifact.

    All run on the CPU. Raises ArtifactError for one that is damaged.
    """
    manifests = {str(folder): artifact.verify(folder) for folder in folders}
    found = {name: _contender(Path(name), manifest, threads) for name, manifest in manifests.items()}
    rates = rounds(found, texts, say)
    first = next(iter(rates.values()))
    return {
        name: facts(Path(name), manifest)
        | {
            "rate": round(median(rates[name]), 1),
            "times": round(median(ours / theirs for ours, theirs in zip(rates[name], first, strict=True)), 3),
        }
        for name, manifest in manifests.items()
    }


def _contender(folder: Path, manifest: Manifest, threads: int) -> Contender:
    engine = Engine.load(folder, threads, graph=manifest.serve)
    return lambda texts: throughput(texts, engine.score)


def facts(folder: Path, manifest: Manifest) -> dict[str, Any]:
    """What an artifact is, without running it. `megabytes` are those of the graph that serves."""
    judged = manifest.metrics.get("eval", {})
    return {
        "version": manifest.version,
        "base": manifest.base.name,
        "graph": manifest.serve,
        "parameters": parameters(folder / artifact.FP32),
        "megabytes": round((folder / manifest.serve).stat().st_size / MEGABYTE, 1),
        "quality": {head: {figure: report[figure] for figure in FIGURES} for head, report in judged.items()},
    }


def parameters(graph: Path) -> int:
    """How many fp32 numbers a graph holds: the encoder without pruned parts, and the heads."""
    tensors = onnx.load(graph).graph.initializer
    return sum(prod(tensor.dims) for tensor in tensors if tensor.data_type == onnx.TensorProto.FLOAT)


def table(found: Sizes) -> Iterator[str]:
    """Lines of equal columns: an artifact each, with accuracy and macro F1 of every head."""
    heads = list(dict.fromkeys(head for one in found.values() for head in one["quality"]))
    header = ("model", "parameters", "MB", "headlines/s", "times", *heads)
    rows = [header, *(_row(name, one, heads) for name, one in found.items())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        yield "  ".join([name.ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells, widths[1:], strict=True))])


def _row(name: str, one: Mapping[str, Any], heads: Sequence[str]) -> tuple[str, ...]:
    measured = f"{one['parameters']:,}", f"{one['megabytes']}", f"{one['rate']:.0f}", f"{one['times']:.2f}"
    return name, *measured, *(_quality(one["quality"].get(head)) for head in heads)


def _quality(report: Mapping[str, float] | None) -> str:
    return f"{report['accuracy']:.3f} / {report['macro_f1']:.3f}" if report else "-"
