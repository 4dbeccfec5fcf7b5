"""A retraining run in words: how it is, how far, and what was decided. Times in UTC."""

from datetime import timedelta

from bearometer_dashboard.client import Json
from bearometer_dashboard.gate import checks
from bearometer_dashboard.wording import lasting, moment, short

UNTOLD = {"queued": "waits for a worker", "running": "is getting ready"}  # before a run tells of itself


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
    return str(run["decision"] or run["error"] or progress_line(run["progress"]) or UNTOLD.get(run["state"], ""))


def progress_line(progress: Json) -> str:
    """`training, step 120 of 400, loss 0.42, 3 min left`, as far as it is known."""
    remaining = progress.get("remaining")
    said = (
        progress.get("stage", ""),
        f"step {progress['step']} of {progress['steps']}" if progress.get("steps") else "",
        f"loss {progress['loss']:.2f}" if "loss" in progress else "",
        "" if remaining is None else f"{_soon(remaining)} left",
    )
    return ", ".join(filter(None, said))


def _soon(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 60 else lasting(timedelta(seconds=seconds))


def checks_line(run: Json | None) -> str:
    """`gate: 42 of 43 checks passed; failed: negative recall`; empty where none was made."""
    made = checks(run)
    failed = [check["name"] for check in made if not check["passed"]]
    if not made:
        return ""
    passed = f"gate: {len(made) - len(failed)} of {len(made)} checks passed"
    return passed + (f"; failed: {', '.join(failed)}" if failed else "")


def share(run: Json | None) -> float:
    """How much of a run's training is done, from 0 to 1."""
    progress = run["progress"] if run else {}
    return float(progress["step"] / progress["steps"]) if progress.get("steps") else 0.0
