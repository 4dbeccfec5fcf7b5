"""The life of a key's alert: calm, pending, firing, and calm again with hysteresis. Pure: time is a minute's number."""

from dataclasses import dataclass
from typing import Literal

from bearometer_alerts.rule import RANK, Rule, severity

Phase = Literal["pending", "firing", "resolved"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a window says of a key: negatives observed and expected, the tail probability, and by what dispersion."""

    observed: int
    expected: float
    p_value: float
    dispersion: float
    items: int


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
        level = severity(verdict.p_value) if verdict.observed >= rule.minimum else ""
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

    def settle(self, verdict: Verdict, minute: int, rule: Rule) -> list[Phase]:
        """Resolves once the window has been near the expected for long enough."""
        if self.phase or verdict.p_value <= rule.disturbed_p:
            self.disturbed = minute
        if not self.phase or minute < self.since:
            return []
        if verdict.p_value <= rule.calm_p:
            self.quiet = -1
        elif self.quiet < 0:
            self.quiet = minute
        if self.quiet < 0 or minute - self.quiet < rule.calm:
            return []
        self.phase, self.severity, self.since, self.quiet = "", "", minute, -1
        return ["resolved"]
