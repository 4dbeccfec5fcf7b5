"""Reading a file of news, plain or gzipped: items in the file's order."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from bearometer_shared.errors import DecodeError
from bearometer_shared.lines import opened
from bearometer_shared.wire import News, news_item

Say = Callable[[str], None]


def items(path: Path, now: datetime, say: Say) -> Iterator[News]:
    """The file's items. A line that is not news, or that has no date, is told with its number and skipped.

    Raises UserError where the file cannot be read.
    """
    with opened(str(path)) as file:
        for number, line in file.lines():
            try:
                yield _item(line, now)
            except DecodeError as error:
                say(f"{path}, line {number}: {error}")


def _item(line: bytes, now: datetime) -> News:
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DecodeError(f"not JSON: {error}") from error
    item = news_item(raw, received_at=now, stream="backtest")
    if not raw.get("published_at"):
        raise DecodeError("published_at: missing; history cannot be placed in time without it")
    return item
