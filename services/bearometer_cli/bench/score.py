"""`bench score`: the engine against bare ONNX Runtime, transformers' pipeline and the machine's ceiling, in one run.

Every round gives all of them the same part of the texts, one after the other. A rate is the median of its rounds, a
ratio the median of the ratios within a round, so that whatever else the machine does weighs on all alike.
"""

import os
import platform
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

from bearometer_cli.bench import gpu, hugging_face
from bearometer_cli.bench.contenders import Contender, contenders, token_counts
from bearometer_cli.bench.explain import explain
from bearometer_shared.inference import artifact
from bearometer_shared.inference.engine import Engine

ROUNDS = 5
EXPLAINED = 50
Rounds = dict[str, list[float]]  # items a second in each round, by contender


def score(
    folder: Path, headlines: Sequence[str], leads: Sequence[str], threads: int, say: Callable[[str], None]
) -> dict[str, Any]:
    """The figures of an artifact: rates in items a second, times in seconds, shares 0 to 1; leads under `leads_`."""
    engine = Engine.load(folder, threads, device="cpu")  # beside contenders on the processor
    found = contenders(engine, folder / engine.manifest.serve, hugging_face.text_classification(folder), threads)
    figures: dict[str, Any] = {}
    for prefix, texts in (("", headlines), ("leads_", leads)):
        say(f"{len(texts)} {'leads' if prefix else 'headlines'}")
        measured = figures_of(rounds(found, texts, say), engine.manifest.serve == artifact.INT8)
        measured |= {"items": len(texts), "tokens": round(fmean(token_counts(engine, texts)), 1)}
        measured |= {"label_agreement_int8": agreement(folder, texts, threads)}
        figures |= {prefix + name: value for name, value in measured.items()}
    say("explanations")
    figures |= explain(engine, headlines[:EXPLAINED], say)
    return figures | machine(engine, threads) | gpu.figures(folder, headlines, leads, say)


def rounds(found: dict[str, Contender], texts: Sequence[str], say: Callable[[str], None]) -> Rounds:
    """The rates of all, measured in turns on one part of the texts after another."""
    for contender in found.values():
        contender(texts[:ROUNDS])
    rates: Rounds = {name: [] for name in found}
    for n in range(ROUNDS):
        for name, contender in found.items():
            rates[name].append(contender(texts[n::ROUNDS]))
        say(f"round {n + 1} of {ROUNDS}: " + ", ".join(f"{name} {seen[-1]:.0f}" for name, seen in rates.items()))
    return rates


def figures_of(rates: Rounds, is_int8: bool) -> dict[str, Any]:
    """Rates and ratios. ONNX Runtime is taken as it is faster, and the ceiling as the arithmetic that serves."""
    onnx = max(("onnx_whole", "onnx_apart"), key=lambda name: median(rates[name]))
    ceiling = "ceiling_int8" if is_int8 else "ceiling_fp32"
    named = {f"{name}_rate": seen for name, seen in rates.items() if name != "ours"}
    named |= {"rate": rates["ours"], "onnx_rate": rates[onnx], "ceiling_rate": rates[ceiling]}
    against = {
        "of_onnx": rates[onnx],
        "of_ceiling": rates[ceiling],
        "times_single": rates["hf_single"],
        "times_batched": rates["hf_batched"],
    }
    return {name: round(median(seen), 1) for name, seen in named.items()} | {
        name: round(median(a / b for a, b in zip(rates["ours"], theirs, strict=True)), 3)
        for name, theirs in against.items()
    }


def agreement(folder: Path, texts: Sequence[str], threads: int) -> float:
    """The share of texts whose sentiment is the same by the int8 and by the fp32 graph."""
    quick, exact = (Engine.load(folder, threads, graph).score(texts) for graph in (artifact.INT8, artifact.FP32))
    return fmean(a.sentiment == b.sentiment for a, b in zip(quick, exact, strict=True))


def machine(engine: Engine, threads: int) -> dict[str, Any]:
    """What the figures hold for."""
    about = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in about if line.startswith("model name")]
    facts = {"model_version": engine.version, "graph": engine.manifest.serve, "threads": threads}
    return facts | {"cores": os.cpu_count(), "processor": names[0] if names else platform.machine()}
