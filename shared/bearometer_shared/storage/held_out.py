"""Past periods: the fresh labels that each run held out, as they were when they judged."""

from collections.abc import Iterable

from sqlalchemy import Connection, insert, select

from bearometer_shared.storage.learning_tables import HeldOut

Judging = tuple[str, str | None, str | None]  # text, sentiment, topic


def keep(connection: Connection, run_id: int, rows: Iterable[Judging]) -> None:
    """Freezes what judged in a run."""
    stored = [{"run_id": run_id, "text": text, "sentiment": s, "topic": t} for text, s, t in rows]
    if stored:
        connection.execute(insert(HeldOut), stored)


def periods(connection: Connection) -> dict[int, list[Judging]]:
    """What judged in each run, by its id, the newest run first."""
    columns = (HeldOut.run_id, HeldOut.text, HeldOut.sentiment, HeldOut.topic)
    found: dict[int, list[Judging]] = {}
    for run_id, text, sentiment, topic in connection.execute(
        select(*columns).order_by(HeldOut.run_id.desc(), HeldOut.id)
    ):
        found.setdefault(run_id, []).append((text, sentiment, topic))
    return found
