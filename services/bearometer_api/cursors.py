"""Opaque cursors: where a page ended, packed so that no caller is tempted to build one."""

import base64
from typing import TypeVar

from pydantic import BaseModel

from bearometer_api.problems import WrongFieldError

Position = TypeVar("Position", bound=BaseModel)


def pack(position: BaseModel) -> str:
    """A position as text that is safe in an address."""
    return base64.urlsafe_b64encode(position.model_dump_json().encode()).decode().rstrip("=")


def unpack(kind: type[Position], cursor: str) -> Position:
    """The position that `pack` was given. Raises WrongFieldError for anything else."""
    try:
        return kind.model_validate_json(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as error:
        raise WrongFieldError("query.cursor", "not a `next_cursor` of this API") from error
