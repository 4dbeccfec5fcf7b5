"""Unlabelled news as masked-language pre-training reads it: passages of sentences, or pairs of them in sequence."""

import gzip
import json
import random
import re
import textwrap
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bearometer_shared.errors import UserError
from bearometer_shared.text import clean

Document = tuple[str, ...]  # the sentences of one item, its title first
UNKNOWN = -100  # cross_entropy's own mark for "no label here"
IS_NEXT, IS_RANDOM = 0, 1  # as BERT's published head numbers them
CHARACTERS = 4  # of English in a token, about; what is longer in the end is cut
_GZIP = b"\x1f\x8b"
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"'(]?[A-Z0-9])")


@dataclass(frozen=True, slots=True)
class Passage:
    """One input: some sentences, and those that follow them (or come from elsewhere), with which it is."""

    first: str
    second: str | None = None
    following: int = UNKNOWN

    @property
    def input(self) -> str | tuple[str, str]:
        """As the tokenizer takes it."""
        return self.first if self.second is None else (self.first, self.second)


def read(files: Sequence[Path]) -> list[Document]:
    """The items of JSON Lines files, plain or gzipped. Raises UserError naming a file that holds no news."""
    return [document for file in files for document in _documents(file)]


def _documents(path: Path) -> list[Document]:
    found = [_document(line, f"{path}:{number}") for number, line in enumerate(_lines(path), 1) if line.strip()]
    if not any(found):
        raise UserError(f"{path}: holds no news (JSON Lines with title, text or body)")
    return [document for document in found if document]


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            yield from gzip.GzipFile(fileobj=file) if file.peek(2)[:2] == _GZIP else file
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def _document(line: bytes, where: str) -> Document:
    try:
        raw = json.loads(line)
        title, body = clean(raw.get("title") or raw.get("text") or ""), clean(raw.get("body") or "")
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise UserError(f"{where}: not a news item (a JSON object with title, text or body)") from error
    return tuple(sentence for sentence in (title, *_SENTENCE.split(body)) if sentence)


def singles(documents: Sequence[Document], max_tokens: int) -> list[Passage]:
    """Every document in passages of about `max_tokens`."""
    return [Passage(text) for document in documents for text in _packed(document, max_tokens * CHARACTERS)]


def pairs(documents: Sequence[Document], max_tokens: int, rng: random.Random) -> list[Passage]:
    """Two runs of consecutive sentences each; for half of them the second comes from elsewhere (Devlin et al. 2019)."""
    texts = [_packed(document, max_tokens * CHARACTERS // 2) for document in documents]
    pool = [text for found in texts for text in found]
    return [_pair(found[i : i + 2], pool, rng) for found in texts for i in range(0, len(found), 2)]


def _pair(run: list[str], pool: Sequence[str], rng: random.Random) -> Passage:
    if len(run) == 1:
        return Passage(run[0])
    if rng.random() < 0.5:
        return Passage(run[0], run[1], IS_NEXT)
    return Passage(run[0], rng.choice(pool), IS_RANDOM)


def _packed(sentences: Document, characters: int) -> list[str]:
    """Neighbouring sentences joined while they fit; one that is too long is cut between words."""
    found: list[str] = []
    for sentence in (part for whole in sentences for part in textwrap.wrap(whole, characters)):
        if found and len(found[-1]) + len(sentence) < characters:
            found[-1] += f" {sentence}"
        else:
            found.append(sentence)
    return found
