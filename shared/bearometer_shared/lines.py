"""Reading a file of news line by line, plain or gzipped, never as a whole."""

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bearometer_shared.errors import UserError
from bearometer_shared.kafka.port import MAX_RECORD

GZIP = b"\x1f\x8b"
LONGEST = 2 * MAX_RECORD


class NewsFile:
    """An open file of news. `position` and `size` are in its own bytes, packed or not; the size may be unknown: 0."""

    def __init__(self, stream: IO[bytes], name: str, size: int) -> None:
        self.name, self.size = name, size
        self._stream = stream

    def position(self) -> int:
        return self._stream.tell() if self.size else 0

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Each line with its number, without blank ones. Only a newline ends a line: texts hold other separators.

        Of a line that is too long for any record only a head comes. Raises UserError where an archive is damaged.
        """
        source, number = _unpacked(self._stream), 0
        try:
            while line := source.readline(LONGEST):
                number += 1
                tail = line
                while len(tail) == LONGEST and not tail.endswith(b"\n"):
                    tail = source.readline(LONGEST)
                if line.strip():
                    yield number, line
        except (EOFError, OSError, zlib.error) as error:
            raise UserError(f"{self.name} cannot be read beyond line {number}: {error}") from error


def _unpacked(stream: IO[bytes]) -> IO[bytes]:
    packed = stream.peek(2)[:2] == GZIP  # type: ignore[attr-defined] # every buffered reader has it, its type doesn't say
    return gzip.GzipFile(fileobj=stream) if packed else stream  # type: ignore[return-value] # it is an IO[bytes] in fact


@contextmanager
def opened(name: str) -> Iterator[NewsFile]:
    """A file by its name, `-` for what is piped in. Raises UserError where there is none."""
    if name == "-":
        yield NewsFile(sys.stdin.buffer, "standard input", 0)
        return
    path = Path(name)
    try:
        stream = path.open("rb")
    except OSError as error:
        raise UserError(f"{name}: {error.strerror}") from error
    with stream:
        yield NewsFile(stream, name, path.stat().st_size)
