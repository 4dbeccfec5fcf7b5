"""Rules in a YAML file: `rules:` and a list of them."""

from pathlib import Path

import yaml

from bearometer_alerts import definition
from bearometer_alerts.definition import Definition
from bearometer_shared.errors import UserError


def read(path: Path) -> list[Definition]:
    """All rules of a file. Raises UserError with the file, the rule and the field, or the line of what is no YAML."""
    try:
        return parse(path.read_text("utf-8"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: {getattr(error, 'strerror', None) or 'not UTF-8 text'}") from error


def parse(text: str, where: str) -> list[Definition]:
    """All rules of a text; `where` names it in complaints."""
    try:
        raw = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise UserError(f"{where}{line}: not YAML: {getattr(error, 'problem', None) or 'nested too deep'}") from error
    listed = raw.get("rules") if isinstance(raw, dict) and set(raw) == {"rules"} else None
    if not isinstance(listed, list):
        raise UserError(f"{where}: a file of rules holds `rules:` and a list of them, and nothing else")
    found = [definition.read(one, where) for one in listed]
    for name in {one.name for one in found if sum(other.name == one.name for other in found) > 1}:
        raise UserError(f"{where}: rule {name!r}: defined more than once")
    return found
