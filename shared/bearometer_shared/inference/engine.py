"""Scores texts with an artifact's ONNX graph on length-sorted micro-batches, one on each core at a time.

Cores that share one small product wait for each other at every layer; batches of their own never do.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from tokenizers import Encoding, Tokenizer

from bearometer_shared.errors import ArtifactError
from bearometer_shared.inference import encoding
from bearometer_shared.inference.artifact import TOKENIZER, Manifest, verify
from bearometer_shared.inference.encoding import Input

MICRO_BATCH = 512  # tokens with their padding: more leave the core's cache, fewer cost more calls
Batch = tuple[list[int], dict[str, np.ndarray]]  # places of its inputs, and what the graph is fed
GOLDEN_TOLERANCE = 200_000  # millionths of the signed score


@dataclass(frozen=True, slots=True)
class Opinion:
    """Probabilities of the three sentiments in millionths (they sum to 1,000,000 but for rounding)."""

    negative: int
    neutral: int
    positive: int

    @property
    def sentiment(self) -> str:
        """The likeliest sentiment; neutral wins ties, since a tie is no opinion."""
        best = max(self.negative, self.neutral, self.positive)
        if best == self.neutral:
            return "neutral"
        return "negative" if best == self.negative else "positive"

    @property
    def signed(self) -> int:
        """P(positive) - P(negative) in millionths, from -1,000,000 to 1,000,000."""
        return self.positive - self.negative


@dataclass(frozen=True, slots=True)
class Score(Opinion):
    """One text's sentiment and its likeliest topic; `topic_p` in millionths."""

    topic: str
    topic_p: int


class Engine:
    """An artifact, loaded. `version` is what every score must be stored with. Not for several threads at once."""

    def __init__(self, manifest: Manifest, tokenizer: Tokenizer, session: ort.InferenceSession, threads: int) -> None:
        self.manifest = manifest
        self.version = manifest.version
        self._tokenizer = tokenizer
        self._session = session
        self._threads = threads
        self._pool = ThreadPoolExecutor(threads)
        self._pad = encoding.padding_id(tokenizer)

    @classmethod
    def load(cls, folder: Path, threads: int | None = None, graph: str | None = None) -> "Engine":
        """Verifies and loads an artifact; `graph` overrides the manifest's choice. Raises ArtifactError."""
        manifest = verify(folder)
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        try:
            tokenizer = encoding.tokenizer(folder / TOKENIZER, manifest.max_tokens)
            session = ort.InferenceSession(str(folder / (graph or manifest.serve)), options, ["CPUExecutionProvider"])
        except Exception as error:  # both libraries raise bare types of their own
            raise ArtifactError(f"{folder}: cannot be loaded: {error}") from error
        return cls(manifest, tokenizer, session, threads or len(os.sched_getaffinity(0)))

    def score(self, texts: Sequence[str]) -> list[Score]:
        """Sentiment and topic of each text, in order. Identical texts are scored once."""
        sentiment, topic = self.probabilities(texts, "sentiment", "topic")
        best = topic.argmax(axis=1).tolist()
        names, share = self.manifest.topics, _millionths(topic.max(axis=1))
        parts = zip(_millionths(sentiment), best, share, strict=True)
        return [Score(a, b, c, names[k], p) for (a, b, c), k, p in parts]

    def towards(self, pairs: Sequence[tuple[str, str]]) -> list[Opinion]:
        """Sentiment towards an entity, for pairs of text and entity, in order."""
        (opinions,) = self.probabilities(pairs, "entity")
        return [Opinion(a, b, c) for a, b, c in _millionths(opinions)]

    def probabilities(self, inputs: Sequence[Input], *heads: str) -> tuple[np.ndarray, ...]:
        """Class probabilities of heads, each float32 of shape (inputs, classes)."""
        unique = list(dict.fromkeys(inputs))
        place = {text: n for n, text in enumerate(unique)}
        widths = {"sentiment": 3, "entity": 3, "topic": len(self.manifest.topics)}
        found = tuple(np.empty((len(unique), widths[head]), np.float32) for head in heads)

        def run(batch: Batch) -> None:
            for kept, answer in zip(found, self._session.run(list(heads), batch[1]), strict=True):
                kept[batch[0]] = answer

        list(self._pool.map(run, self.batches(unique)))
        order = [place[text] for text in inputs]
        return tuple(kept[order] for kept in found)

    def batches(self, inputs: Sequence[Input]) -> Iterator[Batch]:
        """What the graph is fed, the longest inputs first, so that all cores end at about the same time."""
        rows: list[Encoding] = self._tokenizer.encode_batch_fast(inputs)
        order = sorted(range(len(rows)), key=lambda n: -len(rows[n]))
        limit = min(MICRO_BATCH, sum(map(len, rows)) // self._threads)
        start = 0
        while start < len(order):
            part = order[start : start + max(1, limit // len(rows[order[start]]))]
            yield part, encoding.arrays([rows[n] for n in part], self._pad)
            start += len(part)

    def check(self) -> None:
        """Warms the engine with the manifest's golden texts. Raises ArtifactError where an answer is another's.

        int8 kernels differ between processors, so a small difference is no fault.
        """
        golden = self.manifest.golden
        for wanted, got in zip(golden, self.score([g.text for g in golden]), strict=True):
            if abs(wanted.signed - got.signed) > GOLDEN_TOLERANCE:
                raise ArtifactError(f"model {self.version}: scores {wanted.text[:60]!r} as another model would")


def _millionths(shares: np.ndarray) -> Any:
    return np.rint(shares * 1_000_000).astype(int).tolist()
