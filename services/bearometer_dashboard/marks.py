"""Where the chart marks alerts: a line when one turned pending, fired or resolved, a tint while it fired."""

from dataclasses import dataclass
from datetime import datetime

from bearometer_dashboard.alerts import ranked, resolved
from bearometer_dashboard.client import Json
from bearometer_dashboard.palette import Palette
from bearometer_dashboard.snapshot import Window
from bearometer_dashboard.wording import moment, name

MARKED = 12  # alerts; more would hide the lines under them
NAMED = 2  # names in one caption
CAPTION_SHARE = 0.2  # how much of the chart's width a caption takes


@dataclass(frozen=True)
class Marks:
    """Data of ECharts' `markLine` and `markArea`. The captions of open alerts stand above the chart."""

    lines: list[Json]
    areas: list[list[Json]]


def marks(alerts: list[Json], window: Window, palette: Palette) -> Marks:
    """The marks of the most severe open alerts, then of the newest resolved ones, that touch the window."""
    shown = [alert for alert in ranked(alerts) + resolved(alerts) if _touches(alert, window)][:MARKED]
    captions = [_caption(group, window, palette) for group in groups(ranked(shown), window)]
    lines = [line for alert in shown for line in _lines(alert, window, palette)]
    return Marks(captions + lines, [_area(alert, window, palette) for alert in shown if alert["fired_at"]])


def groups(alerts: list[Json], window: Window) -> list[list[Json]]:
    """Alerts whose captions would cover each other, together; in order of time, each group in order of rank."""
    near = (window.end - window.start) * CAPTION_SHARE
    found: list[list[Json]] = []
    for alert in sorted((alert for alert in alerts if start(alert) >= window.start), key=start):
        if found and start(alert) - start(found[-1][0]) <= near:
            found[-1].append(alert)
        else:
            found.append([alert])
    return [sorted(group, key=alerts.index) for group in found]


def start(alert: Json) -> datetime:
    """When an alert fired, or turned pending if it has not fired."""
    return datetime.fromisoformat(alert["fired_at"] or alert["pending_at"])


def _caption(group: list[Json], window: Window, palette: Palette) -> Json:
    """An unseen line at a group's first alert, with the names of the group above it."""
    at, names = min(map(start, group)), [name(alert) for alert in group]
    more = f" +{len(names) - NAMED}" if len(names) > NAMED else ""
    label = {
        "formatter": ", ".join(names[:NAMED]) + more,
        "align": "right" if at > window.start + (window.end - window.start) / 2 else "left",
        "color": palette.severity(group[0]["severity"]),
        "fontSize": 11,
        "fontWeight": 500,
        "distance": 5,
    }
    return {"xAxis": _ms(at), "lineStyle": {"width": 0}, "label": label}


def _lines(alert: Json, window: Window, palette: Palette) -> list[Json]:
    colour = _colour(alert, palette)
    styles = {
        "pending_at": {"color": colour, "type": "dotted", "width": 1},
        "fired_at": {"color": colour, "type": "solid", "width": 1.5},
        "resolved_at": {"color": palette.muted, "type": "dashed", "width": 1},
    }
    moments = [(moment(alert[kind]), style) for kind, style in styles.items()]
    inside = [(at, style) for at, style in moments if at and window.start <= at <= window.end]
    return [{"xAxis": _ms(at), "lineStyle": style, "label": {"show": False}} for at, style in inside]


def _area(alert: Json, window: Window, palette: Palette) -> list[Json]:
    end = moment(alert["resolved_at"]) or window.end
    tint = {"color": _colour(alert, palette), "opacity": 0.06}
    return [{"xAxis": _ms(max(start(alert), window.start)), "itemStyle": tint}, {"xAxis": _ms(min(end, window.end))}]


def _colour(alert: Json, palette: Palette) -> str:
    return palette.muted if alert["state"] == "resolved" else palette.severity(alert["severity"])


def _touches(alert: Json, window: Window) -> bool:
    return start(alert) <= window.end and (moment(alert["resolved_at"]) or window.end) >= window.start


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
