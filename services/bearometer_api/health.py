"""/healthz, /readyz and /metrics: open to whoever runs the machines."""

from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from pydantic import BaseModel, Field
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from bearometer_api.failures import RETRY
from bearometer_api.parts import Given
from bearometer_api.problems import FieldError, problem
from bearometer_shared.kafka.port import KafkaUnavailableError
from bearometer_shared.storage import reading
from bearometer_shared.storage.session import transaction

router = APIRouter(tags=["health"])
PATIENCE_S = 3.0


class Health(BaseModel):
    """All is well."""

    status: str = Field("ok", examples=["ok"])


@router.get("/healthz")
async def alive() -> Health:
    """Whether the process answers. It looks at nothing else: restarting it would not bring a server back."""
    return Health()


@router.get("/readyz", response_model=Health)
async def ready(request: Request, given: Given) -> Health | Response:
    """Whether Postgres and Kafka can be reached; 503 names which of them cannot."""
    errors = []
    try:
        await given.publisher.reach(PATIENCE_S)
    except KafkaUnavailableError as error:
        errors.append(FieldError(field="kafka", detail=str(error)))
    if not await run_in_threadpool(_answers, given.engine):
        errors.append(FieldError(field="postgres", detail="cannot be reached"))
    if errors:
        away = " and ".join(error.field for error in errors)
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, f"away: {away}", request.url.path, RETRY, errors=errors)
    return Health()


@router.get("/metrics", response_class=Response)
def metrics() -> Response:
    """Counters and timings in Prometheus' text format."""
    return Response(generate_latest(REGISTRY), headers={"Content-Type": CONTENT_TYPE_LATEST})


def _answers(engine: Engine) -> bool:
    try:
        with transaction(engine) as connection:
            reading.newest_event(connection, "live")
    except SQLAlchemyError:
        return False
    return True
