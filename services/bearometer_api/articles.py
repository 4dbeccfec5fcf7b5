"""GET /v1/articles: items with their scores, newest first, a page at a time."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi import Query as FromQuery
from pydantic import BaseModel, Field

from bearometer_api import cursors
from bearometer_api.parts import Given
from bearometer_api.problems import WrongFieldError
from bearometer_api.shapes import MILLION, AsTold, Cursor, Limit, Moment, NextCursor, Query, Share, Text, Utc
from bearometer_shared import fields
from bearometer_shared.storage import reading, restated
from bearometer_shared.storage.session import transaction
from bearometer_shared.wire import StreamName

router = APIRouter(prefix="/v1/articles", tags=["news"])
Sentiment = Literal["negative", "neutral", "positive"]


class Probabilities(BaseModel):
    """What the model gave each sentiment; they sum to 1 but for rounding."""

    negative: Share
    neutral: Share
    positive: Share


class Mention(BaseModel):
    """A company that an item names, and the sentiment towards it: the item's own, where it names no other one."""

    ticker: str = Field(examples=["HWB"])
    sentiment: Sentiment
    score: float = Field(ge=-1, le=1, description="P(positive) - P(negative) towards it", examples=[-0.9])


class Article(BaseModel):
    """A news item with the score that it was given when it came."""

    stream: StreamName = Field(examples=["live"])
    id: str = Field(description="unique within its stream", examples=["4f7c0a"])
    published_at: Utc
    source: str = Field(examples=["wire"])
    title: str = Field(examples=["Hartwell Bank halts withdrawals"])
    body: str
    url: str = Field(description="an http or https link, or empty", examples=["https://news.example/1"])
    tickers: list[str] = Field(examples=[["HWB"]])
    mentions: list[Mention] = Field(description="one for each ticker, in their order")
    story: str = Field(description="id of its story's first item, which it may be itself", examples=["4f7c0a"])
    sentiment: Sentiment
    score: float = Field(ge=-1, le=1, description="P(positive) - P(negative)", examples=[-0.9])
    probabilities: Probabilities
    topic: str = Field(examples=["Financials"])
    topic_probability: Share
    model_version: str = Field(description="the model that scored it")
    late: bool = Field(description="came after its stream's lateness: in the trends, never alerted on")
    future: bool = Field(description="claimed a time in the future, which was clamped to its arrival")


class ArticlePage(BaseModel):
    """One page, newest first."""

    items: list[Article]
    next_cursor: NextCursor = None


class ArticleQuery(Query):
    """Filters narrow the stream; `to` is not included."""

    stream: StreamName = "live"
    topic: Text | None = None
    ticker: Annotated[Text | None, Field(description="as in AAPL or $AAPL")] = None
    source: Text | None = None
    sentiment: Annotated[Sentiment | None, Field(description="towards the ticker, where one is given")] = None
    from_: Annotated[Moment | None, Field(alias="from")] = None
    to: Moment | None = None
    as_: AsTold = None
    limit: Limit = 50
    cursor: Cursor | None = None


class _Position(BaseModel):
    published_at: Moment
    stream: StreamName
    id: Text


@router.get("")
def list_articles(query: Annotated[ArticleQuery, FromQuery()], given: Given) -> ArticlePage:
    """Items of a stream, newest first. A page is read from where the one before ended: none is lost or repeated."""
    after = _after(query)
    with transaction(given.engine) as connection:
        if query.as_:
            rows = restated.articles(connection, query.as_, _filters(query), query.limit + 1, after)
        else:
            rows = reading.articles(connection, _filters(query), query.limit + 1, after)
    items = [_article(row) for row in rows[: query.limit]]
    more = len(rows) > query.limit
    return ArticlePage(items=items, next_cursor=_cursor(items[-1]) if more else None)


def _filters(query: ArticleQuery) -> reading.Filters:
    ticker = query.ticker and _symbol(query.ticker)
    return reading.Filters(query.stream, query.topic, ticker, query.source, query.sentiment, query.from_, query.to)


def _symbol(written: str) -> str:
    """As it was stored; what is no symbol at all is looked for as it is, and not found."""
    return next(iter(fields.tickers({"ticker": written})), written)


def _after(query: ArticleQuery) -> reading.Place | None:
    if query.cursor is None:
        return None
    position = cursors.unpack(_Position, query.cursor)
    if position.stream != query.stream:
        raise WrongFieldError("query.cursor", f"of stream {position.stream}, not {query.stream}")
    return reading.Place(position.published_at, position.id)


def _cursor(last: Article) -> str:
    return cursors.pack(_Position(published_at=last.published_at, stream=last.stream, id=last.id))


def said(row: dict[str, Any]) -> dict[str, Any]:
    """What the model said of an article, its millionths as shares."""
    return {
        "sentiment": row["sentiment"],
        "probabilities": {name: row[name] / MILLION for name in ("negative", "neutral", "positive")},
        "topic": row["topic"],
        "topic_probability": row["topic_p"] / MILLION,
    }


def _article(row: dict[str, Any]) -> Article:
    own, found = (row["sentiment"], row["signed"]), row.get("mentions") or {}  # a restated item has none
    told = ((ticker, *found.get(ticker, own)) for ticker in row["tickers"])
    mentions = [{"ticker": ticker, "sentiment": is_, "score": signed / MILLION} for ticker, is_, signed in told]
    return Article.model_validate(row | said(row) | {"score": row["signed"] / MILLION, "mentions": mentions})
