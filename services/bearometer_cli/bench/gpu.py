"""On a GPU: items a second of the torch model, their share of its measured peak, and training examples a second."""

import time
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path

import torch

from bearometer_cli.bench import ceiling
from bearometer_shared.inference import encoding
from bearometer_shared.inference.artifact import TOKENIZER, read_manifest
from bearometer_shared.taxonomy import SENTIMENTS
from bearometer_training import base, export, model, train
from bearometer_training.data import Row
from bearometer_training.examples import examples

BATCH = 256
SECONDS = 2.0
SIDE = 8192  # of the square product that shows the peak
WARM_STEPS, STEPS, TRAIN_BATCH = 10, 60, 128
Batch = dict[str, torch.Tensor]


def figures(
    folder: Path, headlines: Sequence[str], leads: Sequence[str], say: Callable[[str], None]
) -> dict[str, float | str]:
    """Rates in items a second, `gpu_of_peak` 0 to 1; nothing where there is no GPU."""
    if not torch.cuda.is_available():
        return {}
    say("the GPU")
    device = torch.device("cuda")
    peak = matrix_peak(device)
    found: dict[str, float | str] = {"gpu": torch.cuda.get_device_name(), "gpu_peak_tflops": round(peak / 1e12, 1)}
    for name, texts in (("gpu", headlines), ("leads_gpu", leads)):
        rate, operations = scoring(folder, texts, device)
        found |= {f"{name}_rate": round(rate, 1), f"{name}_of_peak": round(rate * operations / peak, 4)}
    for recipe in ("full", "lora"):
        found[f"gpu_train_{recipe}_rate"] = round(training(folder, headlines, recipe), 1)
    return found


def matrix_peak(device: torch.device, side: int = SIDE, seconds: float = SECONDS) -> float:
    """Operations a second of a large bf16 product."""
    a = torch.rand(side, side, device=device, dtype=torch.bfloat16)
    return 2.0 * side**3 * _passes_a_second(lambda: a @ a, device, seconds)


def scoring(folder: Path, texts: Sequence[str], device: torch.device, seconds: float = SECONDS) -> tuple[float, float]:
    """Items a second in bf16 with SDPA attention, in batches sorted by length; and the operations of one item."""
    manifest = read_manifest(folder)
    found = export.load(folder, manifest.base.name, manifest.recipe).to(device, torch.bfloat16)
    found.encoder.set_attn_implementation("sdpa")
    tokenizer = encoding.tokenizer(folder / TOKENIZER, manifest.max_tokens)
    rows = sorted(tokenizer.encode_batch_fast(list(texts)), key=lambda row: len(row.ids))
    pad = encoding.padding_id(tokenizer)
    fed = [encoding.arrays(rows[n : n + BATCH], pad) for n in range(0, len(rows), BATCH)]
    work = ceiling.work(found.encoder, [len(row.ids) for row in rows])

    @torch.inference_mode()
    def one_pass() -> None:
        for arrays in fed:
            found(**{name: torch.from_numpy(array).to(device) for name, array in arrays.items()})

    rate = len(texts) * _passes_a_second(one_pass, device, seconds)
    return rate, (work.linear + work.attention) / work.items


def training(folder: Path, texts: Sequence[str], recipe: str, steps: int = STEPS) -> float:
    """Examples a second of a recipe on the artifact's base, after the first steps. The labels mean nothing."""
    source = base.locate(read_manifest(folder).base.name)
    endless = zip(cycle(texts), cycle(SENTIMENTS), strict=False)
    rows = [Row(text, label) for (text, label), _ in zip(endless, range(steps * TRAIN_BATCH), strict=False)]
    settings = train.Settings(recipe=recipe, epochs=1, batch=TRAIN_BATCH)
    ends: list[float] = []
    fresh, tokenizer = model.build(source), model.tokenizer(source)
    train.train(fresh, tokenizer, examples(rows), settings, lambda _: ends.append(time.monotonic()))
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
