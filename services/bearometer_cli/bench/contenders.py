"""Who is measured: each takes texts and gives the items a second at which it scored them."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import onnxruntime as ort

from bearometer_cli.bench.ceiling import Peak, Work, work
from bearometer_shared.inference.engine import Engine

Contender = Callable[[Sequence[str]], float]
BATCH = 32
SINGLE, BATCHED = 12, 64  # the slow ways are given fewer texts a round


def contenders(engine: Engine, graph: Path, plain: Any, threads: int) -> dict[str, Contender]:
    """Ours, bare ONNX Runtime in two ways, transformers' pipeline in two ways, and the two ceilings, by name."""
    whole, single, peak = _session(graph, threads), _session(graph, 1), Peak(plain.model.base_model, threads)

    def amount(texts: Sequence[str]) -> Work:
        return work(plain.model.base_model, token_counts(engine, texts))

    return {
        "ours": lambda texts: throughput(texts, engine.score),
        "onnx_whole": lambda texts: _bare(whole, engine, texts, 1),
        "onnx_apart": lambda texts: _bare(single, engine, texts, threads),
        "hf_single": lambda texts: throughput(texts[:SINGLE], lambda some: [plain(text) for text in some]),
        "hf_batched": lambda texts: throughput(texts[:BATCHED], lambda some: plain(list(some), batch_size=BATCH)),
        "ceiling_fp32": lambda texts: amount(texts).fp32_rate(peak.fp32()),
        "ceiling_int8": lambda texts: amount(texts).int8_rate(peak.fp32(), peak.int8()),
    }


def token_counts(engine: Engine, texts: Sequence[str]) -> list[int]:
    """How many tokens the model reads of each text, without padding; in no particular order."""
    return [int(row.sum()) for _, arrays in engine.batches(texts) for row in arrays["attention_mask"]]


def _bare(session: ort.InferenceSession, engine: Engine, texts: Sequence[str], workers: int) -> float:
    """ONNX Runtime and nothing else, `workers` side by side: batches are tokenized, sorted and padded beforehand."""
    fed = [arrays for _, arrays in engine.batches(texts)]
    with ThreadPoolExecutor(workers) as pool:
        rate = throughput(fed, lambda some: list(pool.map(lambda a: session.run(["sentiment", "topic"], a), some)))
    return rate * len(texts) / len(fed)


def throughput(items: Sequence[Any], run: Callable[[Sequence[Any]], object]) -> float:
    """Items a second of one run over all of them."""
    started = time.perf_counter()
    run(items)
    return len(items) / (time.perf_counter() - started)


def _session(graph: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    return ort.InferenceSession(str(graph), options, ["CPUExecutionProvider"])
