"""What a benchmark reads of a JSON Lines file: headlines as items, each with an id of its own, and leads as texts."""

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from bearometer_cli.bench.data_sets import rows
from bearometer_shared.errors import DecodeError, UserError
from bearometer_shared.text import clean
from bearometer_shared.wire import News, news_item

LEAD_WORDS = 66  # of newswire; with its numbers and tickers they make about 90 tokens


def read(path: Path, count: int) -> list[News]:
    """The first `count` distinct headlines of a file, without bodies, as items of stream `bench`."""
    found: dict[str, News] = {}
    now = datetime.now(UTC)
    for raw in rows(path):
        if len(found) == count:
            break
        try:
            item = news_item({"title": raw.get("title")}, received_at=now, stream="bench", source=path.stem)
        except DecodeError:
            continue
        found.setdefault(item.title, item.model_copy(update={"id": f"bench-{len(found)}"}))
    if len(found) < count:
        raise UserError(f"{path}: {len(found)} distinct headlines; {count} are needed (--items, or --file)")
    return list(found.values())


def leads(path: Path, count: int) -> list[str]:
    """The beginnings of the first `count` distinct bodies that are long enough."""
    bodies = (clean(str(raw.get("body") or "")).split() for raw in rows(path))
    long = (" ".join(words[:LEAD_WORDS]) for words in bodies if len(words) >= LEAD_WORDS)
    found = list(islice(dict.fromkeys(long), count))
    if len(found) < count:
        raise UserError(f"{path}: {len(found)} bodies of {LEAD_WORDS} words; {count} are needed (--items, or --file)")
    return found
