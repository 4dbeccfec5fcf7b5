"""From items to rows: the model's answer for each, whom it names, its sketch, and a poison item found by bisection."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID, uuid4

from bearometer_shared.entities import Linker
from bearometer_shared.inference.engine import Engine
from bearometer_shared.inference.news import Judged, judge
from bearometer_shared.storage.articles import ArticleRow
from bearometer_shared.stories.joining import Assignment
from bearometer_shared.stories.sketch import Sketch, sketch
from bearometer_shared.wire import News

Poison = list[tuple[News, str]]


class Scored(NamedTuple):
    """An item with the model's answer; by its `sketch` its copies are told."""

    judged: Judged
    sketch: Sketch

    @property
    def item(self) -> News:
        """The item itself."""
        return self.judged.item


def score_all(engine: Engine, linker: Linker, items: Sequence[News]) -> tuple[list[Scored], Poison]:
    """Scores, links and sketches items; when that fails for a batch, halves it until the items at fault stand alone."""
    if not items:
        return [], []
    try:
        return [Scored(judged, sketch(judged.item)) for judged in judge(engine, linker, items)], []
    except Exception as error:  # whatever a model runtime or odd text raises: one item must not block the others
        if len(items) == 1:
            return [], [(items[0], f"scoring failed: {type(error).__name__}: {error}")]
        half = len(items) // 2
        (left, bad), (right, worse) = (score_all(engine, linker, part) for part in (items[:half], items[half:]))
        return left + right, bad + worse


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
    item, score, tickers, towards = scored.judged
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
        towards=towards,
    )
