"""What the commands on rules read and write."""

from collections.abc import Sequence

from bearometer_alerts import definition, printing, rulebook
from bearometer_alerts.definition import Definition
from bearometer_alerts.rulebook import Entry
from bearometer_shared.clock import SystemClock
from bearometer_shared.errors import UserError
from bearometer_shared.settings import settings
from bearometer_shared.storage import rules
from bearometer_shared.storage.rules import Stored
from bearometer_shared.storage.session import wake
from bearometer_shared.text import clean


def known() -> list[Entry]:
    """All rules, as the service has them; without a database, the built-in ones and the file's."""
    file, rows = rulebook.of_file(settings().rules), list[Stored]()
    if settings().database_url.get_secret_value():
        with printing.transaction() as connection:
            rows = rules.load(connection)
    return rulebook.entries(file, rows)


def find(found: Sequence[Entry], name: str) -> Entry:
    """Raises UserError for a name that no rule has."""
    for entry in found:
        if entry.rule.name == name:
            return entry
    raise UserError(f"no rule {name!r}; there are: {', '.join(entry.rule.name for entry in found)}")


def store(definitions: Sequence[Definition], by: str) -> list[str]:
    """Stores definitions, and returns their names."""
    now, author = SystemClock().now(), clean(by)
    _save([Stored(one.name, one.facts(), one.enabled, now, author) for one in definitions])
    return [one.name for one in definitions]


def switch(name: str, by: str, enabled: bool) -> str:
    """Stores a rule as it is, on or off. Raises UserError for a name that no rule has."""
    facts = definition.of_rule(find(known(), name).rule)
    _save([Stored(name, facts, enabled, SystemClock().now(), clean(by))])
    return name


def _save(rows: Sequence[Stored]) -> None:
    with printing.transaction() as connection:
        rules.save(connection, rows)
        wake(connection)
