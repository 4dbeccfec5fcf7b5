"""Articles with their scores: what is known, what is new, what to announce."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from operator import attrgetter
from uuid import UUID

from psycopg import Cursor
from sqlalchemy import Connection, text

from bearometer_shared.opinion import Opinion
from bearometer_shared.wire import Mention, News, Scored

Key = tuple[str, str]  # stream, id


@dataclass(frozen=True, slots=True)
class ArticleRow:
    """One row of `articles`, its fields in the table's order, and what is said `towards` a ticker where that differs.

    An item that joined no other one is its own story.
    """

    stored_on: date
    stream: str
    id: str
    published_at: datetime
    received_at: datetime
    stored_at: datetime
    future: bool
    late: bool
    source: str
    title: str
    body: str
    url: str
    lang: str
    tickers: list[str]
    batch: UUID
    model_version: str
    sentiment: str
    negative: int
    neutral: int
    positive: int
    signed: int
    topic: str
    topic_p: int
    story: str = ""
    towards: Mapping[str, Opinion] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.story:
            object.__setattr__(self, "story", self.id)

    @property
    def key(self) -> Key:
        return self.stream, self.id

    def about(self, dimension: str, key: str) -> "ArticleRow":
        """The row with the sentiment that counts for a key: towards a ticker, the one that the text has of it."""
        if dimension != "ticker" or (said := self.towards.get(key)) is None:
            return self
        negative, neutral, positive = said.negative, said.neutral, said.positive
        shares = replace(self, negative=negative, neutral=neutral, positive=positive)
        return replace(shares, sentiment=said.sentiment, signed=said.signed)


_values = attrgetter(*ArticleRow.__slots__[:-1])  # not `astuple`: that copies deeply, at 34 us a row
_said = attrgetter("sentiment", "negative", "neutral", "positive", "signed")


def known(connection: Connection, items: Collection[News]) -> dict[Key, str]:
    """Of these items, the keys that are stored, each with the hash of the text that came first."""
    rows = connection.execute(
        text(
            "SELECT k.stream, k.id, k.text_hash FROM article_keys k"
            " JOIN unnest(CAST(:streams AS text[]), CAST(:ids AS text[])) AS n(stream, id) USING (stream, id)"
        ),
        {"streams": [item.stream for item in items], "ids": [item.id for item in items]},
    )
    return {(row.stream, row.id): row.text_hash for row in rows}


def claim(connection: Connection, items: Sequence[News], stored_on: date) -> set[Key]:
    """Stores the keys of items and returns those that were new: only their rows may follow."""
    order = sorted(items, key=lambda item: (item.stream, item.id))  # one order for all, so that nobody deadlocks
    rows = connection.execute(
        text(
            "INSERT INTO article_keys SELECT stream, id, hash, :day"
            " FROM unnest(CAST(:streams AS text[]), CAST(:ids AS text[]), CAST(:hashes AS text[]))"
            " AS n(stream, id, hash) ON CONFLICT DO NOTHING RETURNING stream, id"
        ),
        {
            "day": stored_on,
            "streams": [item.stream for item in order],
            "ids": [item.id for item in order],
            "hashes": [item.text_hash() for item in order],
        },
    )
    return {(row.stream, row.id) for row in rows}


def insert(connection: Connection, rows: Sequence[ArticleRow]) -> None:
    """Copies articles and their mentions in. Their keys must have been claimed in this transaction."""
    mentions = (
        (row.stored_on, row.stream, row.id, ticker, row.published_at, *_said(row.about("ticker", ticker)))
        for row in rows
        for ticker in row.tickers
    )
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - a checked-out connection has its driver's
    with driver.cursor() as cursor:
        _copy(cursor, "articles", map(_values, rows))
        _copy(cursor, "mentions", mentions)


def _copy(cursor: "Cursor[object]", table: str, rows: Iterable[tuple[object, ...]]) -> None:
    with cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def scored(connection: Connection, keys: Collection[Key]) -> list[Scored]:
    """What news.scored says of stored articles, in the order of publishing."""
    rows = connection.execute(
        text(
            "SELECT a.*, (SELECT jsonb_object_agg(m.ticker, jsonb_build_array(m.negative, m.neutral, m.positive))"
            " FROM mentions m WHERE m.stored_on = a.stored_on AND m.stream = a.stream AND m.article_id = a.id) AS said"
            " FROM articles a"
            " JOIN unnest(CAST(:streams AS text[]), CAST(:ids AS text[])) AS n(stream, id) USING (stream, id)"
            " ORDER BY a.published_at, a.id"
        ),
        {"streams": [stream for stream, _ in keys], "ids": [id for _, id in keys]},
    )
    return [announcement(replace(ArticleRow(*_values(row)), towards=_opinions(row.said))) for row in rows]


def _opinions(said: Mapping[str, Sequence[int]] | None) -> dict[str, Opinion]:
    return {ticker: Opinion(*shares) for ticker, shares in (said or {}).items()}


def announcement(row: ArticleRow) -> Scored:
    """The message for news.scored; its id is fixed by stream, article and model."""
    return Scored(
        id=f"{row.stream}/{row.id}/{row.model_version}"[:200],
        stream=row.stream,
        article_id=row.id,
        published_at=row.published_at.astimezone(UTC),
        source=row.source,
        title=row.title,
        tickers=tuple(row.tickers),
        mentions=tuple(_mention(row.about("ticker", ticker), ticker) for ticker in row.tickers),
        model_version=row.model_version,
        sentiment=row.sentiment,
        negative=row.negative,
        neutral=row.neutral,
        positive=row.positive,
        signed=row.signed,
        topic=row.topic,
        topic_p=row.topic_p,
        story=row.story,
    )


def _mention(said: ArticleRow, ticker: str) -> Mention:
    return Mention(ticker=ticker, sentiment=said.sentiment, signed=said.signed)
