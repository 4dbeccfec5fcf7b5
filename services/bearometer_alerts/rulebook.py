"""The rules in force: the built-in ones, in their place those of the file, in theirs those of the database."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog
from sqlalchemy import Connection

from bearometer_alerts import definition, groups
from bearometer_alerts.groups import Groups
from bearometer_alerts.rule import DRIFT, SPIKE, Rule
from bearometer_shared.errors import UserError
from bearometer_shared.settings import Settings
from bearometer_shared.storage import rules
from bearometer_shared.storage.rules import Stored

log = structlog.get_logger()


@dataclass(frozen=True)
class Entry:
    """A rule, whether it is on, where it was defined, and who defined it there when."""

    rule: Rule
    enabled: bool
    origin: str
    stored: Stored | None = None


BUILT_IN = (Entry(SPIKE, True, "built-in"), Entry(DRIFT, False, "built-in"))


class Rulebook:
    """Follows the database: look before each use. Raises UserError at the start where the file is wrong."""

    def __init__(self, settings: Settings) -> None:
        self._file = of_file(settings.rules)
        self._rows: list[Stored] = []
        self._revision: groups.Revision | None = None
        self.rules = in_force(entries(self._file, self._rows))
        self.groups: Groups = {}

    @property
    def widens(self) -> bool:
        """Whether a rule asks for what the trends do not tell: sets of tickers, or distinct sources."""
        return any(rule.widens for rule in self.rules)

    def look(self, connection: Connection) -> None:
        """Reads what has changed. A row that is no valid rule is told and passed over: the others hold."""
        rows = rules.load(connection)
        if rows != self._rows:
            self.rules, self._rows = in_force(entries(self._file, rows)), rows
            log.info("rules read", rules=[rule.name for rule in self.rules])
        if any(rule.groups() for rule in self.rules):
            revision = groups.revision(connection)
            if revision != self._revision:
                self.groups, self._revision = groups.load(connection), revision


def of_file(path: Path | None) -> list[Entry]:
    if path is None:
        return []
    from bearometer_alerts import rule_file  # brings YAML, which a service without a file need not have

    return [Entry(one.rule(), one.enabled, str(path)) for one in rule_file.read(path)]


def entries(file: Sequence[Entry], rows: Sequence[Stored]) -> list[Entry]:
    """All rules, those that are off too, by name."""
    found = {entry.rule.name: entry for entry in (*BUILT_IN, *file, *_valid(rows))}
    return [found[name] for name in sorted(found)]


def in_force(found: Sequence[Entry]) -> tuple[Rule, ...]:
    return tuple(entry.rule for entry in found if entry.enabled)


def _valid(rows: Sequence[Stored]) -> Iterator[Entry]:
    for row in rows:
        try:
            rule = definition.read(dict(row.definition) | {"name": row.name}, "database").rule()
        except UserError as error:
            log.error("a rule is passed over", reason=str(error))
        else:
            yield Entry(rule, row.enabled, "database", row)
