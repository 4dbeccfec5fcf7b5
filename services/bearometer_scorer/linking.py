"""The linker that a scorer uses: over the default list and what was imported, made anew when that changes."""

import structlog
from sqlalchemy import Engine

from bearometer_shared.entities import Linker, default_linker, linker_with
from bearometer_shared.storage import entities
from bearometer_shared.storage.session import transaction

log = structlog.get_logger()


class Linking:
    """Follows the table of imported entities."""

    def __init__(self, database: Engine) -> None:
        self._database = database
        self._linker = default_linker()
        self._revision = (0, 0)  # an empty table's

    def current(self) -> Linker:
        """The linker for the next batch."""
        return self._linker

    def look(self) -> None:
        """Reads the table if it has changed. Called off the loop, which goes on with the old linker meanwhile."""
        with transaction(self._database) as connection:
            revision = entities.revision(connection)
            if revision == self._revision:
                return
            imported = entities.load(connection)
        self._linker = linker_with(imported)
        self._revision = revision
        log.info("entities read", imported=len(imported))
