"""What a batch costs: cross-entropy of each head, against the labels that examples carry and what teachers say."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn.functional import cross_entropy

from bearometer_shared.taxonomy import SENTIMENTS, TOPICS
from bearometer_training.examples import Example
from bearometer_training.model import HEADS, Logits

IGNORE = -100  # cross_entropy's own mark for "no label here"
CLASSES = {"sentiment": SENTIMENTS, "topic": TOPICS, "entity": SENTIMENTS}


@dataclass(frozen=True)
class Loss:
    """Label smoothing, a weight for each topic (rare ones weigh more) of shape (topics,), and the teachers' share."""

    smoothing: float
    topic_weights: torch.Tensor
    distil: float = 0.0

    def __call__(self, logits: Logits, group: Sequence[Example]) -> torch.Tensor:
        """The mean loss of each head over the examples that have something for it, summed. A scalar.

        An example of lower weight adds that share of its loss; the mean is over as many examples as before.
        """
        heads = zip(HEADS, logits, strict=True)
        return torch.stack([self._labelled(*head, group) + self._taught(*head, group) for head in heads]).sum()

    def _labelled(self, head: str, answer: torch.Tensor, group: Sequence[Example]) -> torch.Tensor:
        wanted = labels(head, group).to(answer.device)
        if (wanted == IGNORE).all():
            return answer.sum() * 0.0  # cross_entropy's mean over nothing is no number
        weight = self.topic_weights.to(answer.device) if head == "topic" else None
        costs = cross_entropy(
            answer, wanted, weight, ignore_index=IGNORE, label_smoothing=self.smoothing, reduction="none"
        )
        known = wanted[wanted != IGNORE]
        among = weight[known].sum() if weight is not None else len(known)
        return (costs * weights(group).to(answer.device)).sum() / among * (1.0 - self.distil)

    def _taught(self, head: str, answer: torch.Tensor, group: Sequence[Example]) -> torch.Tensor:
        """Against the teachers' probabilities (Hinton et al. 2015)."""
        taught = [n for n, example in enumerate(group) if head in example.soft]
        if not taught:
            return answer.sum() * 0.0
        said = torch.tensor([group[n].soft[head] for n in taught], device=answer.device)
        return cross_entropy(answer[taught], said) * self.distil


def weights(group: Sequence[Example]) -> torch.Tensor:
    """What each example's labels count, of shape (rows,)."""
    return torch.tensor([example.weight for example in group])


def topic_weights(found: Sequence[Example], power: float) -> torch.Tensor:
    """Weights n^-power of the topics, of mean 1 over the examples; power 0 weighs all alike."""
    counts = Counter(e.topic for e in found if e.topic)
    weights = torch.tensor([counts[name] ** -power if counts[name] else 1.0 for name in TOPICS])
    mean = sum(float(weights[TOPICS.index(name)]) * n for name, n in counts.items()) / max(counts.total(), 1)
    return weights / (mean or 1.0)


def labels(head: str, group: Sequence[Example]) -> torch.Tensor:
    """Class indices for a head, of shape (rows,); IGNORE where a row has no label."""
    known = [example.label(head) for example in group]
    return torch.tensor([IGNORE if label is None else CLASSES[head].index(label) for label in known])
