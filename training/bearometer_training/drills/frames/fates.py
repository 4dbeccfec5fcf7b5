"""Frames by how the party fares that is named first."""

import re

_FATES = {"winner": "positive", "loser": "negative", "bystander": "neutral"}
_PARTY = re.compile(r"\{(winner|loser|bystander)\d?\}")


def fates(frame: str) -> dict[str, str]:
    """The sentiment for each party's slot, in the order in which the frame names them."""
    return {found[0][1:-1]: _FATES[found[1]] for found in _PARTY.finditer(frame)}


def by_first(frames: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Sentiment of the first-named to frames."""
    first = {frame: next(iter(fates(frame).values())) for frame in frames}
    return {fate: tuple(f for f in frames if first[f] == fate) for fate in _FATES.values()}
