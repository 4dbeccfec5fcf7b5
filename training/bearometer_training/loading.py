"""Which model a command uses: the folder that it is given, or the champion that ships."""

from pathlib import Path
from typing import Annotated

import typer

from bearometer_shared.inference.engine import Engine
from bearometer_shared.settings import settings
from bearometer_training import champion

Model = Annotated[Path | None, typer.Option(metavar="DIR", help="an artifact folder; default: the shipped champion")]


def loaded(folder: Path | None) -> Engine:
    """The engine of an artifact. Raises ArtifactError where it is damaged."""
    return Engine.load(folder or shipped())


def shipped() -> Path:
    """The folder of the champion that ships, which takes half a minute to make at first."""
    return champion.ensure(settings(), lambda line: typer.echo(line, err=True))
