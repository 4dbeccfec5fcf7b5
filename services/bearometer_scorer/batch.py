"""Records that were polled together, on their way through the model."""

from concurrent.futures import Future
from dataclasses import dataclass

from bearometer_scorer.scoring import Poison, Scored
from bearometer_scorer.work import Work
from bearometer_shared.kafka.port import Record

Said = tuple[list[Scored], Poison, str]  # answers, what the model could not take, its version


@dataclass(frozen=True, slots=True)
class Batch:
    """Its records, what there is to do with them, and what the model will have said."""

    records: list[Record]
    work: Work
    scoring: Future[Said]

    def scored(self) -> tuple[list[Scored], str]:
        """Waits for the model. An item that it could not take is refused; what was refused otherwise has no answer.

        Raises what kept the model from answering at all.
        """
        scores, poison, version = self.scoring.result()
        for item, reason in poison:
            if (item.stream, item.id) in self.work.items:
                self.work.refuse((item.stream, item.id), reason)
        return [one for one in scores if (one.item.stream, one.item.id) in self.work.items], version
