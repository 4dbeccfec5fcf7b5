"""What the mood chart is drawn in: its two grids, axes, legend and tooltip, as options of ECharts."""

from pathlib import Path

from bearometer_dashboard.client import Json
from bearometer_dashboard.palette import Palette
from bearometer_dashboard.snapshot import Window

# Heights in pixels: the legend and the captions of alerts, the bars, the time axis.
TOP, BARS, AXIS = 50, 58, 24
TOOLTIP = Path(__file__).with_name("tooltip.js").read_text()


def grids() -> list[Json]:
    """Mood above, bars below."""
    sides = {"left": 46, "right": 14}
    return [
        sides | {"top": TOP, "bottom": BARS + AXIS + 18},
        sides | {"height": BARS, "bottom": AXIS},
    ]


def time_axis(window: Window, palette: Palette, grid: int, labelled: bool) -> Json:
    """The window's time, in UTC; only the lower grid names it."""
    return {
        "type": "time",
        "gridIndex": grid,
        "min": round(window.start.timestamp() * 1000),
        "max": round(window.end.timestamp() * 1000),
        "containShape": False,
        "axisLabel": {"show": labelled, "color": palette.muted, "hideOverlap": True},
        "axisLine": {"lineStyle": {"color": palette.line}, "onZero": False},
        "axisTick": {"show": labelled, "lineStyle": {"color": palette.line}},
        "splitLine": {"show": False},
    }


def mood_axis(palette: Palette) -> Json:
    """From the worst to the best mood, always whole."""
    return {
        "type": "value",
        "min": -1,
        "max": 1,
        "interval": 0.5,
        "axisLabel": {
            "color": palette.muted,
            ":formatter": "v => v > 0 ? '+' + v : ('' + v).replace('-', '\N{MINUS SIGN}')",
        },
        "splitLine": {"lineStyle": {"color": palette.line}},
    }


def count_axis(palette: Palette) -> Json:
    """Negative items."""
    return {
        "type": "value",
        "gridIndex": 1,
        "min": 0,
        "minInterval": 1,
        "splitNumber": 2,
        "axisLabel": {"color": palette.muted},
        "splitLine": {"lineStyle": {"color": palette.line}},
    }


def legend(names: list[str], palette: Palette) -> Json:
    """Names that switch their lines off and on."""
    return {
        "type": "scroll",
        "data": names,
        "left": 0,
        "top": 0,
        "padding": [6, 0],
        "itemWidth": 16,
        "itemHeight": 3,
        "itemGap": 16,
        "icon": "rect",
        "textStyle": {"color": palette.ink, "lineHeight": 18},
        "inactiveColor": palette.line,
    }


def tooltip(window: Window, palette: Palette) -> Json:
    """What the pointer says; tooltip.js draws it."""
    half = round(window.step.total_seconds() * 500)
    return {
        "trigger": "axis",
        "confine": True,
        "backgroundColor": palette.panel,
        "borderColor": palette.line,
        "textStyle": {"color": palette.ink, "fontSize": 12},
        ":formatter": f"({TOOLTIP})({half})",
    }
