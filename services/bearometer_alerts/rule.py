"""What counts as a spike, in one place. The figures behind each number are in deploy/decisions/alerts.md."""

from dataclasses import dataclass

# Tail probabilities below which a window is worth a look, worth a call, or worth waking someone.
LEVELS = {"watch": 1e-4, "elevated": 1e-7, "severe": 1e-10}
RANK = {"": 0, "watch": 1, "elevated": 2, "severe": 3}


@dataclass(frozen=True)
class Prior:
    """What is believed of a key before it has a history.

    `rate` is negative items of the key per item of the stream; `dispersion` is the over-dispersion of a negative
    binomial: variance = mean + dispersion * mean^2.
    """

    rate: float
    dispersion: float


@dataclass(frozen=True)
class Rule:
    """A spike of negative coverage. Times are in event time: minutes, but the half-life, which is in hours."""

    name: str = "spike"
    window: int = 60
    half_life: float = 72.0
    minimum: int = 4
    hold: int = 5
    calm: int = 30
    calm_p: float = 0.01
    disturbed_p: float = 0.001
    dispersion_floor: float = 0.02


SPIKE = Rule()

# A topic's part of the news shifts from hour to hour; how much a ticker's items come in bursts is learned.
PRIORS = {"all": Prior(0.2, 0.1), "topic": Prior(0.02, 0.5), "ticker": Prior(0.02, 0.3)}


def severity(p_value: float) -> str:
    """The level of a tail probability; the empty string where it is not surprising."""
    return next((level for level in reversed(LEVELS) if p_value < LEVELS[level]), "")
