"""The scorer's first half: records become batches that a thread scores, while the loop stores the one before."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine
from sqlalchemy.exc import DataError

from bearometer_scorer import metrics
from bearometer_scorer.batch import Batch, Said
from bearometer_scorer.scoring import score_all
from bearometer_scorer.serving import Serving
from bearometer_scorer.work import Work, drop_known, sort_out
from bearometer_shared.entities import Linker
from bearometer_shared.kafka.port import Partition, Record
from bearometer_shared.settings import Settings
from bearometer_shared.storage import articles
from bearometer_shared.storage.session import transaction
from bearometer_shared.wire import News


class Intake:
    """One thread scores, so that batches are scored in the order in which they begin."""

    def __init__(self, settings: Settings, database: Engine, serving: Serving, linker: Callable[[], Linker]) -> None:
        self._max_bytes, self._database = settings.max_item_bytes, database
        self._serving, self._linker = serving, linker
        self._thread = ThreadPoolExecutor(1, "scoring")

    def begin(
        self, records: list[Record], next_of: Mapping[Partition, int], before: Sequence[Batch] = ()
    ) -> list[Batch]:
        """Has records scored, as one batch unless Postgres will not look for them: then they are halved until the one
        at fault stands alone. What the batches `before` hold counts as stored, and what lies before its `next_of`.
        """
        work = sort_out(records, next_of, self._max_bytes)
        try:
            self._drop_known(work, before)
        except DataError as error:
            if len(records) > 1:
                return [batch for part in halves(records) for batch in self.begin(part, next_of, before)]
            work.refuse_all(f"Postgres refused it: {error.orig}")
        return [Batch(records, work, self._thread.submit(self._score, work.news()))]

    def close(self) -> None:
        """Waits for what is being scored."""
        self._thread.shutdown()

    def _drop_known(self, work: Work, before: Sequence[Batch]) -> None:
        open_items = (held for batch in before for held in batch.work.items.items())
        known = {key: item.text_hash() for key, (_, item) in open_items if key in work.items}
        with transaction(self._database) as connection:
            drop_known(work, known | articles.known(connection, work.news()))

    def _score(self, news: list[News]) -> Said:
        """In its own thread, where one batch ends before the next: what the model that serves now says."""
        engine = self._serving.current()
        with metrics.MODEL_SECONDS.time():
            scores, poison = score_all(engine, self._linker(), news)
        return scores, poison, engine.version


def halves(records: list[Record]) -> tuple[list[Record], list[Record]]:
    """The older and the newer half."""
    return records[: len(records) // 2], records[len(records) // 2 :]
