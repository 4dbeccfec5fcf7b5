"""The mood panel: which topics its chart shows, and in which colours."""

from nicegui import ui

from bearometer_dashboard.alerts import ranked
from bearometer_dashboard.chart import chart
from bearometer_dashboard.client import Json
from bearometer_dashboard.palette import Palette
from bearometer_dashboard.snapshot import View


class MoodPanel:
    """The chart of one page. Topics keep their colours while they stay on show."""

    def __init__(self) -> None:
        self._slots: list[str] = []
        with ui.element("section").classes("mood"):
            with ui.element("div").classes("panel-head"):
                ui.label("Mood by topic").classes("h2")
                said = "from \N{MINUS SIGN}1 to +1, topics as moving means; below, how many items were negative"
                ui.label(said).classes("quiet")
            self._nothing = ui.label("Nothing to draw yet.").classes("quiet")
            self._chart = ui.echart({}).classes("chart")

    def show(self, view: View | None, palette: Palette) -> None:
        """Draws the trends and alerts of a stream."""
        self._nothing.set_visibility(view is None)
        self._chart.set_visibility(view is not None)
        if view is None:
            return
        self._slots = slots(self._slots, busiest(view.topics, view.alerts, len(palette.topics)), len(palette.topics))
        options = chart(view, self._slots, palette)
        if options != self._chart.options:
            self._chart.props["options"] = options
            self._chart.update()


def busiest(series: list[Json], alerts: list[Json], count: int) -> list[str]:
    """The topics to draw: those of open alerts, then those with most items."""
    alerted = {alert["key"] for alert in ranked(alerts) if alert["dimension"] == "topic"}
    volume = {s["key"]: sum(point["items"] for point in s["points"]) for s in series}
    order = sorted(volume, key=lambda key: (key not in alerted, -volume[key], key))
    return [key for key in order if volume[key]][:count]


def slots(before: list[str], wanted: list[str], count: int) -> list[str]:
    """Places for the topics: who stays keeps the place, and so the colour; newcomers take the free ones."""
    new = iter([key for key in wanted if key not in before])
    kept = [key if key in wanted else next(new, "") for key in before]
    return [*kept, *new, *[""] * count][:count]
