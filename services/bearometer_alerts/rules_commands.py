"""`bearometer rules`: what is watched, and what is unusual."""

from getpass import getuser
from pathlib import Path
from typing import Annotated

import typer

rules = typer.Typer(help="Rules: what alerts watch, and what is unusual.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="print one object")]
By = Annotated[str, typer.Option(help="who does it", default_factory=getuser, show_default="you")]
Name = Annotated[str, typer.Argument(help="the rule's name, as in the list")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="YAML: `rules:` and a list of them")]


@rules.command("list")
def list_rules(as_json: AsJson = False) -> None:
    """Lists all rules: the built-in ones, those of BEAROMETER_RULES, and those of the database. The last one counts.

    Example: bearometer rules list
    """
    from bearometer_alerts import rule_printing, rule_store

    rule_printing.show_all(rule_store.known(), as_json)


@rules.command("show")
def show_rule(name: Name, as_json: AsJson = False) -> None:
    """Shows a rule in full, as it could stand in a file.

    Example: bearometer rules show spike
    """
    from bearometer_alerts import rule_printing, rule_store

    rule_printing.show(rule_store.find(rule_store.known(), name), as_json)


@rules.command("check")
def check(file: File, as_json: AsJson = False) -> None:
    """Says what is wrong in a file of rules, without using it.

    Example: bearometer rules check rules.yaml
    """
    from bearometer_alerts import rule_file, rule_printing

    rule_printing.show_names("right", [one.name for one in rule_file.read(file)], as_json)


@rules.command("import")
def import_file(file: File, by: By, as_json: AsJson = False) -> None:
    """Stores the rules of a file in the database, all of them or none. Alert services follow within a tick.

    Example: bearometer rules import rules.yaml
    """
    from bearometer_alerts import rule_file, rule_printing, rule_store

    rule_printing.show_names("imported", rule_store.store(rule_file.read(file), by), as_json)


@rules.command("enable")
def enable(name: Name, by: By, as_json: AsJson = False) -> None:
    """Switches a rule on. It learns from the last seven days and alerts from now on.

    Example: bearometer rules enable negative_drift
    """
    _switch(name, by, as_json, enabled=True)


@rules.command("disable")
def disable(name: Name, by: By, as_json: AsJson = False) -> None:
    """Switches a rule off. What it has open is resolved, and what it has learned is forgotten.

    Example: bearometer rules disable spike
    """
    _switch(name, by, as_json, enabled=False)


def _switch(name: str, by: str, as_json: bool, *, enabled: bool) -> None:
    from bearometer_alerts import rule_printing, rule_store

    rule_printing.show_names("enabled" if enabled else "disabled", [rule_store.switch(name, by, enabled)], as_json)
