"""`bench alerts` for people: ours beside the plain way and the ceiling, and which spikes are found."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

COLUMNS = ("precision", "recall", "delay_median", "false_per_day")
HEADER = ("precision", "recall", "delay", "false a day", "on all", "topics", "tickers")


def table(figures: Mapping[str, Any]) -> Iterator[str]:
    """Delays in minutes. A spike of 3 items is below the minimum of a rule, so that no recall can be 1."""
    for name, one in figures["sets"].items():
        stream = f"{one['items']:,} items on {one['days']} days, {one['negative']:.0%} negative"
        yield f"{name}: {stream}, {one['spikes']} spikes"
        yield from _aligned([("", *HEADER), *(_row(who, found) for who, found in _contenders(one))])
        yield "recall by size and shape (delay)"
        yield from _aligned(list(_by_size(one["by_size"])))
        yield ", ".join(f"{kind} keys {_number(found['recall'])}" for kind, found in one["by_key"].items())
        yield _incidents(one["incidents"])
        if one["known"]:
            told = ", ".join(f"{who} {found['known_told']}" for who, found in _contenders(one))
            yield f"known bad times told, of {one['known']}: {told}"
        yield ""
    yield f"NAB tweet counts, standard profile: {figures['nab_score']} of {figures['nab']['windows']}"
    yield f"{figures['keys_per_tick']:,} keys a tick: {figures['tick_seconds']} s"


def _incidents(found: Mapping[str, Any]) -> str:
    told = f"{_percent(found['whole'])} of the spikes told are one incident"
    each = f"{_number(found['alerts_per_incident'])} alerts an incident"
    return f"two spikes at once: {each}, {told}, {_percent(found['apart'])} of {found['pairs']} pairs are told apart"


def _contenders(one: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    return [("ours", one), ("plain", one["plain"]), ("oracle", one["oracle"])]


def _row(who: str, found: Mapping[str, Any]) -> tuple[str, ...]:
    numbers = [*(found[column] for column in COLUMNS), *found["false_per_day_of"].values()]
    return who, *map(_number, numbers)


def _by_size(by_size: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    """A line for each shape, a column for each size."""
    kinds = [name.rsplit(" ", 1) for name in by_size]
    sizes = list(dict.fromkeys(size for _, size in kinds))
    yield "", *sizes
    for shape in dict.fromkeys(shape for shape, _ in kinds):
        yield shape, *(_cell(by_size[f"{shape} {size}"]) for size in sizes)


def _cell(found: Mapping[str, Any]) -> str:
    delay = "" if found["delay_median"] is None else f" ({found['delay_median']:.0f})"
    return _number(found["recall"]) + delay


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.0%}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, *cells in rows:
        numbers = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=True)]
        yield "  " + "  ".join([name.ljust(widths[0]), *numbers])
