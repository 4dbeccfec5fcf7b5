"""What a search over settings found: the best of them as TOML, facts, a table, and a picture of its history."""

import json
from dataclasses import asdict
from itertools import accumulate
from pathlib import Path
from typing import Any

from optuna import Study

from bearometer_shared.errors import UserError
from bearometer_training import settings
from bearometer_training.tune import Task, ended, proposed, ranking

SHOWN = 5  # of the best trials


def keep(study: Study, task: Task, path: Path) -> None:
    """Writes the best settings so far: a search that is cut off leaves them."""
    for best in ranking(study)[:1]:
        why = f"# trial {best.number}: {best.value:.4f}, the mean macro-F1 of {', '.join(task.heads)}\n"
        path.write_text(why + toml(proposed(best, task.start)))


def toml(found: settings.Settings) -> str:
    """Settings as `settings.from_file` reads them; numbers and plain strings are written alike in TOML and JSON."""
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in asdict(found).items())


def facts(study: Study, task: Task) -> dict[str, Any]:
    """What the search found. Raises UserError where no trial reached its end."""
    counted, ranked = ended(study), ranking(study)
    if not ranked:
        raise UserError(f"none of {len(counted)} trials reached its end; start from a lower rate or a smaller batch")
    best = [{"trial": trial.number, "score": trial.value, "settings": trial.params} for trial in ranked]
    return {
        "trials": len(counted),
        "pruned": len(counted) - len(ranked),
        "heads": list(task.heads),
        "rows": {"taught": len(task.taught), "measured": len(task.measuring)},
        "start": next((trial.value for trial in ranked if trial == counted[0]), None),
        "best": best[0] | {"settings": asdict(proposed(ranked[0], task.start))},
        "ranking": best,
    }


def told(facts: dict[str, Any]) -> str:
    """A table of the best trials, and where their settings are."""
    names = list(facts["ranking"][0]["settings"])
    rows = [["trial", "score", *names]]
    for row in facts["ranking"][:SHOWN]:
        rows.append([str(row["trial"]), f"{row['score']:.4f}", *(f"{row['settings'][name]:.3g}" for name in names)])
    rule = f"mean macro-F1 of {', '.join(facts['heads'])} on {facts['rows']['measured']} rows held out for the search"
    lines = [
        f"{facts['trials']} trials, {facts['pruned']} of them pruned; score: {rule}",
        *("".join(f"{cell:>10}" for cell in row) for row in rows),
        f"the settings it started from: {'pruned' if facts['start'] is None else format(facts['start'], '.4f')}",
        f"best settings in {facts['config']}, history in {facts['history']}",
        f"next: bearometer train --config {facts['config']}, with the same --train, --eval and --base",
    ]
    return "\n".join(lines)


def draw(study: Study, path: Path) -> None:
    """The history as a picture: the score of each trial, the best so far, and the last score of those pruned."""
    from matplotlib.figure import Figure

    whole = sorted(ranking(study), key=lambda trial: trial.number)
    pruned = [trial for trial in ended(study) if trial not in whole and trial.value is not None]
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    best = list(accumulate((trial.value or 0.0 for trial in whole), max))
    axes.step([trial.number for trial in whole], best, where="post", color="grey", linewidth=1, label="best so far")
    for trials, name, marker in ((whole, "trial", "o"), (pruned, "pruned", "x")):
        places = [trial.number for trial in trials], [trial.value or 0.0 for trial in trials]
        axes.scatter(*places, marker=marker, label=name)
    axes.set(xlabel="trial", ylabel="mean macro-F1 on held-out rows")
    axes.legend()
    figure.savefig(path, dpi=120)
