"""The items that a benchmark reads: headlines from a JSON Lines file, each with an id of its own."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from bearometer_shared.errors import DecodeError, UserError
from bearometer_shared.wire import News, news_item


def read(path: Path, count: int) -> list[News]:
    """The first `count` distinct headlines of a file, without bodies, as items of stream `bench`."""
    found: dict[str, News] = {}
    now = datetime.now(UTC)
    for raw in _lines(path):
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


def _lines(path: Path) -> Iterator[dict[str, object]]:
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            yield from (json.loads(line) for line in islice(file, 1_000_000))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {error}") from error
