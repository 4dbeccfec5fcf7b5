"""What requests about labels share: the text that is meant, given itself or as an article, and who speaks of it."""

from typing import Any

from pydantic import Field, model_validator
from sqlalchemy import Connection

from bearometer_api.articles import said
from bearometer_api.problems import missing
from bearometer_api.shapes import Body
from bearometer_shared.storage import reading
from bearometer_shared.text import model_text
from bearometer_shared.wire import StreamName


class OfText(Body):
    """A text, or an article whose text is meant, and somebody who has read it."""

    text: str | None = Field(None, min_length=1, max_length=10_000, examples=["Hartwell Bank halts withdrawals"])
    stream: StreamName = "live"
    article_id: str | None = Field(None, min_length=1, max_length=200)
    annotator: str = Field(min_length=1, max_length=200, pattern=r"\S", examples=["ana"])
    note: str = Field("", max_length=2_000)

    @model_validator(mode="after")
    def _checked(self) -> "OfText":
        if (self.text is None) == (self.article_id is None):
            raise ValueError("give either `text` or `article_id`")
        return self


def meant(connection: Connection, given: OfText) -> dict[str, Any]:
    """`text`; of an article the one that the model read, and what it said then: it shows where the model was wrong."""
    if given.article_id is None:
        return {"text": given.text}
    row = reading.article(connection, given.stream, given.article_id)
    if row is None:
        raise missing(f"no article {given.article_id!r} in stream {given.stream!r}")
    text = model_text(row["title"], row["body"])
    return {"text": text, "model_version": row["model_version"], "model_said": said(row)}
