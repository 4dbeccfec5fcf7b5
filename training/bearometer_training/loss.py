"""What a batch costs: cross-entropy of each head over the examples that carry its label."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import cross_entropy

from bearometer_shared.taxonomy import SENTIMENTS, TOPICS
from bearometer_training.examples import Example
from bearometer_training.model import Logits

IGNORE = -100  # cross_entropy's own mark for "no label here"


@dataclass(frozen=True)
class Loss:
    """Label smoothing, and a weight for each topic (rare ones weigh more), of shape (topics,)."""

    smoothing: float
    topic_weights: torch.Tensor

    def __call__(self, logits: Logits, group: Sequence[Example]) -> torch.Tensor:
        """The mean loss of each head that the group has labels for, summed. A scalar."""
        sentiment, topic, entity = logits
        total: torch.Tensor = sum((head.sum() * 0.0 for head in logits), start=sentiment.new_zeros(()))
        for head, wanted, weight in (
            (sentiment, targets([e.sentiment for e in group], SENTIMENTS), None),
            (topic, targets([e.topic for e in group], TOPICS), self.topic_weights.to(topic.device)),
            (entity, targets([e.towards for e in group], SENTIMENTS), None),
        ):
            if (wanted != IGNORE).any():
                wanted = wanted.to(head.device)
                total = total + cross_entropy(head, wanted, weight, ignore_index=IGNORE, label_smoothing=self.smoothing)
        return total


def topic_weights(found: Sequence[Example], power: float) -> torch.Tensor:
    """Weights n^-power of the topics, of mean 1 over the examples; power 0 weighs all alike."""
    counts = Counter(e.topic for e in found if e.topic)
    weights = torch.tensor([counts[name] ** -power if counts[name] else 1.0 for name in TOPICS])
    mean = sum(float(weights[TOPICS.index(name)]) * n for name, n in counts.items()) / max(counts.total(), 1)
    return weights / (mean or 1.0)


def targets(labels: Sequence[str | None], names: Sequence[str]) -> torch.Tensor:
    """Class indices of shape (rows,); IGNORE where a row has no label."""
    return torch.tensor([IGNORE if label is None else names.index(label) for label in labels])
