"""JSON Lines that a benchmark reads, plain or gzipped."""

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from bearometer_shared.errors import UserError

MOST = 1_000_000  # rows that are read of one file
Item = TypeVar("Item")


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a file. Raises UserError naming it where it cannot be read."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            yield from (json.loads(line) for line in islice(file, MOST))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {error} (--file says where the data is)") from error


def some(found: Sequence[Item], most: int) -> list[Item]:
    """At most so many, the same at every run."""
    return random.Random(0).sample(list(found), min(most, len(found)))  # noqa: S311 - reproducible, no secret
