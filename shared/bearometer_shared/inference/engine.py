"""Scores texts with an artifact's ONNX graph on length-sorted micro-batches."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer

from bearometer_shared.errors import ArtifactError
from bearometer_shared.inference.artifact import TOKENIZER, Manifest, verify

MICRO_BATCH = 32
GOLDEN_TOLERANCE = 200_000  # millionths of the signed score


@dataclass(frozen=True, slots=True)
class Score:
    """One text's probabilities in millionths (they sum to 1,000,000 but for rounding) and its topic."""

    negative: int
    neutral: int
    positive: int
    topic: str
    topic_p: int

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


class Engine:
    """An artifact, loaded. `version` is what every score must be stored with. Not for several threads at once."""

    def __init__(self, manifest: Manifest, tokenizer: Tokenizer, session: ort.InferenceSession) -> None:
        self.manifest = manifest
        self.version = manifest.version
        self._tokenizer = tokenizer
        self._session = session

    @classmethod
    def load(cls, folder: Path, threads: int | None = None, graph: str | None = None) -> "Engine":
        """Verifies and loads an artifact; `graph` overrides the manifest's choice. Raises ArtifactError."""
        manifest = verify(folder)
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
        try:
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            session = ort.InferenceSession(str(folder / (graph or manifest.serve)), options, ["CPUExecutionProvider"])
        except Exception as error:  # both libraries raise bare types of their own
            raise ArtifactError(f"{folder}: cannot be loaded: {error}") from error
        tokenizer.enable_truncation(manifest.max_tokens)
        tokenizer.enable_padding()
        return cls(manifest, tokenizer, session)

    def score(self, texts: Sequence[str]) -> list[Score]:
        """Scores in the order of `texts`. Identical texts are scored once."""
        unique = sorted(set(texts), key=len)
        known: dict[str, Score] = {}
        for start in range(0, len(unique), MICRO_BATCH):
            part = unique[start : start + MICRO_BATCH]
            known.update(zip(part, self._run(part), strict=True))
        return [known[text] for text in texts]

    def check(self) -> None:
        """Warms the engine with the manifest's golden texts. Raises ArtifactError where an answer is another's.

        int8 kernels differ between processors, so a small difference is no fault.
        """
        golden = self.manifest.golden
        for wanted, got in zip(golden, self.score([g.text for g in golden]), strict=True):
            if abs(wanted.signed - got.signed) > GOLDEN_TOLERANCE:
                raise ArtifactError(f"model {self.version}: scores {wanted.text[:60]!r} as another model would")

    def _run(self, texts: list[str]) -> list[Score]:
        sentiment, topic = self._session.run(["sentiment", "topic"], self.encode(texts))
        parts = np.rint(sentiment * 1_000_000).astype(int).tolist()
        best = topic.argmax(axis=1).tolist()
        share = np.rint(topic.max(axis=1) * 1_000_000).astype(int).tolist()
        names = self.manifest.topics
        return [Score(a, b, c, names[k], p) for (a, b, c), k, p in zip(parts, best, share, strict=True)]

    def encode(self, texts: list[str]) -> dict[str, np.ndarray]:
        """Token ids and mask, each int64 of shape (texts, longest)."""
        rows = self._tokenizer.encode_batch_fast(texts)
        ids = np.array([row.ids for row in rows], dtype=np.int64)
        mask = np.array([row.attention_mask for row in rows], dtype=np.int64)
        return {"input_ids": ids, "attention_mask": mask}
