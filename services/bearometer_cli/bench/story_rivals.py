"""What stories are measured against: equal texts, and MinHash as a textbook has it."""

import re
import zlib

import numpy as np
import numpy.typing as npt

from bearometer_shared.stories.similarity import similarity
from bearometer_shared.stories.sketch import sketch
from bearometer_shared.wire import News

SHINGLE = 5  # characters, as for e-mails and other short texts (Leskovec, Rajaraman, Ullman 2014, section 3.2)
PERMUTATIONS = 128
PRIME = (1 << 31) - 1  # products of two numbers below it fit into 63 bits
TEXTBOOK = 0.8  # the usual threshold


def ours(a: News, b: News) -> float:
    """The similarity of two items that share a bucket; 0 for those that never meet."""
    left, right = sketch(a), sketch(b)
    return similarity(left, right) if {*left.keys} & {*right.keys} else 0.0


def exact(a: News, b: News) -> float:
    """1 where the title or a body is the same but for case and spaces."""
    same_body = bool(a.body) and _plain(a.body) == _plain(b.body)
    return float(same_body or _plain(a.title) == _plain(b.title))


def textbook_minhash(a: News, b: News) -> float:
    """The Jaccard similarity of the shingles of title and body, estimated by MinHash (Broder 1997)."""
    return float(np.mean(_minima(a) == _minima(b)))


def _minima(item: News) -> npt.NDArray[np.int64]:
    text = _plain(f"{item.title} {item.body}")
    shingles = {text[n : n + SHINGLE] for n in range(max(1, len(text) - SHINGLE + 1))}
    numbers = np.array([zlib.crc32(shingle.encode()) % PRIME for shingle in shingles], dtype=np.int64)
    factors, terms = np.random.default_rng(0).integers(1, PRIME, size=(2, PERMUTATIONS, 1), dtype=np.int64)
    minima: npt.NDArray[np.int64] = ((factors * numbers + terms) % PRIME).min(axis=1)
    return minima


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.casefold()).strip()
