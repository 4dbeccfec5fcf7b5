"""The life of a key's alert: calm, pending, firing, and calm again with hysteresis. Pure: time is a minute's number."""

from dataclasses import dataclass
from typing import Literal

from bearometer_alerts.rule import RANK, Rule, severity

Phase = Literal["pending", "firing", "resolved"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a window says of a key: negatives observed and expected, the tail probability, and by what dispersion.

    `corrected` is the probability after so many keys were looked at, None where nothing is to correct. `sourced` is
    whether the negatives come from sources enough. `minutes` is how far back it looks, 0 for the rule's window.
    """

    observed: int
    expected: float
    p_value: float
    dispersion: float
    items: int
    corrected: float | None = None
    sourced: bool = True
    minutes: int = 0

    def level(self, rule: Rule) -> str:
        """How severe it is; the empty string where it is no matter for an alert."""
        p_value = self.p_value if self.corrected is None else self.corrected
        return severity(p_value, rule.levels) if self.observed >= rule.minimum and self.sourced else ""


@dataclass
class Life:
    """`since`: minute of the newest step. `quiet`: first minute of the present calm. `disturbed`: newest not calm."""

    phase: Literal["", "pending", "firing"] = ""
    severity: str = ""
    since: int = -1
    quiet: int = -1
    disturbed: int = -1

    def rise(self, verdict: Verdict, minute: int, rule: Rule) -> list[Phase]:
        """Steps towards firing. A watch must hold; what is worse fires at once, and again when it gets worse still."""
        level = verdict.level(rule)
        if minute < self.since:  # a look ahead was here before
            return []
        steps: list[Phase] = ["pending"] if level and not self.phase else []
        if steps:
            self.phase, self.since, self.severity = "pending", minute, level
        worse = RANK[level] > max(RANK["watch"], RANK[self.severity] if self.phase == "firing" else 0)
        held = level and self.phase == "pending" and minute - self.since >= rule.hold
        if worse or held:
            self.phase, self.since, self.severity = "firing", minute, level
            steps.append("firing")
        return steps

    def settle(self, *, calm: bool, surprising: bool, minute: int, rule: Rule) -> list[Phase]:
        """Resolves once the key has been calm for long enough. `surprising` is what must not be learned as usual."""
        if self.phase or surprising:
            self.disturbed = minute
        if not self.phase or minute < self.since:
            return []
        if not calm:
            self.quiet = -1
        elif self.quiet < 0:
            self.quiet = minute
        if self.quiet < 0 or minute - self.quiet < rule.calm:
            return []
        self.end(minute)
        return ["resolved"]

    def end(self, minute: int) -> None:
        self.phase, self.severity, self.since, self.quiet = "", "", minute, -1
