"""/v1/models: the registry, who serves what, and moving the champion pointer."""

from datetime import date
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from bearometer_api.parts import Given, Parts
from bearometer_api.problems import missing
from bearometer_api.shapes import Body, Utc
from bearometer_shared.storage import drifts, models, rebases, runs
from bearometer_shared.storage.session import transaction

router = APIRouter(prefix="/v1/models", tags=["learning"])
NO_NUL = "^[^\\u0000]*$"


class Rebased(BaseModel):
    """Before the version served last, it told recent history, from which alert baselines follow."""

    at: Utc
    items: int = Field(description="told anew")
    missing: int = Field(description="not told when time was up; not 0: alert baselines were carried over")
    seconds: float


class Model(BaseModel):
    """A registered version."""

    version: str = Field(examples=["2026-03-05-1a2b3c"])
    parent: str | None = Field(description="the version that it was trained further from")
    location: str = Field(description="where it lies in the artifact store")
    manifest: dict[str, Any] = Field(description="base, recipe, labels, metrics, and the hash of each file")
    run_id: int | None = Field(description="the run that made it")
    created_at: Utc
    pruned_at: Utc | None = Field(description="when its files were removed from the store; it cannot serve")
    champion: bool = Field(description="whether scorers are told to serve it")
    shadow: dict[str, Any] | None = Field(description="what its run found on the newest items beside the champion")
    rebased: Rebased | None = Field(description="null where it has replaced no model")


class Server(BaseModel):
    """What a scorer said last."""

    instance: str = Field(examples=["scorer-1"])
    version: str = Field(description="the version that it serves")
    since: Utc
    seen_at: Utc
    error: str = Field(description="why it could not load something newer, or empty")


class Drift(BaseModel):
    """Whether a stream's last seven days were news of another kind than the champion told before."""

    stream: str
    day: date = Field(description="the last of them")
    at: Utc
    drifted: bool
    reason: str = Field(description="what differs, or empty")
    figures: dict[str, Any] = Field(
        description="distance and p-value of answers and embeddings, the level; no such tests where days are too few"
    )


class Models(BaseModel):
    """The registry, newest first."""

    champion: str | None = Field(description="the version to serve; null before the first")
    models: list[Model]
    servers: list[Server]
    drifts: list[Drift] = Field(description="the newest tests of each stream for the champion")


class Reason(Body):
    """Why the pointer moves; it is kept."""

    reason: str = Field(min_length=1, max_length=500, pattern=NO_NUL, examples=["better on the March labels"])


class Promotion(Reason):
    """Which version to serve, and why."""

    version: str = Field(min_length=1, max_length=200, pattern=NO_NUL)


class Moved(BaseModel):
    """Where the pointer stands now."""

    champion: str
    moved: bool = Field(description="false: it stood there already")


@router.get("")
def list_models(given: Given) -> Models:
    """Every version, the champion, and what each scorer serves."""
    with transaction(given.engine) as connection:
        now = models.champion(connection)
        told, servers = rebases.newest(connection), models.servers(connection)
        shadows = runs.shadows(connection)
        tested = drifts.newest(connection, now.version) if now else []
        found = [
            row | {"rebased": told.get(row["version"]), "shadow": shadows.get(row["version"])}
            for row in models.listing(connection)
        ]
    return Models.model_validate(
        {"models": found, "servers": servers, "drifts": tested, "champion": now and now.version}
    )


@router.post("/promote")
def promote(asked: Promotion, given: Given) -> Moved:
    """Makes a version the champion; scorers load it beside the old one and switch between two batches.

    409 where its files were removed from the store.
    """
    with transaction(given.engine) as connection:
        models.hold_pointer(connection)
        row = models.get(connection, asked.version)
        if row is None:
            raise missing(f"no model version {asked.version!r}")
        if row["pruned_at"]:
            raise HTTPException(HTTPStatus.CONFLICT, f"the files of {asked.version!r} were removed; import them first")
        return _move(connection, given, asked.version, asked.reason)


@router.post("/rollback")
def roll_back(asked: Reason, given: Given) -> Moved:
    """Makes the champion what it was before the last promotion. 409 where there is nothing before it."""
    with transaction(given.engine) as connection:
        version = models.previous(connection)
        if version is None:
            raise HTTPException(HTTPStatus.CONFLICT, "no model served before this one")
        return _move(connection, given, version, asked.reason)


def _move(connection: Connection, given: Parts, version: str, reason: str) -> Moved:
    moved = models.promote(connection, version, actor="api", reason=reason, at=given.clock.now())
    return Moved(champion=version, moved=moved)
