"""What the `topics` commands ask of Kafka, as plain facts."""

from contextlib import closing
from typing import Any

from bearometer_ingest.connection import connect
from bearometer_ingest.dead_letters import Found, chosen, standing
from bearometer_ingest.dead_letters import resend as send_again
from bearometer_shared.errors import UserError
from bearometer_shared.kafka.log import RealLog
from bearometer_shared.kafka.port import NEWS_RAW, TOPICS
from bearometer_shared.settings import settings
from bearometer_shared.text import printable

MAX_TEXT = 20_000


def listing() -> list[dict[str, Any]]:
    """Our topics: name, partitions, records, and the lag of the scorers where they read it."""
    with closing(RealLog(settings())) as log:
        lag = log.lag(settings().group, NEWS_RAW)
        counts = {topic: log.counts(topic) for topic in TOPICS}
    return [
        {
            "name": topic,
            "partitions": len(found),
            "records": sum(found.values()),
            "lag": lag if topic == NEWS_RAW else None,
        }
        for topic, found in counts.items()
    ]


def letters() -> list[dict[str, Any]]:
    """Dead letters without what they hold, oldest first."""
    with closing(RealLog(settings())) as log:
        return sorted((_facts(found) for found in standing(log)), key=lambda facts: (facts["at"], facts["id"]))


def letter(identifier: str) -> dict[str, Any]:
    """One dead letter with its text."""
    with closing(RealLog(settings())) as log:
        found = chosen(log, identifier)
    text = printable(found.content[: 4 * MAX_TEXT].decode("utf-8", "replace"))[:MAX_TEXT]
    return _facts(found) | {"text": text}


def resend(identifiers: list[str], everything: bool) -> int:
    """Sends the named letters again, or all. Returns how many. Raises UserError where it is not said which."""
    if bool(identifiers) == everything:
        raise UserError("say which: one or more ids, or --all")
    with closing(RealLog(settings())) as log, closing(connect(settings())) as producer:
        wanted = standing(log) if everything else [chosen(log, identifier) for identifier in identifiers]
        return send_again(wanted, producer)


def _facts(found: Found) -> dict[str, Any]:
    """Printable, since a stranger wrote parts of it."""
    letter = found.letter
    return {
        "id": printable(letter.id),
        "at": letter.at.isoformat(timespec="seconds"),
        "size": len(found.content),
        "reason": printable(letter.reason),
        "topic": printable(letter.topic),
        "partition": letter.partition,
        "offset": letter.offset,
        "key": None if letter.key is None else printable(letter.key),
    }
