"""A time to come, as people type it."""

import re
from datetime import UTC, datetime, timedelta

from bearometer_shared.errors import UserError

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
HELP = "30m, 4h, 2d from now, or a time in ISO 8601 (UTC where it names no zone)"
_SPAN = re.compile(r"(\d{1,4})([mhd])")


def until(text: str, now: datetime) -> datetime:
    """In UTC. Raises UserError for what is no such time."""
    if found := _SPAN.fullmatch(text):
        return now + timedelta(**{UNITS[found[2]]: int(found[1])})
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UserError(f"{text!r} is no time: {HELP}") from error
