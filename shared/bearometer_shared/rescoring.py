"""Scores a day that is stored already with another model, portion by portion: killed, it goes on where it was."""

from collections.abc import Callable
from typing import Protocol

from sqlalchemy import Engine as Database

from bearometer_shared.inference.engine import Score
from bearometer_shared.storage import rescores, restated
from bearometer_shared.storage.rescores import Day
from bearometer_shared.storage.restated import Unsaid
from bearometer_shared.storage.session import transaction
from bearometer_shared.text import model_text

PORTION = 256  # items of one transaction: what a kill can lose


class Scoring(Protocol):
    """The face of the engine that is needed here."""

    version: str

    def score(self, texts: list[str]) -> list[Score]: ...


def portion(database: Database, engine: Scoring, items: list[Unsaid]) -> int:
    """Scores items and stores what the model says, in one transaction. Returns how many were new."""
    scores = engine.score([model_text(item.title, item.body) for item in items])
    with transaction(database) as connection:
        return restated.put(connection, engine.version, items, scores)


def rescore(
    database: Database, engine: Scoring, day: Day, told: Callable[[int], None], stopping: Callable[[], bool]
) -> bool:
    """Scores what is left of a day and notes it as done; False where it was stopped before, or is another's now."""
    with rescores.held(database, day) as ours:
        while ours:
            with transaction(database) as connection:
                items = restated.unsaid(connection, day.version, day.stream, *day.bounds, PORTION)
                if not items:
                    rescores.finish(connection, day, "done")
                    return True
                if stopping():
                    rescores.finish(connection, day, "queued")
                    return False
            portion(database, engine, items)
            told(len(items))
    return False
