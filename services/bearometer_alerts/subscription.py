"""Which notifications a channel gets, and when. Pure: by what they say and when they were written, so that a restart
changes nothing.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bearometer_alerts.quiet_hours import QuietHours
from bearometer_alerts.rule import PRIORS
from bearometer_shared.storage.outbox import Notification

URGENT = "severe"  # never held back
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _dimension(name: str) -> str:
    if name not in PRIORS:
        raise ValueError(f"no dimension {name!r}; there are {', '.join(PRIORS)}")
    return name


class Subscription(BaseModel):
    """What is left empty narrows nothing; `keys` are globs. `digest` is in minutes, by the clock in UTC: with 30, what
    was written since the last half hour goes out together at the next.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)
    severities: frozenset[Literal["watch", "elevated", "severe"]] = frozenset()
    dimensions: frozenset[Annotated[str, AfterValidator(_dimension)]] = frozenset()
    keys: tuple[str, ...] = ()
    quiet: QuietHours | None = None
    digest: int = Field(0, ge=0, le=1440)

    @property
    def holds(self) -> bool:
        """Whether some notifications are held back."""
        return bool(self.quiet or self.digest)

    def wants(self, payload: Mapping[str, Any]) -> bool:
        """Whether it is severe enough, and one of the incident's keys is among ours."""
        data = payload.get("data", payload)
        return (not self.severities or data["severity"] in self.severities) and any(
            map(self._names, (data, *data.get("others", ())))
        )

    def _names(self, key: Mapping[str, Any]) -> bool:
        return (not self.dimensions or key["dimension"] in self.dimensions) and (
            not self.keys or any(fnmatchcase(key["key"], glob) for glob in self.keys)
        )

    def begins(self, notification: Notification) -> datetime:
        """When it is delivered first."""
        return self.opens(notification, notification.created_at)

    def opens(self, notification: Notification, now: datetime) -> datetime:
        """The first moment from `now` on at which it may be delivered."""
        if not self.holds or notification.payload["data"]["severity"] == URGENT:
            return now
        at = max(now, self._together(notification.created_at))
        return self.quiet.over(at) if self.quiet else at

    def _together(self, at: datetime) -> datetime:
        """The end of the digest that a moment falls into."""
        every = timedelta(minutes=self.digest)
        return at + (_EPOCH - at) % every if every else at
