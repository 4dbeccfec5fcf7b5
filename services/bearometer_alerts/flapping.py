"""Whether a detector's step begins an alert, or belongs to one that is over. Pure, in event time.

| newest alert of the fingerprint                        | a new spike | the old one gets worse |
|--------------------------------------------------------|-------------|------------------------|
| open                                                   | raised      | raised                 |
| resolved by the detector, in the last hour             | reopened    | raised                 |
| resolved by a person, within the length of a window    | raised      | dropped                |
| resolved before that, or none                          | raised      | raised                 |

To raise is to update the open alert or, where none is open, to begin one.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

from bearometer_alerts.lifecycle import Phase
from bearometer_shared.storage.alerts import DETECTOR

FLAP = timedelta(hours=1)  # the window of a spike: what follows sooner rests partly on the same items
Fate = Literal["raised", "reopened", "dropped"]


def fate(newest: Mapping[str, Any] | None, phase: Phase, at: datetime, window: timedelta) -> Fate:
    """What becomes of a step towards firing that is taken `at` an event time, by a rule with this window."""
    if newest is None or newest["state"] != "resolved":
        return "raised"
    since, by_detector = at - newest["resolved_at"], newest["resolved_by"] == DETECTOR
    if phase == "pending":
        return "reopened" if by_detector and since <= FLAP else "raised"
    return "raised" if by_detector or since > window else "dropped"


def settled(alert: Mapping[str, Any], clock: datetime) -> bool:
    """Whether a resolved alert will not be reopened: it never was, a person closed it, or the hour has passed."""
    return not alert["flaps"] or alert["resolved_by"] != DETECTOR or clock - alert["resolved_at"] > FLAP
