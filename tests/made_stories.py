"""Items for tests of stories."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from bearometer_shared.stories.joining import Assignment
from bearometer_shared.stories.sketch import Sketch, sketch
from bearometer_shared.wire import News

NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)
HALT = "Corwen Bank halts withdrawals after regulator opens probe"
VALVES = "Maker of valves Ostrander raises its outlook for the year"


def item(id: str, title: str, minutes: float = 0, body: str = "", stream: str = "live") -> Sketch:
    at = NOON + timedelta(minutes=minutes)
    return sketch(News(stream=stream, id=id, published_at=at, received_at=at, title=title, body=body))


def stories(answers: Iterable[Assignment]) -> dict[str, str]:
    return {answer.item: answer.story for answer in answers}
