"""Removing old artifacts from the store, in an order that an interruption cannot spoil."""

from datetime import datetime

from sqlalchemy import Engine

from bearometer_shared.inference.store import Store
from bearometer_shared.storage import pruning
from bearometer_shared.storage.session import transaction


def prune(database: Engine, store: Store, keep: int, now: datetime) -> list[str]:
    """Removes what may go and returns its versions. First none of it can be promoted any more, then its files go;
    those that an earlier attempt left go too. Raises ArtifactError where the store refuses."""
    with transaction(database) as connection:
        versions = pruning.prune(connection, keep, now)
    with transaction(database) as connection:
        places = pruning.pruned(connection)
    for place in places:
        store.remove(place)
    return versions
