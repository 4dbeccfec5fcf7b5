"""On a GPU: items a second, their share of its measured peak, other ways to serve, and training examples a second."""

import time
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path

import torch

from bearometer_cli.bench import ceiling, gpu_contenders
from bearometer_cli.bench.contenders import token_counts
from bearometer_shared.inference.artifact import read_manifest
from bearometer_shared.taxonomy import SENTIMENTS
from bearometer_training import base, export, model, train
from bearometer_training.data import Row
from bearometer_training.examples import examples

SECONDS = 2.0
SIDE = 8192  # of the square product that shows the peak
WARM_STEPS, STEPS, TRAIN_BATCH = 10, 60, 128
Figures = dict[str, float | str]


def figures(folder: Path, headlines: Sequence[str], leads: Sequence[str], say: Callable[[str], None]) -> Figures:
    """Rates in items a second, `gpu_of_peak` 0 to 1; nothing where there is no GPU.

    `gpu_rate` is the engine's, from texts to scores; `gpu_graph_rate` leaves out tokenizing; the others beside it are
    of what could serve instead.
    """
    if not torch.cuda.is_available():
        return {}
    say("the GPU")
    device = torch.device("cuda")
    peak = matrix_peak(device)
    found: Figures = {"gpu": torch.cuda.get_device_name(), "gpu_peak_tflops": round(peak / 1e12, 1)}
    for prefix, texts in (("gpu_", headlines), ("leads_gpu_", leads)):
        found |= {prefix + name: figure for name, figure in scoring(folder, texts, device, peak).items()}
    for recipe in ("full", "lora"):
        found[f"gpu_train_{recipe}_rate"] = round(training(folder, headlines, recipe), 1)
    return found


def matrix_peak(device: torch.device, side: int = SIDE, seconds: float = SECONDS) -> float:
    """Operations a second of a large bf16 product."""
    a = torch.rand(side, side, device=device, dtype=torch.bfloat16)
    return 2.0 * side**3 * _passes_a_second(lambda: a @ a, device, seconds)


def scoring(folder: Path, texts: Sequence[str], device: torch.device, peak: float, seconds: float = SECONDS) -> Figures:
    """Rates of the engine and of each way alone; `of_peak` and `graph_of_peak` of the operations a second of `peak`."""
    engine = gpu_contenders.engine(folder, device)
    ways = gpu_contenders.ways(folder, list(engine.batches(texts)), device)
    ran = {f"{name}_rate": _passes_a_second(way, device, seconds) for name, way in ways.items()}
    rates = {"rate": _passes_a_second(lambda: engine.score(texts), device, seconds)} | ran
    share = _operations(folder, token_counts(engine, texts)) / peak
    of_peak = {"of_peak": rates["rate"] * share, "graph_of_peak": rates["graph_rate"] * share}
    found: Figures = {name: round(len(texts) * passes, 1) for name, passes in rates.items()}
    return found | {name: round(part, 4) for name, part in of_peak.items()}


def _operations(folder: Path, tokens: Sequence[int]) -> float:
    """Of one pass over texts of so many tokens."""
    manifest = read_manifest(folder)
    work = ceiling.work(export.load(folder, manifest.base.name, manifest.recipe).encoder, tokens)
    return work.linear + work.attention


def training(folder: Path, texts: Sequence[str], recipe: str, steps: int = STEPS) -> float:
    """Examples a second of a recipe on the artifact's base, after the first steps. The labels mean nothing."""
    source = base.locate(read_manifest(folder).base.name)
    endless = zip(cycle(texts), cycle(SENTIMENTS), strict=False)
    rows = [Row(text, label) for (text, label), _ in zip(endless, range(steps * TRAIN_BATCH), strict=False)]
    settings = train.Settings(recipe=recipe, epochs=1, batch=TRAIN_BATCH)
    ends: list[float] = []
    fresh, reader = model.build(source), model.reader(source)
    train.train(fresh, reader, examples(rows), settings, lambda _: ends.append(time.monotonic()))
    warm = min(WARM_STEPS, len(ends) // 2)
    return TRAIN_BATCH * (len(ends) - 1 - warm) / (ends[-1] - ends[warm])


def _passes_a_second(run: Callable[[], object], device: torch.device, seconds: float) -> float:
    run()
    _settle(device)
    started, passes = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        run()
        _settle(device)
        passes += 1
    return passes / (time.perf_counter() - started)


def _settle(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
