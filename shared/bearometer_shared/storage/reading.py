"""What people read: pages of articles, and what tells that something changed."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, func, or_, select, text, true
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import aliased

from bearometer_shared.storage.news_tables import Article, ArticleKey, Mention, Stream
from bearometer_shared.storage.session import WAKE_CHANNEL, is_outage

_OF = aliased(Mention)
_NAMED = select(func.jsonb_object_agg(_OF.ticker, func.jsonb_build_array(_OF.sentiment, _OF.signed))).where(
    _OF.stored_on == Article.stored_on, _OF.stream == Article.stream, _OF.article_id == Article.id
)
COLUMNS = (*Article.__table__.c, _NAMED.correlate(Article).scalar_subquery().label("mentions"))


class Place(NamedTuple):
    """Where an article stands in its stream's order: newest first, equal times by id."""

    published_at: datetime
    id: str


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles of a stream to list; None means any. Times are UTC, `until` is not included.

    `sentiment` is that towards the ticker, where one is given.
    """

    stream: str
    topic: str | None = None
    ticker: str | None = None
    source: str | None = None
    sentiment: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def articles(connection: Connection, wanted: Filters, limit: int, after: Place | None = None) -> list[dict[str, Any]]:
    """Rows of `articles`, newest first, that follow `after`. Their `mentions` are `{ticker: [sentiment, signed]}`."""
    query = _through_mentions(wanted) if wanted.ticker else select(*COLUMNS).where(*_equal(wanted))
    # Through a ticker, the order comes from the mentions' index; else from the articles' own.
    order = Mention if wanted.ticker else Article
    at, id = order.published_at, (Mention.article_id if wanted.ticker else Article.id)
    query = query.where(order.stream == wanted.stream, *_within(at, wanted.since, wanted.until))
    if after:
        # The bound on time alone lets the index begin there.
        query = query.where(at <= after.published_at, or_(at < after.published_at, id > after.id))
    return [dict(row) for row in connection.execute(query.order_by(at.desc(), id).limit(limit)).mappings()]


def article(connection: Connection, stream: str, id: str) -> dict[str, Any] | None:
    """One row of `articles`, as above. The key table says in which partition it lies."""
    stored_on = select(ArticleKey.stored_on).where(ArticleKey.stream == stream, ArticleKey.id == id).scalar_subquery()
    query = select(*COLUMNS).where(Article.stored_on == stored_on, Article.stream == stream, Article.id == id)
    row = connection.execute(query).mappings().first()
    return dict(row) if row else None


def newest_event(connection: Connection, stream: str) -> datetime | None:
    """The newest event time of a stream; None for one that holds nothing."""
    return connection.execute(select(Stream.newest_event).where(Stream.name == stream)).scalar()


def marks(connection: Connection) -> tuple[Any, ...]:
    """A few facts of which at least one moves whenever rows that people look at change: what polling compares."""
    query = text(
        "SELECT (SELECT sum(next) FROM offsets), (SELECT sum(extract(epoch FROM evaluated_to)) FROM streams),"
        " (SELECT max(id) FROM alert_steps), (SELECT max(id) FROM labels), (SELECT max(id) FROM promotions),"
        " (SELECT concat(id, state, progress) FROM runs ORDER BY id DESC LIMIT 1),"
        " (SELECT string_agg(concat(instance, version, error), ' ' ORDER BY instance) FROM servers)"
    )
    return tuple(connection.execute(query).one())


def _through_mentions(wanted: Filters) -> Select[Any]:
    """Looks each article up by its key. OFFSET keeps the planner from joining all articles instead."""
    key = (Article.stored_on == Mention.stored_on, Article.stream == Mention.stream, Article.id == Mention.article_id)
    found = (
        select(*COLUMNS).where(*key, *_equal(replace(wanted, sentiment=None))).offset(0).correlate(Mention).lateral()
    )
    query = select(*found.c).select_from(Mention).join(found, true()).where(Mention.ticker == wanted.ticker)
    return query.where(Mention.sentiment == wanted.sentiment) if wanted.sentiment else query


def _equal(wanted: Filters) -> list[ColumnElement[bool]]:
    pairs = ((Article.topic, wanted.topic), (Article.source, wanted.source), (Article.sentiment, wanted.sentiment))
    return [column == value for column, value in pairs if value is not None]


def _within(at: Any, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:
    return ([at >= since] if since else []) + ([at < until] if until else [])


def listen(connection: Connection) -> bool:
    """Makes an autocommit connection hear `session.wake`. False where that is refused, as on a read replica."""
    try:
        connection.execute(text(f"LISTEN {WAKE_CHANNEL}"))
    except DBAPIError as error:
        if is_outage(error):
            raise
        return False
    return True


def heard(connection: Connection, seconds: float) -> bool:
    """Whether a listening connection was woken within `seconds`. Raises psycopg.Error when it broke."""
    driver: Any = connection.connection.dbapi_connection
    return bool(list(driver.notifies(timeout=seconds, stop_after=1)))
