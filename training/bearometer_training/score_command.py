"""`bearometer score`: what the model says of a text, of an entity in it, and by which words."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from bearometer_shared.inference.engine import Engine, Opinion, Score
from bearometer_shared.inference.explain import explain as words_of
from bearometer_shared.text import clean, model_text
from bearometer_training.explaining import as_json as words_as_json
from bearometer_training.explaining import render
from bearometer_training.loading import Model, loaded
from bearometer_training.reporting import AsJson


def score(
    texts: Annotated[list[str], typer.Argument(metavar="TEXT...")],
    model: Model = None,
    entities: Annotated[
        list[str] | None, typer.Option("--entity", metavar="NAME", help="also the sentiment towards it; repeatable")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="colour the words that carried the score")] = False,
    as_json: AsJson = False,
) -> None:
    """Scores texts: sentiment, signed score in [-1, 1], and topic.

    Example: bearometer score "Hartwell Bank halts withdrawals, Union Trust gains" --entity "Union Trust" --explain
    """
    engine, console = loaded(model), Console(highlight=False, soft_wrap=True)
    read = [model_text(clean(text)) for text in texts]
    for text, found in zip(read, engine.score(read), strict=True):
        towards = dict(zip(entities or [], engine.towards([(text, name) for name in entities or []]), strict=True))
        if as_json:
            facts = _facts(engine, text, found) | {"entities": {name: _said(o) for name, o in towards.items()}}
            words = {"words": words_as_json(words_of(engine, text))} if explain else {}
            typer.echo(json.dumps(facts | words, ensure_ascii=False))
            continue
        shown = render(words_of(engine, text)) if explain else Text(text)
        console.print(Text(f"{_line(found)}  {found.topic} ({found.topic_p / 1e6:.2f})  ").append_text(shown))
        for name, opinion in towards.items():
            console.print(Text(f"{_line(opinion)}  towards {name}"))


def _line(opinion: Opinion) -> str:
    return f"{opinion.sentiment:8} {opinion.signed / 1e6:+.2f}"


def _facts(engine: Engine, text: str, found: Score) -> dict[str, Any]:
    topic = {"topic": found.topic, "topic_probability": found.topic_p / 1e6}
    return {"text": text, **_said(found), **topic, "model_version": engine.version}


def _said(opinion: Opinion) -> dict[str, Any]:
    shares = {name: getattr(opinion, name) / 1e6 for name in ("negative", "neutral", "positive")}
    return {"sentiment": opinion.sentiment, "score": opinion.signed / 1e6, "probabilities": shares}
