"""The words that carried the scores of a card's first stories, added once the alert stands.

1. Of several alert services one explains (an advisory lock of the transaction).
2. Take the newest open alert whose card waits for words.
3. Load the model that gave the scores, unless it is at hand, and explain the headlines.
4. Write the words, unless the alert got another card meanwhile; then that one waits. Commit.

Alerting never waits for this, and never fails without a model: the card then says why it has no words.
"""

from collections.abc import Callable
from typing import Any

import structlog
from sqlalchemy import Engine as Database
from sqlalchemy.exc import DBAPIError

from bearometer_shared.errors import ArtifactError, BearometerError
from bearometer_shared.service import Stopping
from bearometer_shared.settings import Settings
from bearometer_shared.storage import alert_words, models
from bearometer_shared.storage.session import is_outage, transaction
from bearometer_shared.text import model_text

log = structlog.get_logger()
EXPLAINED = 5  # stories of a card: 0.1 s each
WAIT_S = 1.0

Card = dict[str, Any]
Explain = Callable[[str], list[tuple[str, int]]]  # a text to its words, each with its share of the score in millionths
Load = Callable[[str], Explain]  # from a location in the artifact store


class Words:
    """Of one alert service, in a thread of its own. A model is kept only while cards wait."""

    def __init__(self, database: Database, load: Load) -> None:
        self._database, self._load = database, load
        self._model: tuple[str, Explain] | None = None

    def follow(self, stopping: Stopping) -> None:
        """Explains until stopping. An outage of Postgres is waited out."""
        while not stopping():
            try:
                busy = self.look()
            except DBAPIError as error:
                if not is_outage(error):
                    raise
                busy = False
            if not busy:
                stopping.wait(WAIT_S)

    def look(self) -> bool:
        """Explains one alert's card. Whether one waited."""
        with transaction(self._database) as connection:
            found = alert_words.waiting(connection)
            if found is None:
                self._model = None
                return False
            id, card = found
            versions = {story["model_version"] for story in card["top"][:EXPLAINED]}
            places = {version: models.get(connection, version) for version in versions}
            alert_words.put(connection, id, card, self._explained(card, places))
            return True

    def _explained(self, card: Card, places: dict[str, Card | None]) -> Card:
        try:
            stories = [self._story(story, places[story["model_version"]]) for story in card["top"][:EXPLAINED]]
        except (BearometerError, ImportError) as error:
            log.warning("a card stays without words", reason=str(error))
            return card | {"words": "missing", "words_missing": str(error)}
        except Exception as error:  # whatever a model runtime raises: one headline must not stop the alerts
            log.exception("a card stays without words")
            return card | {"words": "missing", "words_missing": f"{type(error).__name__}: {error}"}
        return card | {"words": "ready", "top": [*stories, *card["top"][EXPLAINED:]]}

    def _story(self, story: Card, place: Card | None) -> Card:
        words = self._explain(story["model_version"], place)(model_text(story["title"]))
        return story | {"words": [{"word": word, "contribution": share / 1e6} for word, share in words]}

    def _explain(self, version: str, place: Card | None) -> Explain:
        """By the very model that gave the score, whatever serves now."""
        if self._model is None or self._model[0] != version:
            if place is None:
                raise ArtifactError(f"model {version} is not registered")
            self._model = None  # never two in memory
            self._model = version, self._load(place["location"])
        return self._model[1]


def load(settings: Settings, location: str) -> Explain:
    """The explainer over a stored artifact, on one core. Raises ArtifactError, ImportError without a model runtime."""
    from bearometer_shared.inference.engine import Engine  # the service starts without a model runtime, and is light
    from bearometer_shared.inference.explain import explain
    from bearometer_shared.inference.store import Store

    engine = Engine.load(Store(settings).fetch(location), threads=1, device="cpu")
    return lambda text: [(word.text, word.contribution) for word in explain(engine, text)]
