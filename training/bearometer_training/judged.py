"""A torch model in the place of an engine, so that `evaluate` measures it before anything is exported."""

from collections.abc import Sequence

import numpy as np
import torch

from bearometer_shared.inference import encoding
from bearometer_shared.inference.encoding import Input, Reader
from bearometer_shared.inference.engine import Opinion, Score
from bearometer_shared.taxonomy import TOPICS
from bearometer_training import placing
from bearometer_training.model import Heads

BATCH = 64


class Judged:
    """A model in training as `evaluate` asks it: by torch, in batches of like length, without an export.

    Raises FloatingPointError where training has diverged.
    """

    def __init__(self, model: Heads, reader: Reader) -> None:
        self._device = placing.device()
        self._model, self._reader = model.to(self._device).eval(), reader
        self._pad = encoding.padding_id(reader.tokenizer)

    def score(self, texts: Sequence[str]) -> list[Score]:
        """Sentiment and topic of each text, in order."""
        sentiment, topic, _ = self._shares(texts)
        best, share = topic.argmax(axis=1).tolist(), topic.max(axis=1).tolist()
        parts = zip(sentiment.tolist(), best, share, strict=True)
        return [Score(a, b, c, TOPICS[k], p) for (a, b, c), k, p in parts]

    def towards(self, pairs: Sequence[tuple[str, str]]) -> list[Opinion]:
        """Sentiment towards an entity, for pairs of text and entity, in order."""
        return [Opinion(a, b, c) for a, b, c in self._shares(pairs)[2].tolist()]

    @torch.no_grad()
    def _shares(self, inputs: Sequence[Input]) -> list[np.ndarray]:
        """Class probabilities in millionths, for each head of shape (inputs, classes)."""
        rows = self._reader.rows(inputs)
        order = sorted(range(len(rows)), key=lambda n: len(rows[n]))
        found = [np.zeros((len(rows), width), dtype=int) for width in (3, len(TOPICS), 3)]
        for part in (order[start : start + BATCH] for start in range(0, len(order), BATCH)):
            arrays = encoding.arrays([rows[n] for n in part], self._pad)
            batch = {name: torch.from_numpy(array).to(self._device) for name, array in arrays.items()}
            for kept, logits in zip(found, self._model(**batch), strict=True):
                if not logits.isfinite().all():
                    raise FloatingPointError("the model's answers are not finite: its training has diverged")
                kept[part] = (logits.softmax(-1) * 1_000_000).round().long().cpu().numpy()
        return found
