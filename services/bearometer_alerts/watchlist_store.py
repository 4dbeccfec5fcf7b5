"""What the commands on watchlists read and write."""

import re
from collections.abc import Sequence

from bearometer_alerts import printing
from bearometer_shared import fields
from bearometer_shared.clock import SystemClock
from bearometer_shared.errors import UserError
from bearometer_shared.storage import watchlists
from bearometer_shared.storage.session import wake

NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")


def known() -> dict[str, list[str]]:
    with printing.transaction() as connection:
        return watchlists.load(connection)


def store(name: str, tickers: Sequence[str]) -> list[str]:
    """The tickers as they are stored. Raises UserError for a name or a ticker that cannot be one."""
    if not NAME.fullmatch(name):
        raise UserError(f"watchlist {name!r}: a name is of lower-case letters, digits, - and _")
    written = sorted({_ticker(one) for one in tickers})
    with printing.transaction() as connection:
        watchlists.replace(connection, name, written, SystemClock().now())
        wake(connection)
    return written


def drop(name: str) -> str:
    """Raises UserError where there is none of that name."""
    with printing.transaction() as connection:
        if not watchlists.remove(connection, name):
            raise UserError(f"no watchlist {name!r}; `bearometer watchlists list` shows what there is")
        wake(connection)
    return name


def _ticker(text: str) -> str:
    """As ingest writes it."""
    if fields.tickers({"tickers": [text]}) != (text.upper(),):
        raise UserError(f"{text!r} is no ticker")
    return text.upper()
