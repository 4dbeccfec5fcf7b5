"""The shape of an alert's evidence, for the description of the API. What was stored is answered as it was stored."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from bearometer_api.shapes import Share

Time = Annotated[str, Field(json_schema_extra={"format": "date-time"}, examples=["2026-03-05T13:40:00Z"])]


class Word(BaseModel):
    """A word of a headline, in order, and what it adds to the score."""

    word: str = Field(examples=["halts"])
    contribution: float = Field(description="in units of the score, from -1 to 1", examples=[-0.55])


class Copies(BaseModel):
    """Who repeated a story, and how often."""

    source: str = Field(examples=["Ledgerline"])
    items: int = Field(examples=[2])


class StoryEvidence(BaseModel):
    """A story by its first negative item in the window; its copies add nothing to its weight."""

    id: str = Field(description="of that item")
    story: str = Field(description="id of the story's first item ever")
    title: str
    source: str
    url: str
    published_at: Time
    score: float = Field(ge=-1, le=1, examples=[-0.91])
    negative: Share = Field(description="P(negative)")
    contribution: Share = Field(description="its P(negative) as a share of that of all stories in the window")
    copies: int = Field(description="later items of the story in the window: shown, not counted")
    copied_by: list[Copies] = Field(description="the sources with most copies")
    sources: int = Field(description="distinct sources of the story in the window")
    model_version: str
    words: list[Word] = Field([], description="what carried the score; of the first few stories")


class Covered(BaseModel):
    """What of the window the stream has items for."""

    since: Time | None
    until: Time | None
    minutes: int = Field(description="minutes with items", examples=[55])


class Curve(BaseModel):
    """Counts by step, oldest first, up to the window's end; by the rate at which the alert was judged."""

    since: Time
    step_minutes: int = Field(examples=[5])
    among: list[int] = Field(description="stories of the whole stream")
    negatives: list[int] = Field(description="negative stories of the key")
    expected: list[float] = Field(description="negative ones that so many stories let expect")
    threshold: list[int | None] = Field(description="how many surprise in the window that ends there; not of a drift")


class Evidence(BaseModel):
    """Why an alert was raised, as it was then. Cards of earlier versions lack fields."""

    since: Time | None = Field(None, description="of the window")
    until: Time | None = Field(None, description="of the window; not included")
    window_minutes: int = 60
    covered: Covered | None = None
    among: int = Field(0, description="stories of the whole stream, among which the negative ones were judged")
    observed: int = Field(0, description="negative stories")
    expected: float = Field(0, description="negative stories that the baseline expects")
    p_value: float = Field(0, description="chance of as many or more by the baseline")
    corrected: float | None = Field(None, description="that chance, with all keys in mind that were looked at")
    dispersion: float = Field(0, description="over-dispersion a of the count: variance = mean + a mean^2")
    negatives: int = Field(0, description="negative items of the key in the window")
    stories: int = Field(0, description="stories among them that are first told badly in the window")
    sources: int = Field(0, description="distinct sources of these")
    model_versions: list[str] = Field([], description="that scored them")
    top: list[StoryEvidence] = Field([], description="the stories that weigh most")
    curve: Curve | None = None
    words: Literal["waiting", "ready", "missing"] = "missing"
    words_missing: str = Field("", description="why there are none")


class _Described:
    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(Evidence.__pydantic_core_schema__)


# A card as it is stored, unchanged, and in the description as `Evidence`.
StoredEvidence = Annotated[dict[str, Any], _Described()]
