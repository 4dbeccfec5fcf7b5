"""How many distinct sources, from a bitmap: linear counting, K.-Y. Whang et al., ACM TODS 15(2), 1990.

A source sets one bit, chosen by its hash; bitmaps of hours join by OR, so that days and any wider step merge exactly,
in any order, as often as one likes. The estimate's standard error is 3.3 % at 200 sources and less below.
"""

import hashlib
import math

BITS = 512

EMPTY_SQL = f"repeat('0', {BITS})::bit({BITS})"


def bit(source: str) -> int:
    """Which bit a source sets, counted from the left."""
    return int(hashlib.md5(source.encode(), usedforsecurity=False).hexdigest()[:3], 16) % BITS


def sql(column: str) -> str:
    """The bitmap of one source as Postgres makes it: the same bit as `bit` says."""
    return f"set_bit({EMPTY_SQL}, ('x' || left(md5({column}), 3))::bit(12)::int % {BITS}, 1)"


def literal(sources: set[str]) -> str:
    """The bitmap of sources as Postgres reads a bit string; the empty name is no source."""
    value = 0
    for source in sources - {""}:
        value |= 1 << (BITS - 1 - bit(source))
    return f"x{value:0{BITS // 4}x}"


def estimate(bits_set: int) -> int:
    """Distinct sources from the number of bits that are set; a full bitmap says as many as one short of full."""
    free = max(BITS - bits_set, 1)
    return round(BITS * math.log(BITS / free))
