"""A picture of an alert's card: the windows of the last hours against what would be surprising, and what came when."""

from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.dates import ConciseDateFormatter
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from bearometer_shared.errors import UserError

INK, MUTED, NEGATIVE, USUAL, SHADE = "#18202b", "#5f6b7a", "#b3261e", "#1f5fae", "#eef1f5"
Row = dict[str, Any]


def draw(alert: Row, path: Path) -> None:
    """Writes a PNG of 1500 x 900 pixels. Raises UserError for an alert without a curve, and a path that cannot be."""
    evidence = alert["evidence"]
    if "curve" not in evidence:
        raise UserError(f"alert {alert['id']}: its card was made without a curve")
    figure = Figure(figsize=(10, 6), layout="constrained")
    whole = any(evidence["curve"]["threshold"])  # a drift has no window of fixed length
    *windows, steps = figure.subplots(1 + whole, 1, sharex=True, squeeze=False, height_ratios=[3, 2][-1 - whole :]).flat
    for axes in windows:
        _windows(axes, evidence)
    _steps(steps, evidence["curve"])
    for axes in figure.axes:
        _dress(axes, evidence)
    _title(figure.axes[0], alert)
    figure.axes[0].legend(loc="upper left", frameon=False, ncols=4, fontsize=9, labelcolor=INK)
    steps.set_xlabel("UTC", loc="left", color=MUTED)
    try:
        figure.savefig(path, dpi=150, format="png")
    except OSError as error:
        raise UserError(f"{path}: {error.strerror}") from error


def _title(axes: Axes, alert: Row) -> None:
    about = "All news" if alert["dimension"] == "all" else f"{alert['dimension'].capitalize()} {alert['key']}"
    found = f"{alert['observed']} negative stories, {alert['expected']:.2g} expected, p {alert['p_value']:.1e}"
    # A dollar sign would begin a formula.
    title = f"{about} ({alert['stream']}), {alert['severity']}: {found}".replace("$", r"\$")
    axes.set_title(title, loc="left", color=INK, fontsize=12, pad=12)


def _windows(axes: Axes, evidence: Row) -> None:
    """The count that the detector judges: of the window that ends at each step."""
    curve, parts = evidence["curve"], evidence["window_minutes"] // evidence["curve"]["step_minutes"]
    ends = _edges(curve)[parts:]
    seen, usual = (_window_sums(curve[name], parts) for name in ("negatives", "expected"))
    axes.plot(ends, seen, color=NEGATIVE, linewidth=2, zorder=4, label="negative")
    axes.plot(ends, usual, color=USUAL, linewidth=1.5, label="expected")
    axes.plot(ends, curve["threshold"][parts - 1 :], color=MUTED, dashes=(4, 3), linewidth=1.2, label="threshold")
    axes.scatter(ends[-1:], seen[-1:], color=NEGATIVE, s=28, zorder=5)
    axes.set_ylabel(f"in {_span(evidence['window_minutes'])}")


def _steps(axes: Axes, curve: Row) -> None:
    edges = _edges(curve)
    width = 0.86 * (edges[1] - edges[0])
    axes.bar(edges[:-1], curve["negatives"], width, align="edge", color=NEGATIVE, label="negative")
    axes.stairs(curve["expected"], edges, baseline=None, color=USUAL, linewidth=1.5, label="expected")
    axes.set_ylabel(f"in {_span(curve['step_minutes'])}")


def _dress(axes: Axes, evidence: Row) -> None:
    """The alert's window is shaded; nothing else competes with the lines."""
    axes.axvspan(_days(evidence["since"]), _days(evidence["until"]), color=SHADE, zorder=0, label="the window")
    axes.set_ylim(0, max(axes.get_ylim()[1], 1) * 1.18)  # room for the legend
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    axes.xaxis_date(UTC)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(axes.xaxis.get_major_locator(), tz=UTC))  # type: ignore[no-untyped-call]  # matplotlib has no types for it
    axes.margins(x=0.01)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(colors=MUTED, labelsize=9)
    axes.yaxis.label.set_color(MUTED)


def _edges(curve: Row) -> list[float]:
    """Of the steps, in days since 1970, as matplotlib counts time."""
    since, step = _days(curve["since"]), curve["step_minutes"] / 1440
    return [since + n * step for n in range(len(curve["among"]) + 1)]


def _window_sums(counts: list[float], parts: int) -> list[float]:
    sums = [0.0, *accumulate(counts)]
    return [end - start for start, end in zip(sums, sums[parts:], strict=False)]


def _span(minutes: int) -> str:
    return f"{minutes // 60} h" if minutes % 60 == 0 and minutes > 60 else f"{minutes} min"


def _days(iso: str) -> float:
    return datetime.fromisoformat(iso).timestamp() / 86400
