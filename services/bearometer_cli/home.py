"""A home and the one `up` that runs in it: the lock, the settings, and the addresses for other commands."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bearometer_shared.errors import UserError
from bearometer_shared.settings import ADDRESSES, Settings, settings


@contextmanager
def occupied() -> Iterator[Settings]:
    """The settings of this folder's home, which is ours while the body runs. Raises UserError where it is taken.

    The kernel takes the lock back however we end, so only the addresses of an `up` that was killed must be cleared:
    they would read as servers that somebody else runs.
    """
    home = Path(os.environ.get("BEAROMETER_HOME", ".bearometer")).absolute()
    home.mkdir(parents=True, exist_ok=True)
    with (home / "up.lock").open("a+") as lock:
        _take(lock.fileno(), home)
        (home / ADDRESSES).unlink(missing_ok=True)
        try:
            yield settings().model_copy(update={"home": home})
        finally:
            (home / ADDRESSES).unlink(missing_ok=True)


def _take(lock: int, home: Path) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UserError(f"`bearometer up` runs in {home} already; stop that one, or set BEAROMETER_HOME") from error


def publish(configuration: Settings) -> None:
    """Writes HOME/addresses.env, for our eyes only: there are passwords in it."""
    path = configuration.home / ADDRESSES
    path.touch(mode=0o600)
    path.write_text("".join(f"{name}={value}\n" for name, value in _addresses(configuration).items()))


def environment(configuration: Settings) -> dict[str, str]:
    """What a child of ours needs to find everything."""
    return {"BEAROMETER_HOME": str(configuration.home), **_addresses(configuration)}


def _addresses(configuration: Settings) -> dict[str, str]:
    return {
        "BEAROMETER_KAFKA": configuration.kafka,
        "BEAROMETER_DATABASE_URL": configuration.database_url.get_secret_value(),
        "BEAROMETER_REDIS_URL": configuration.redis_url.get_secret_value(),
        "BEAROMETER_API_URL": configuration.api_url,
    }
