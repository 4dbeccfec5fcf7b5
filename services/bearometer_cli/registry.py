"""The commands that packages register under `bearometer.commands`: what there is, loaded only when called."""

import ast
from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from bearometer_shared.errors import UserError

GROUP = "bearometer.commands"


class Commands(TyperGroup):
    """The root command. Its help is made of summaries; a command's module is imported when it is called."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.entries = {entry.name: entry for entry in entry_points(group=GROUP)}
        self.commands = {name: TyperCommand(name, help=summary(entry)) for name, entry in self.entries.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, _, rest = super().resolve_command(ctx, args)
        return name, load(self.entries[str(name)]), rest


def load(entry: EntryPoint) -> Any:
    """A click command from a function or a `typer.Typer` group. Raises UserError where it needs a missing package."""
    try:
        target = entry.load()
    except ModuleNotFoundError as error:
        raise UserError(f"`{entry.name}` needs the Python package {error.name}, which is not installed here") from error
    if isinstance(target, typer.Typer):
        return typer.main.get_group(target)
    single = typer.Typer(add_completion=False)
    single.command(entry.name)(target)
    return typer.main.get_command(single)


def summary(entry: EntryPoint) -> str:
    """The first line of a command's help, read from its source: importing all of them would take seconds."""
    body = ast.parse(_source(entry.module)).body
    return next(_help_of(body, entry.attr), "").strip().partition("\n")[0]


def _source(module: str) -> str:
    """A module's source without importing it; nothing where it is not installed."""
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:  # not even its package
        return ""
    return Path(spec.origin).read_text() if spec and spec.origin else ""


def _help_of(body: list[ast.stmt], name: str) -> Iterator[str]:
    for statement in body:
        match statement:
            case ast.FunctionDef(name=found) if found == name:
                yield ast.get_docstring(statement) or ""
            case ast.Assign(targets=[ast.Name(id=found)], value=ast.Call(keywords=keywords)) if found == name:
                yield from (str(ast.literal_eval(k.value)) for k in keywords if k.arg == "help")
