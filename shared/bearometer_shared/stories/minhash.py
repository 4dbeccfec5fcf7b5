"""Buckets in which copies meet: MinHash (Broder 1997) with bands (Leskovec, Rajaraman, Ullman 2014, chapter 3).

A word of weight w counts as w elements, so that the chance of meeting follows the weighted Jaccard similarity. Titles
have bands of two rows, which find one title in three words of another; leads are longer, and three rows keep apart
the many that share a form.
"""

import zlib
from collections.abc import Collection

import numpy as np
import numpy.typing as npt

TITLE_BANDS, TITLE_ROWS = 16, 2
LEAD_BANDS, LEAD_ROWS = 8, 3

Hashes = npt.NDArray[np.uint64]


def _mixed(x: Hashes) -> Hashes:
    """The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every bit of the input moves half of the output's."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_SEEDS = _mixed(np.arange(1, 1 + TITLE_BANDS * TITLE_ROWS + LEAD_BANDS * LEAD_ROWS, dtype=np.uint64) * _GOLDEN)
_TITLE_SEEDS, _LEAD_SEEDS = _SEEDS[: TITLE_BANDS * TITLE_ROWS], _SEEDS[TITLE_BANDS * TITLE_ROWS :]


def keys(stream: str, title: Collection[int], lead: Collection[int]) -> tuple[int, ...]:
    """The buckets of a title and of its lead, in ascending order, as signed 64-bit numbers. None for no words."""
    salt = zlib.crc32(stream.encode())
    of_title = _bands(title, _TITLE_SEEDS, TITLE_ROWS, salt)
    of_lead = _bands(lead, _LEAD_SEEDS, LEAD_ROWS, salt) if len(lead) > len(title) else []
    return tuple(sorted({*of_title, *of_lead}))


def _bands(codes: Collection[int], seeds: Hashes, rows: int, salt: int) -> list[int]:
    if not codes:
        return []
    least = _mixed(_elements(codes)[None, :] ^ seeds[:, None]).min(axis=1).reshape(-1, rows)
    key: Hashes = seeds[::rows] + np.uint64(salt)
    for row in range(rows):
        key = _mixed(key ^ least[:, row])
    return [int(number) for number in key.view(np.int64)]


def _elements(codes: Collection[int]) -> Hashes:
    """A word of weight w, as w elements."""
    words = np.fromiter(codes, dtype=np.uint64)
    each = [words[words & np.uint64(3) > n] * np.uint64(4) + np.uint64(n) for n in range(3)]
    return np.concatenate(each)
