"""What changed most: tickers and topics whose mood moved between two windows, each on a scale from before to now."""

from nicegui import ui

from bearometer_dashboard.client import Json
from bearometer_dashboard.snapshot import Moves, View
from bearometer_dashboard.wording import DIMENSIONS, signed

SHOWN = 6


class MoversPanel(ui.element, component="movers.js"):
    """Draws the movers of a stream; text only, whatever the news says."""

    def __init__(self) -> None:
        super().__init__()
        self._props.update(rows=[], windows="", empty="")

    def show(self, view: View | None) -> None:
        """Draws what moved up to the newest whole hour."""
        moves = view.moves if view else Moves(0, [])
        said = {"rows": rows(moves.movers), "windows": windows(moves), "empty": empty(moves)}
        if any(self._props[name] != value for name, value in said.items()):
            self._props.update(said)
            self.update()


def rows(movers: list[Json]) -> list[Json]:
    """The surest changes first, either way, whatever the dimension."""
    return [row(mover) for mover in sorted(movers, key=lambda mover: -abs(mover["z"]))[:SHOWN]]


def row(mover: Json) -> Json:
    """`before` and `now` are moods from -1 to 1; `items` those of the newer window."""
    before, now = mover["before"], mover["now"]
    return {
        "dimension": DIMENSIONS[mover["dimension"]],
        "key": mover["key"],
        "before": before["mood"],
        "now": now["mood"],
        "change": signed(mover["change"]),
        "way": "negative" if mover["change"] < 0 else "positive",
        "items": now["items"],
        "told": f"mood {signed(before['mood'])} over {before['items']} items, then {signed(now['mood'])} over"
        f" {now['items']}",
    }


def windows(moves: Moves) -> str:
    """`last 6 h against the 6 h before`."""
    return f"last {moves.hours} h against the {moves.hours} h before" if moves.hours else ""


def empty(moves: Moves) -> str:
    """What to expect where nothing moved, as on a stream's first hours."""
    needed = f"Shown once a ticker or a topic has {moves.least} items in both."
    return needed if moves.hours else "Nothing to compare yet."
