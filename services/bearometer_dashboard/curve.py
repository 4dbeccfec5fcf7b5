"""A card's curve as options of an ECharts chart: windows against their threshold on top, what came when under them."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate
from typing import Any

from bearometer_dashboard import frame
from bearometer_dashboard.client import Json
from bearometer_dashboard.palette import Palette
from bearometer_dashboard.snapshot import Window
from bearometer_dashboard.wording import moment

TOP, GAP, BARS, AXIS = 32, 24, 42, 24  # pixels: the legend, between the grids, the bars, the time axis
SIDES = {"left": 36, "right": 14}


def curve(evidence: Json, palette: Palette) -> dict[str, Any]:
    """Of a card that has one. A drift has no window of fixed length: its bars take all the room."""
    columns, step = evidence["curve"], timedelta(minutes=evidence["curve"]["step_minutes"])
    since = moment(columns["since"])
    assert since is not None  # noqa: S101 - moment() is None only for None
    span = Window(since, since + len(columns["among"]) * step, step)
    bars = BARS if any(columns["threshold"]) else 140
    series = _windows(evidence, span, palette) if any(columns["threshold"]) else []
    series += _steps(evidence, span, palette)
    return {
        "animation": False,
        "useUTC": True,
        "backgroundColor": "transparent",
        "textStyle": {"fontFamily": "Roboto, sans-serif", "color": palette.ink},
        "grid": [SIDES | {"top": TOP, "bottom": bars + AXIS + GAP}, SIDES | {"height": bars, "bottom": AXIS}],
        "xAxis": [frame.time_axis(span, palette, grid, labelled=grid == 1) for grid in (0, 1)],
        "yAxis": [_count_axis(palette, grid) for grid in (0, 1)],
        "legend": frame.legend(list(dict.fromkeys(one["name"] for one in series)), palette),
        "tooltip": _tooltip(palette),
        "axisPointer": {"link": [{"xAxisIndex": "all"}], "label": {"show": False}},
        "series": series,
    }


def _windows(evidence: Json, span: Window, palette: Palette) -> list[Json]:
    """Each point stands at the end of its window."""
    columns, length = evidence["curve"], evidence["window_minutes"]
    parts = length // columns["step_minutes"]
    seen, usual = (window_sums(columns[name], parts) for name in ("negatives", "expected"))
    threshold = columns["threshold"][parts - 1 :]
    return [
        _line(f"Negative in {_span(length)}", _points(seen, span, parts), palette.negative, 2.2)
        | _tinted(evidence, palette),
        _line("Expected", _points(usual, span, parts), palette.accent, 1.5),
        _line("Threshold", _points(threshold, span, parts), palette.muted, 1.2, "dashed"),
    ]


def _tinted(evidence: Json, palette: Palette) -> Json:
    """The alert's own window."""
    edges = [{"xAxis": _ms(evidence[edge])} for edge in ("since", "until")]
    return {"markArea": {"silent": True, "itemStyle": {"color": palette.negative, "opacity": 0.07}, "data": [edges]}}


def _steps(evidence: Json, span: Window, palette: Palette) -> list[Json]:
    columns = evidence["curve"]
    bars = {"type": "bar", "barCategoryGap": "12%", "color": palette.negative} | _tinted(evidence, palette)
    middles = _points(columns["negatives"], span, 0.5)
    usual = _line("Expected", _points(columns["expected"], span, 0.5), palette.accent, 1.2) | {"id": "usual steps"}
    below = {"xAxisIndex": 1, "yAxisIndex": 1}
    name = f"Negative in {_span(columns['step_minutes'])}"
    return [{"id": "steps", "name": name, "data": middles} | bars | below, usual | below]


def window_sums(counts: Sequence[float], parts: int) -> list[float]:
    """The sums of every `parts` neighbouring counts."""
    sums = [0.0, *accumulate(counts)]
    return [round(end - start, 3) for start, end in zip(sums, sums[parts:], strict=False)]


def _points(values: Sequence[float | None], span: Window, first: float) -> list[list[float | None]]:
    """(ms, value), the first one `first` steps after the curve's start."""
    start, step = span.start.timestamp() * 1000, span.step.total_seconds() * 1000
    return [[start + (first + n) * step, value] for n, value in enumerate(values)]


def _line(name: str, data: list[list[float | None]], colour: str, width: float, kind: str = "solid") -> Json:
    style = {"width": width, "type": kind}
    return {
        "id": name,
        "name": name,
        "type": "line",
        "data": data,
        "symbol": "none",
        "color": colour,
        "lineStyle": style,
    }


def _count_axis(palette: Palette, grid: int) -> Json:
    return frame.count_axis(palette) | {"gridIndex": grid, "splitNumber": 3 if grid == 0 else 1}


def _tooltip(palette: Palette) -> Json:
    return {
        "trigger": "axis",
        "confine": True,
        "backgroundColor": palette.panel,
        "borderColor": palette.line,
        "textStyle": {"color": palette.ink, "fontSize": 12},
        ":valueFormatter": "v => v == null ? '' : String(+(+v).toFixed(1))",
    }


def _span(minutes: int) -> str:
    return f"{minutes // 60} h" if minutes % 60 == 0 and minutes > 60 else f"{minutes} min"


def _ms(iso: str) -> float:
    at = moment(iso)
    return at.timestamp() * 1000 if at else 0.0
