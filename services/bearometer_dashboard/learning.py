"""The learning panel: labels waiting, the latest run and its decision, and the champion."""

from nicegui import ui

from bearometer_dashboard.client import Json
from bearometer_dashboard.snapshot import Learning
from bearometer_dashboard.wording import moment, short


class LearningPanel:
    """Three facts, updated in place. `enough` is the number of fresh labels that starts a run by itself."""

    def __init__(self, enough: int) -> None:
        self._enough = enough
        with ui.element("section").classes("learning"):
            ui.label("Learning").classes("h2")
            with _group("Fresh labels"):
                self._labels, self._fresh = ui.label(), _bar()
            with _group("Latest run"):
                self._run, self._progress, self._decision = ui.label(), _bar(), ui.label().classes("quiet")
                self._checks = ui.label().classes("quiet")
            with _group("Champion"):
                self._champion, self._made = ui.label(), ui.label().classes("quiet")

    def show(self, learning: Learning) -> None:
        """Shows what the API says."""
        labels, run = learning.labels, learning.run
        self._labels.set_text(f"{labels['fresh']} of {self._enough}, {labels['total']} in all")
        self._fresh.set_value(min(1.0, labels["fresh"] / self._enough))
        self._run.set_text(run_line(run))
        self._progress.set_value(share(run))
        self._progress.set_visibility(bool(run and run["state"] == "running"))
        self._decision.set_text(decision_line(run))
        self._checks.set_text(checks_line(run))
        self._champion.set_text(learning.models["champion"] or "none yet")
        self._made.set_text(made_line(learning.models))


def run_line(run: Json | None) -> str:
    """`#7 done, 4 Mar 14:32 UTC`."""
    if run is None:
        return "none yet"
    at = moment(run["finished_at"] or run["started_at"] or run["created_at"])
    return f"#{run['id']} {run['state']}, {short(at, None)} UTC"


def decision_line(run: Json | None) -> str:
    """What the run decided, why it failed, or what it is doing; what starts one where there is none."""
    if run is None:
        return "bearometer retrain starts one"
    return str(run["decision"] or run["error"] or run["progress"].get("stage") or "")


def checks_line(run: Json | None) -> str:
    """`gate: 42 of 43 checks passed; failed: negative recall`; empty where none was made."""
    checks = ((run and run.get("figures")) or {}).get("checks", [])
    failed = [check["name"] for check in checks if not check["passed"]]
    if not checks:
        return ""
    passed = f"gate: {len(checks) - len(failed)} of {len(checks)} checks passed"
    return passed + (f"; failed: {', '.join(failed)}" if failed else "")


def share(run: Json | None) -> float:
    """How much of a run's training is done, from 0 to 1."""
    progress = run["progress"] if run else {}
    return float(progress["step"] / progress["steps"]) if progress.get("steps") else 0.0


def made_line(models: Json) -> str:
    """Where the champion comes from."""
    model = _champion(models)
    if model is None:
        return "bearometer models prepare makes the first"
    run = f"by run #{model['run_id']}, " if model["run_id"] else ""
    return f"made {run}{short(moment(model['created_at']), None)} UTC"


def topics(models: Json) -> list[str]:
    """The topics that the champion tells apart, as its manifest names them."""
    model = _champion(models)
    return sorted(model["manifest"]["topics"]) if model else []


def _champion(models: Json) -> Json | None:
    return next((model for model in models["models"] if model["version"] == models["champion"]), None)


def _group(name: str) -> ui.element:
    with ui.element("div").classes("group") as group:
        ui.label(name).classes("quiet")
    return group


def _bar() -> ui.linear_progress:
    return ui.linear_progress(0, show_value=False, size="4px").props("instant-feedback")
