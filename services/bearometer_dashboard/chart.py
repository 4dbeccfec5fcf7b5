"""Turns trends into the options of an ECharts chart (https://echarts.apache.org/en/option.html).

Texts of the news appear as values only, never as keys: NiceGUI runs the value of a key that begins with a colon.
"""

from datetime import datetime
from typing import Any

from bearometer_dashboard import frame
from bearometer_dashboard.client import Json
from bearometer_dashboard.marks import Marks, marks
from bearometer_dashboard.palette import Palette
from bearometer_dashboard.snapshot import View, Window
from bearometer_dashboard.wording import moment

HELD = 4  # buckets, two half-lives of the moving mood


def chart(view: View, topics: list[str], palette: Palette) -> dict[str, Any]:
    """Mood on top, negative items under it. `topics` has a fixed length; an empty name keeps its place free.

    The number of series never changes, so that ECharts merges updates and keeps what a person switched off.
    """
    overall = next(iter(view.overall), None)
    by_key = {series["key"]: series for series in view.topics}
    drawn = marks(view.alerts, view.window, palette)
    alerted = {alert["key"] for alert in view.alerts if alert["state"] == "firing"}
    lines = [
        _line(f"topic-{k}", name, moving(by_key.get(name), view.window), palette.topics[k], name in alerted)
        for k, name in enumerate(topics)
    ]
    total = _line("all", "All news", points(overall, view.window), palette.ink, True)
    total |= {"lineStyle": {"width": 3.2}, "z": 5} | _marked(drawn)
    return {
        "animation": False,
        "useUTC": True,
        "backgroundColor": "transparent",
        "textStyle": {"fontFamily": "Roboto, sans-serif", "color": palette.ink},
        "grid": frame.grids(),
        "xAxis": [frame.time_axis(view.window, palette, 0, False), frame.time_axis(view.window, palette, 1, True)],
        "yAxis": [frame.mood_axis(palette), frame.count_axis(palette)],
        "legend": frame.legend(["All news", *filter(None, topics)], palette),
        "tooltip": frame.tooltip(view.window, palette),
        "axisPointer": {"link": [{"xAxisIndex": "all"}], "label": {"show": False}},
        "series": [*lines, total, _bars(negatives(overall, view.window), palette)],
    }


def points(series: Json | None, window: Window) -> list[Json]:
    """(middle of the bucket in ms, mood) of every bucket; None where nothing was published: a gap."""
    found = {moment(p["at"]): p["mood"] for p in series["points"]} if series else {}
    return _drawn([found.get(start) for start in _starts(window)], window)


def moving(series: Json | None, window: Window) -> list[Json]:
    """The same of the moving mood: single items of a quiet topic would be dots and nothing else. A line goes on for
    `HELD` buckets after its last item.
    """
    found = {moment(p["at"]): p for p in series["points"]} if series else {}
    starts = _starts(window)
    heard = [bool(start in found and found[start]["items"]) for start in starts]
    shown = [start in found and any(heard[max(0, k - HELD) : k + 1]) for k, start in enumerate(starts)]
    moods = [found[start]["moving_mood"] if show else None for start, show in zip(starts, shown, strict=True)]
    return _drawn(moods, window)


def _starts(window: Window) -> list[datetime]:
    return [window.start + window.step * k for k in range(round((window.end - window.start) / window.step))]


def _drawn(moods: list[float | None], window: Window) -> list[Json]:
    """A bucket between two gaps gets a dot, because a line of one point cannot be seen."""
    alone = [a is None and b is None for a, b in zip([None, *moods], [*moods[1:], None], strict=False)]
    return [
        {"value": [_middle(start, window), mood], "symbolSize": 5 if lonely else 0}
        for start, mood, lonely in zip(_starts(window), moods, alone, strict=True)
    ]


def negatives(series: Json | None, window: Window) -> list[list[float]]:
    """(middle of the bucket in ms, negative items)."""
    found = [(moment(p["at"]), p["negative"]) for p in series["points"]] if series else []
    return [[_middle(at, window), count] for at, count in found if at and count]


def _middle(start: datetime, window: Window) -> int:
    return round((start + window.step / 2).timestamp() * 1000)


def _line(id: str, name: str, data: list[Json], colour: str, alerted: bool) -> Json:
    return {
        "id": id,
        "name": name,
        "type": "line",
        "data": data,
        "symbol": "circle",
        "showAllSymbol": True,
        "connectNulls": False,
        "color": colour,
        "lineStyle": {"width": 2.2 if alerted else 1.3, "opacity": 1 if alerted else 0.7},
        "emphasis": {"focus": "series"},
        "blur": {"lineStyle": {"opacity": 0.35}},
        "z": 4 if alerted else 3,
    }


def _marked(drawn: Marks) -> Json:
    shared = {"silent": True, "animation": False}
    return {
        "markLine": shared | {"symbol": "none", "data": drawn.lines},
        "markArea": shared | {"data": drawn.areas},
    }


def _bars(data: list[list[float]], palette: Palette) -> Json:
    return {
        "id": "negative",
        "name": "Negative items",
        "type": "bar",
        "xAxisIndex": 1,
        "yAxisIndex": 1,
        "data": data,
        "barMaxWidth": 14,
        "color": palette.negative,
    }
