"""From items to rows: the model's answer for each, whom it names, its sketch, and a poison item found by bisection."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from bearometer_shared.entities import Linker
from bearometer_shared.inference.engine import Engine, Score
from bearometer_shared.storage.articles import ArticleRow
from bearometer_shared.stories.joining import Assignment
from bearometer_shared.stories.sketch import Sketch, sketch
from bearometer_shared.text import model_text
from bearometer_shared.wire import News

Poison = list[tuple[News, str]]
READ = 2000  # characters of a body in which companies are looked for


class Scored(NamedTuple):
    """An item with the model's answer; `tickers` are the publisher's and those that the text names.

    By `sketch` its copies are told.
    """

    item: News
    score: Score
    tickers: list[str]
    sketch: Sketch


def score_all(engine: Engine, linker: Linker, items: Sequence[News]) -> tuple[list[Scored], Poison]:
    """Scores, links and sketches items; when that fails for a batch, halves it until the items at fault stand alone."""
    if not items:
        return [], []
    try:
        scores = engine.score([model_text(item.title, item.body) for item in items])
        return [_scored(linker, item, score) for item, score in zip(items, scores, strict=True)], []
    except Exception as error:  # whatever a model runtime or odd text raises: one item must not block the others
        if len(items) == 1:
            return [], [(items[0], f"scoring failed: {type(error).__name__}: {error}")]
        half = len(items) // 2
        (left, bad), (right, worse) = (score_all(engine, linker, part) for part in (items[:half], items[half:]))
        return left + right, bad + worse


def _scored(linker: Linker, item: News, score: Score) -> Scored:
    named = linker.tickers(f"{item.title}\n{item.body[:READ]}", item.published_at)
    return Scored(item, score, list(dict.fromkeys([*item.tickers, *named])), sketch(item))


def rows(
    batch: Sequence[Scored], told: Iterable[Assignment], on_time: Mapping[str, datetime], *, version: str, now: datetime
) -> list[ArticleRow]:
    """The rows of a batch, each item in the story that is `told`. Late is what is before its stream's `on_time`."""
    id, story = uuid4(), {(answer.stream, answer.item): answer.story for answer in told}
    return [
        _row(
            one,
            story=story[one.item.stream, one.item.id],
            version=version,
            batch=id,
            now=now,
            late=one.item.published_at < on_time[one.item.stream],
        )
        for one in batch
    ]


def _row(scored: Scored, *, story: str, version: str, batch: UUID, now: datetime, late: bool) -> ArticleRow:
    item, score, tickers, _ = scored
    return ArticleRow(
        stored_on=now.date(),
        stream=item.stream,
        id=item.id,
        published_at=item.published_at,
        received_at=item.received_at,
        stored_at=now,
        future=item.future,
        late=late,
        source=item.source,
        title=item.title,
        body=item.body,
        url=item.url,
        lang=item.lang,
        tickers=tickers,
        batch=batch,
        model_version=version,
        sentiment=score.sentiment,
        negative=score.negative,
        neutral=score.neutral,
        positive=score.positive,
        signed=score.signed,
        topic=score.topic,
        topic_p=score.topic_p,
        story=story,
    )
