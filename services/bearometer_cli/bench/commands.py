"""The command `bearometer bench NAME`."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

NEWS = Path("../shared/data/reuters1987/feb-jun.jsonl.gz")
LABELS = Path("../shared/data")
HEADLINES_A_LEAD = 5
SERVING_LABELS = 500
KEYS = 10_000  # that a tick of the alerts judges
Say = Callable[[str], None]
Run = Callable[[Path, int, Say], dict[str, Any]]
Lines = Callable[[dict[str, Any]], Iterator[str]]


def bench(
    name: Annotated[
        str,
        typer.Argument(
            help="alerts, entities, learning, pipeline, pseudo, score, sizes, stories, swap, training or trends"
        ),
    ],
    artifacts: Annotated[
        list[Path] | None, typer.Argument(metavar="[ARTIFACT]...", help="for sizes: folders of trained models")
    ] = None,
    items: Annotated[
        int | None,
        typer.Option(
            min=50,
            help="headlines (pipeline, swap 5000; score, sizes 1000), or rows of a set"
            " (alerts, entities 100000; stories 5000; training 2000; trends 10000000 made ones; learning 1500, of which"
            " its time is a multiple)",
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            help="news as JSON Lines, plain or gzipped;"
            " for alerts, entities, learning, stories and training the folder of data"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print one object")] = False,
) -> None:
    """Measures ours, the plain way and the machine's ceiling in one run; `pipeline` on servers of its own.

    `training` says what each measure, recipe, teacher and labelled set is worth: 27 short runs, hours on one core; its
    figures are kept in HOME/bench-training, where a run that was cut off goes on.
    `sizes` sets trained models beside each other: parameters, megabytes, speed, the quality sealed in their manifests.
    `learning` feeds labels of a drift in rounds to a model that never saw it, and times a run on a stack of its own;
    on one core over half an hour. Its models are kept in HOME/bench-learning, where a run that was cut off goes on.
    `pseudo` adds what two versions agree on in texts that nobody has read to the rounds of `learning`.
    `alerts` puts spikes into real news; most of its minutes go into scoring that news, so fewer --items are faster.
    `swap` has two scorers swap models under a steady stream, 21 times: who waits how long, what memory stays taken.
    `trends` fills a Postgres of its own with what so many items leave, about 8 GB at ten million, and asks it.

    Example: bearometer bench score --json
    """
    from bearometer_shared.errors import UserError

    benches: dict[str, tuple[Run, Path, int]] = {
        "alerts": (_alerts, LABELS, 100_000),
        "entities": (_entities, LABELS, 100_000),
        "learning": (_learning, LABELS, 1500),
        "pipeline": (_pipeline, NEWS, 5000),
        "pseudo": (_pseudo, LABELS, 600),
        "score": (_score, NEWS, 1000),
        "sizes": (partial(_sizes, artifacts or []), NEWS, 1000),
        "stories": (_stories, LABELS, 5000),
        "swap": (_swap, NEWS, 5000),
        "training": (_training, LABELS, 2000),
        "trends": (_trends, LABELS, 10_000_000),
    }
    if name not in benches:
        raise UserError(f"no benchmark {name!r}; there are: {', '.join(benches)}")
    if artifacts and name != "sizes":
        raise UserError(f"bench {name} takes no {artifacts[0]}; only `bench sizes` is given models")
    run, usual_file, usual_items = benches[name]
    figures = run(file or usual_file, items or usual_items, lambda line: typer.echo(line, err=True))
    tables: dict[str, Lines] = {"alerts": _alerts_table, "sizes": _sizes_table}
    typer.echo(json.dumps(figures) if as_json else "\n".join(tables.get(name, _lines)(figures)))


def _sizes_table(figures: dict[str, Any]) -> Iterator[str]:
    from bearometer_cli.bench.sizes import table

    return table(figures)


def _alerts_table(figures: dict[str, Any]) -> Iterator[str]:
    from bearometer_cli.bench.alerts_table import table

    return table(figures)


def _lines(figures: Mapping[str, Any], indent: str = "") -> Iterator[str]:
    """A line for each figure, under a heading where there are several of one kind."""
    for key, value in figures.items():
        if isinstance(value, dict):
            yield f"{indent}{key}"
            yield from _lines(value, indent + "  ")
        else:
            yield f"{indent}{key:28} {value}"


def _alerts(folder: Path, items: int, say: Say) -> dict[str, Any]:
    from bearometer_cli.bench import alerts_backtest
    from bearometer_cli.bench.alerts import alerts
    from bearometer_cli.bench.ticks import tick
    from bearometer_shared.inference.engine import Engine
    from bearometer_shared.settings import settings
    from bearometer_training import champion

    backtest = alerts_backtest.load()
    engine = Engine.load(champion.ensure(settings(), say), _threads())
    found = alerts(folder, items, backtest, engine, say)
    say(f"a tick of {KEYS:,} keys")
    ticked = {"keys_per_tick": KEYS, "tick_seconds": round(tick(KEYS), 3)}
    return found | {"nab_score": found["nab"]["score"]} | ticked


def _entities(folder: Path, rows: int, say: Say) -> dict[str, Any]:
    from bearometer_cli.bench.entities import entities

    return entities(folder, rows, say)


def _learning(folder: Path, rows: int, say: Say) -> dict[str, Any]:
    from bearometer_cli.bench.learning import learning  # loads torch
    from bearometer_cli.bench.learning_serving import seconds_to_serving
    from bearometer_cli.bench.rig import rig
    from bearometer_shared.settings import settings

    found = learning(folder, rows, settings().home.absolute() / "bench-learning", say)
    say("a run on a real stack: starting servers and preparing the model")
    with rig(retrain_labels=SERVING_LABELS) as made:
        return found | seconds_to_serving(made, folder, SERVING_LABELS, say)


def _pseudo(folder: Path, rows: int, say: Say) -> dict[str, Any]:
    from bearometer_cli.bench.learning_pseudo import pseudo  # loads torch
    from bearometer_shared.settings import settings

    return pseudo(folder, rows, settings().home.absolute() / "bench-learning", say)


def _stories(folder: Path, rows: int, say: Say) -> dict[str, Any]:
    from bearometer_cli.bench.stories import stories

    return stories(folder, rows, say)


def _training(folder: Path, rows: int, say: Say) -> dict[str, Any]:
    from bearometer_cli.bench.training import training  # loads torch
    from bearometer_shared.settings import settings
    from bearometer_training import champion

    teacher = champion.ensure(settings(), say)
    return training(folder, rows, teacher, settings().home.absolute() / "bench-training", say)


def _trends(_: Path, items: int, say: Say) -> dict[str, Any]:
    from bearometer_cli.bench.trends import trends

    return trends(items, say)


def _pipeline(file: Path, items: int, say: Say) -> dict[str, Any]:
    from bearometer_cli.bench import headlines
    from bearometer_cli.bench.pipeline import pipeline
    from bearometer_cli.bench.rig import rig

    news = headlines.read(file, items)
    say("starting servers and preparing the model")
    with rig() as made:
        return pipeline(made, news, say)


def _swap(file: Path, items: int, say: Say) -> dict[str, Any]:
    from bearometer_cli.bench import headlines
    from bearometer_cli.bench.rig import rig
    from bearometer_cli.bench.swap import swap

    news = headlines.read(file, items)
    say("starting servers and preparing the model")
    with rig() as made:
        return swap(made, news, say)


def _sizes(artifacts: Sequence[Path], file: Path, items: int, say: Say) -> dict[str, Any]:
    from bearometer_cli.bench import headlines
    from bearometer_shared.errors import UserError

    if not artifacts:
        raise UserError("bench sizes: name folders of trained models")
    titles = [item.title for item in headlines.read(file, items)]
    from bearometer_cli.bench.sizes import sizes  # loads torch, which a wrong --file need not wait for

    return sizes(artifacts, titles, _threads(), say)


def _score(file: Path, items: int, say: Say) -> dict[str, Any]:
    from bearometer_cli.bench import headlines
    from bearometer_shared.settings import settings

    titles = [item.title for item in headlines.read(file, items)]
    leads = headlines.leads(file, items // HEADLINES_A_LEAD)
    from bearometer_cli.bench.score import score  # loads torch, which a wrong --file need not wait for
    from bearometer_training import champion

    return score(champion.ensure(settings(), say), titles, leads, _threads(), say)


def _threads() -> int:
    from bearometer_shared.settings import settings

    return settings().threads or len(os.sched_getaffinity(0))
