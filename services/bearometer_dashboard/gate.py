"""A run's gate check by check, and the scorers with what they serve, as rows of a short list."""

from datetime import datetime

from nicegui import ui

from bearometer_dashboard.client import Json
from bearometer_dashboard.header import alive
from bearometer_dashboard.wording import moment, short

GOOD, WRONG = "good", "wrong"


class RowList(ui.element, component="rows.js"):
    """Draws `state`, `name`, `figure` and `detail` of each row; the detail is read out where the state is wrong."""

    def show(self, rows: list[Json]) -> None:
        if rows != self._props.get("rows"):
            self._props["rows"] = rows
            self.update()


def checks(run: Json | None) -> list[Json]:
    """What the gate checked of a run; empty before it did."""
    return ((run and run.get("figures")) or {}).get("checks") or []


def gate(run: Json | None) -> list[Json]:
    """The failed checks, then those that passed; of the slices that passed only how many."""
    found = sorted(checks(run), key=lambda check: bool(check["passed"]))
    slices = [check for check in found if check["passed"] and check["name"].startswith("slice ")]
    rows = [_check(check) for check in found if check not in slices]
    many = {"state": GOOD, "name": f"{len(slices)} slices", "figure": "none clearly worse", "detail": ""}
    return rows + [many] * bool(slices)


def _check(check: Json) -> Json:
    figure = f"{check['figure']:.3g}, limit {check['limit']:.3g}".replace("-", "\N{MINUS SIGN}")
    state = GOOD if check["passed"] else WRONG
    return {"state": state, "name": check["name"], "figure": figure, "detail": check["detail"]}


def servers(models: Json, now: datetime) -> list[Json]:
    """Who serves what, and since when; wrong is another version than the champion, and one that could not be loaded."""
    return [_server(one, models["champion"]) for one in alive(models, now)]


def _server(server: Json, champion: str | None) -> Json:
    since = f"since {short(moment(server['since']), None)} UTC"
    state = GOOD if server["version"] == champion and not server["error"] else WRONG
    detail = server["error"] or since
    return {"state": state, "name": server["instance"], "figure": server["version"], "detail": detail}
