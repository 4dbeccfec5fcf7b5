"""A rule of words, as an example of one: good or bad news by verbs and nouns that leave little doubt.

It is silent where both kinds stand, or a word that turns them round. Written without a look at any labelled row.
"""

import re
from collections.abc import Mapping

_BAD = re.compile(
    r"\b(?:bankrupt|insolven|fraud|scandal|embezzl|collaps|plung|plummet|slump|tumbl|crash|downgrad|layoff|write-?down"
    r"|delist|indict|lawsuit|probe|recall|shortfall|default|s[aiu]nk|slash|worsen)"
)
_GOOD = re.compile(
    r"\b(?:surg|soar|rall(?:y|ie)|jump|beats|upgrad|rebound|outperform|climb|breakthrough|wins\b|skyrocket|boost|exceed)"
)
_TURNING = re.compile(
    r"\b(?:not|no|never|den(?:y|ie)|avoid|avert|without|despite|end|narrow|fear|after|inflation|unemployment|yield|cost"
    r"|price|loss|debt|claim)(?:s|d|ed|es)?\b"
)


def say(text: str) -> Mapping[str, str] | None:
    """`{"sentiment": "negative"}` or positive, or None."""
    words = text.lower()
    bad, good = bool(_BAD.search(words)), bool(_GOOD.search(words))
    if bad == good or _TURNING.search(words):
        return None
    return {"sentiment": "negative" if bad else "positive"}
