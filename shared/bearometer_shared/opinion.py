"""What a model says of a text, in whole millionths: light, so that storage needs no model to speak of it."""

from dataclasses import dataclass


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
