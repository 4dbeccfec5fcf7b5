"""What handlers work with, handed in by the composition root."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Engine

from bearometer_api.broadcast import Broadcaster
from bearometer_api.publisher import Publisher
from bearometer_shared.clock import Clock
from bearometer_shared.settings import Settings


@dataclass(frozen=True, slots=True)
class Parts:
    """The adapters of one application."""

    settings: Settings
    engine: Engine
    publisher: Publisher
    broadcaster: Broadcaster
    clock: Clock


async def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


Given = Annotated[Parts, Depends(_parts)]
