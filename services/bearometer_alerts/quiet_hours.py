"""Quiet hours by the clock on somebody's wall. Pure."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEK: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def _zone(name: Any) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as error:
        raise ValueError("no time zone of this name; such as Europe/Zurich") from error


def _clock(value: Any) -> time:
    try:
        return datetime.strptime(value, "%H:%M").time()  # noqa: DTZ007 - a time of day; its zone stands beside it
    except (ValueError, TypeError) as error:
        raise ValueError("not a time of day, such as 22:00") from error


Zone = Annotated[ZoneInfo, BeforeValidator(_zone)]
Clock = Annotated[time, BeforeValidator(_clock)]


class QuietHours(BaseModel):
    """From one time of day to another, begun on these days; one that is not later is meant of the day after.

    Where clocks are put back, a time that comes twice means the first; where they are put forward, one that is left
    out means as long after the change as it would have been.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
    zone: Zone
    begin: Clock = Field(alias="from")
    end: Clock = Field(alias="to")
    days: frozenset[Day] = frozenset(WEEK)

    @model_validator(mode="after")
    def _ends(self) -> "QuietHours":
        if self.begin == self.end and self.days == frozenset(WEEK):
            raise ValueError("quiet for ever")
        return self

    def over(self, at: datetime) -> datetime:
        """The first moment from `at` on that is not quiet, in UTC."""
        while end := self._end(at):
            at = end
        return at

    def _end(self, at: datetime) -> datetime | None:
        """When the quiet that holds at a moment ends; None where none holds."""
        today = at.astimezone(self.zone).date()
        spans = [self._span(day) for day in (today - timedelta(days=1), today) if WEEK[day.weekday()] in self.days]
        return next((end for begin, end in spans if begin <= at < end), None)

    def _span(self, day: date) -> tuple[datetime, datetime]:
        last = day if self.end > self.begin else day + timedelta(days=1)
        return self._utc(day, self.begin), self._utc(last, self.end)

    def _utc(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone).astimezone(UTC)
