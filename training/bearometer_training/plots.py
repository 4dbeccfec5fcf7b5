"""Pictures of an evaluation: for each head its confusion matrix and how far its confidence can be trusted."""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure


def draw(metrics: dict[str, Any], folder: Path) -> list[Path]:
    """Writes HEAD.png for each head of `evaluate`'s metrics and returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    return [_head(name, report, folder / f"{name}.png") for name, report in metrics.items()]


def _head(name: str, report: dict[str, Any], path: Path) -> Path:
    labels = report["confusion"]["labels"]
    side = 3.0 + 0.3 * len(labels)
    figure = Figure(figsize=(side + 5, side + 0.5), layout="constrained")
    confusion, reliability = figure.subplots(1, 2, width_ratios=[side, 4.5])
    _confusion(confusion, np.array(report["confusion"]["rows_are_truth"]), labels)
    _reliability(reliability, report)
    figure.suptitle(f"{name}: accuracy {report['accuracy']:.3f}, macro F1 {report['macro_f1']:.3f}, n {report['n']}")
    figure.savefig(path, dpi=120)
    return path


def _confusion(axes: Axes, counts: np.ndarray, labels: list[str]) -> None:
    """Shares of each true class, with the counts written in."""
    shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(counts):
        if count:
            colour = "white" if shares[row, column] > 0.5 else "black"
            axes.text(column, row, str(count), ha="center", va="center", fontsize=7, color=colour)
    axes.set_xticks(range(len(labels)), labels, rotation=90, fontsize=8)
    axes.set_yticks(range(len(labels)), labels, fontsize=8)
    axes.set_xlabel("answer")
    axes.set_ylabel("truth")


def _reliability(axes: Axes, report: dict[str, Any]) -> None:
    """Accuracy against confidence (Niculescu-Mizil & Caruana 2005); the area of a point is its share of the rows."""
    bins = report["reliability"]
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1, linestyle="--")
    places = [b["confidence"] for b in bins], [b["accuracy"] for b in bins]
    axes.scatter(*places, s=[20 + 800 * b["share"] for b in bins], alpha=0.7)
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="confidence", ylabel="accuracy", aspect="equal")
    axes.set_title(f"calibration error {report['ece']:.3f}", fontsize=9)
