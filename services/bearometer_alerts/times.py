"""Minutes as numbers since 1970, which the detector counts in, and as moments in UTC."""

from datetime import UTC, datetime, timedelta

MINUTE = timedelta(minutes=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def number(moment: datetime) -> int:
    """The minute that a moment falls into."""
    return (moment - _EPOCH) // MINUTE


def start(number: int) -> datetime:
    """The moment at which a minute begins."""
    return _EPOCH + number * MINUTE


def floor(moment: datetime) -> datetime:
    """The moment at which its minute began."""
    return start(number(moment))
