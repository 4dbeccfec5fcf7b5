"""From items to rows: the model's answer for each, and a poison item found by bisection."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from bearometer_shared.entities import Linker
from bearometer_shared.inference.engine import Engine, Score
from bearometer_shared.storage.articles import ArticleRow
from bearometer_shared.text import model_text
from bearometer_shared.wire import News

Scores = list[tuple[News, Score]]
Poison = list[tuple[News, str]]


def score_all(engine: Engine, items: Sequence[News]) -> tuple[Scores, Poison]:
    """Scores items; when the model fails on a batch, halves it until the items that it fails on stand alone."""
    if not items:
        return [], []
    try:
        scores = engine.score([model_text(item.title, item.body) for item in items])
        return list(zip(items, scores, strict=True)), []
    except Exception as error:  # whatever a model runtime raises: one item must not block the others
        if len(items) == 1:
            return [], [(items[0], f"the model failed: {type(error).__name__}: {error}")]
        half = len(items) // 2
        (left, bad), (right, worse) = score_all(engine, items[:half]), score_all(engine, items[half:])
        return left + right, bad + worse


def row(
    item: News, score: Score, linker: Linker, *, version: str, batch: UUID, now: datetime, late: bool
) -> ArticleRow:
    """The row of a scored item. Tickers are the publisher's and those that the text names."""
    named = linker.tickers(f"{item.title}\n{item.body[:2000]}", item.published_at)
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
        tickers=list(dict.fromkeys([*item.tickers, *named])),
        batch=batch,
        model_version=version,
        sentiment=score.sentiment,
        negative=score.negative,
        neutral=score.neutral,
        positive=score.positive,
        signed=score.signed,
        topic=score.topic,
        topic_p=score.topic_p,
    )
