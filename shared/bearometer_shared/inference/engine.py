"""Scores texts with an artifact's graph on length-sorted micro-batches; a backend runs them on a processor or a GPU."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bearometer_shared.errors import ArtifactError, BearometerError
from bearometer_shared.inference import backend, encoding
from bearometer_shared.inference.artifact import TOKENIZER, Manifest, verify
from bearometer_shared.inference.backend import Backend, Batch
from bearometer_shared.inference.encoding import Input, Reader
from bearometer_shared.opinion import Opinion as Opinion
from bearometer_shared.opinion import Score as Score
from bearometer_shared.settings import Device, settings

GOLDEN_TOLERANCE = 200_000  # millionths of the signed score


class Engine:
    """An artifact, loaded. `version` is what every score must be stored with. Not for several threads at once."""

    def __init__(self, manifest: Manifest, reader: Reader, backend: Backend) -> None:
        self.manifest = manifest
        self.version = manifest.version
        self._reader = reader
        self._backend = backend
        self._pad = encoding.padding_id(reader.tokenizer)

    @classmethod
    def load(
        cls, folder: Path, threads: int | None = None, graph: str | None = None, device: Device | None = None
    ) -> "Engine":
        """Verifies and loads an artifact. `graph` overrides the manifest's choice and runs on the CPU; `device`
        overrides BEAROMETER_DEVICE. Raises ArtifactError, and UserError where a GPU is demanded and absent.
        """
        manifest = verify(folder)
        cores = threads or len(os.sched_getaffinity(0))
        try:
            reader = encoding.reader(folder / TOKENIZER, manifest.max_tokens, manifest.marks_figures)
            found = backend.load(folder, manifest, cores, graph, device or settings().device)
        except BearometerError:
            raise
        except Exception as error:  # the libraries raise bare types of their own
            raise ArtifactError(f"{folder}: cannot be loaded: {error}") from error
        return cls(manifest, reader, found)

    @property
    def runs_on(self) -> str:
        """What computes the answers, for a person to read."""
        return self._backend.name

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
        for where, answers in self._backend.run(self.batches(unique), heads):
            for kept, answer in zip(found, answers, strict=True):
                kept[where] = answer
        order = [place[text] for text in inputs]
        return tuple(kept[order] for kept in found)

    def batches(self, inputs: Sequence[Input]) -> Iterator[Batch]:
        """What the graph is fed, the longest inputs first, so that all cores end at about the same time."""
        rows = self._reader.rows(inputs)
        order = sorted(range(len(rows)), key=lambda n: -len(rows[n]))
        limit = self._backend.micro_batch(sum(map(len, rows)))
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
