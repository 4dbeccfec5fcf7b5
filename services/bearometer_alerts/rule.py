"""What counts as unusual, in one place. The figures behind each number are in deploy/decisions/alerts.md."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

# Tail probabilities below which a window is worth a look, worth a call, or worth waking someone.
LEVELS = {"watch": 1e-4, "elevated": 1e-7, "severe": 1e-10}
RANK = {"": 0, "watch": 1, "elevated": 2, "severe": 3}
WATCHLIST = "watchlist"
Key = tuple[str, str]  # dimension, key
Kind = Literal["spike", "drift"]
Levels = tuple[float, ...]  # in the order of LEVELS
USUAL_LEVELS: Levels = tuple(LEVELS.values())


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
    """Which keys are watched, and what of theirs is unusual. Times are event minutes, but the half-life: hours.

    A spike is judged over the last `window` minutes, a drift by the hour: there the window is what is not learned yet.
    `keys` are globs, one of which a key must match; where there are none, all do. `watchlists` are watched besides.
    `sources` is how many distinct ones an alert needs, if the stream has so many.
    """

    name: str = "spike"
    kind: Kind = "spike"
    dimensions: tuple[str, ...] = ("all", "topic", "ticker")
    keys: tuple[str, ...] = ()
    watchlists: tuple[str, ...] = ()
    levels: Levels = USUAL_LEVELS
    window: int = 60
    half_life: float = 72.0
    minimum: int = 4
    sources: int = 1
    hold: int = 5
    calm: int = 30
    calm_p: float = 0.01
    disturbed_p: float = 0.001
    dispersion_floor: float = 0.02

    def watches(self, key: Key) -> bool:
        """Whether a (dimension, key) is one of the rule's."""
        dimension, name = key
        if dimension == WATCHLIST and name in self.watchlists:
            return True
        return dimension in self.dimensions and (not self.keys or any(fnmatchcase(name, glob) for glob in self.keys))

    @property
    def widens(self) -> bool:
        """Whether the rule asks for what the trends do not tell: sets of tickers, or distinct sources."""
        return self.sources > 1 or bool(self.groups())

    def groups(self) -> set[str]:
        """The dimensions of the rule whose keys are sets of tickers: the trends don't count them."""
        return GROUPS & {*self.dimensions, *([WATCHLIST] if self.watchlists else [])}


SPIKE = Rule()
DRIFT = Rule(name="negative_drift", kind="drift", window=1440, half_life=336.0, minimum=10, hold=0, calm=1440)

# A topic's part of the news shifts from hour to hour; how much a ticker's items come in bursts is learned.
PRIORS = {
    "all": Prior(0.2, 0.1),
    "topic": Prior(0.02, 0.5),
    "ticker": Prior(0.02, 0.3),
    "source": Prior(0.02, 0.5),
    "sector": Prior(0.02, 0.3),
    WATCHLIST: Prior(0.02, 0.3),
}
GROUPS = {"sector", WATCHLIST}


def severity(p_value: float, levels: Levels = USUAL_LEVELS) -> str:
    """The level of a tail probability; the empty string where it is not surprising."""
    if p_value >= levels[0]:  # nearly always: ten thousand keys a minute are asked
        return ""
    return tuple(RANK)[sum(p_value < level for level in levels)]
