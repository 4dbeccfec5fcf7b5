"""How strongly the words of an explanation are shown: in steps, so that a terminal and a page mark the same ones."""

from collections.abc import Sequence

FAINT = 0.2  # of the signed score: where no word moves it by more than that, none is shown as strong
LEAST = (0.1, 0.4, 0.7)  # of the strongest word's contribution, for the steps 1, 2, 3


def steps(contributions: Sequence[float]) -> list[int]:
    """A step for each word, from -3 (pulls the score down most) to 3 (pushes it up most); 0 is not marked.

    Contributions are in units of the signed score, from -1 to 1.
    """
    most = max([FAINT, *map(abs, contributions)])
    return [(1 if value > 0 else -1) * sum(abs(value) >= least * most for least in LEAST) for value in contributions]
