"""How moments, scores, chances and alerts are said on the page: UTC everywhere, one form for each."""

from datetime import UTC, datetime, timedelta
from typing import Any

DIMENSIONS = {"all": "", "topic": "Topic", "source": "Source", "ticker": "Ticker"}
MINUS = "\N{MINUS SIGN}"


def moment(iso: str | None) -> datetime | None:
    """A time of the API, in UTC."""
    return datetime.fromisoformat(iso).astimezone(UTC) if iso else None


def clock(at: datetime | None) -> str:
    """`Thu 5 Mar 2026, 14:32:10`."""
    return f"{at:%a} {at.day} {at:%b %Y, %H:%M:%S}" if at else "\N{EM DASH}"


def short(at: datetime | None, now: datetime | None) -> str:
    """`14:32` on the day of `now`, else `4 Mar 14:32`."""
    if at is None:
        return "\N{EM DASH}"
    same_day = now is not None and at.date() == now.date()
    return f"{at:%H:%M}" if same_day else f"{at.day} {at:%b %H:%M}"


def lasting(span: timedelta) -> str:
    """`4 min`, `3 h 10 min`, `2 d 4 h`."""
    minutes = max(0, int(span.total_seconds()) // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {rest:02} min" if hours else f"{rest} min"


def signed(score: float) -> str:
    """A score in [-1, 1] with its sign: `+0.42`."""
    return f"{'+' if score >= 0 else MINUS}{abs(score):.2f}"


def odds(p: float) -> str:
    """A tail probability in words: `1 in 4,200`."""
    if p < 1.01e-12:  # from here on it would round to a thousand billion
        return "under 1 in a trillion"
    times = 1 / p
    for size, name in ((1e9, " billion"), (1e6, " million")):
        if times >= size:
            return f"1 in {_two_figures(times / size)}{name}"
    return f"1 in {_two_figures(times)}"


def name(alert: dict[str, Any]) -> str:
    """What an alert is about, in as few words as possible."""
    return "All news" if alert["dimension"] == "all" else str(alert["key"])


def taken(alert: dict[str, Any]) -> str:
    """What people did about an alert: `ana is on it, ben's, snoozed until 15:00, judged false`. Wall time."""
    until, verdict = moment(alert.get("snoozed_until")), alert.get("verdict")
    said = (
        f"{alert['acknowledged_by']} is on it" if alert.get("acknowledged_by") else "",
        f"{alert['assignee']}'s" if alert.get("assignee") else "",
        f"snoozed until {short(until, datetime.now(UTC))}" if until else "",
        "silenced" if alert.get("silenced") else "",
        f"judged {verdict.replace('_', ' ')}" if verdict else "",
    )
    return ", ".join(filter(None, said))


def _two_figures(value: float) -> str:
    return f"{float(f'{value:.2g}'):,g}"
