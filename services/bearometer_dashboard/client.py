"""The public API as the dashboard reads it: JSON in, JSON out, and two kinds of failure."""

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx2

from bearometer_shared.errors import BearometerError
from bearometer_shared.settings import Settings

Json = dict[str, Any]

ANSWER_S = 5.0
SILENCE_S = 45.0  # the API sends a heartbeat comment every few seconds; longer silence is a dead connection


class ApiAwayError(BearometerError):
    """The API cannot be reached, or answers with a fault of its own. Trying again may help."""


class ApiRefusedError(BearometerError):
    """The API understood and said no; the text is its reason."""


def connect(settings: Settings) -> httpx2.AsyncClient:
    """An HTTP client for the API at `settings.api_url`, with the bearer token if one is set."""
    token = settings.api_token
    headers = {"Authorization": f"Bearer {token.get_secret_value()}"} if token else {}
    # The API stands where the settings say: no proxy of the environment in between.
    return httpx2.AsyncClient(base_url=settings.api_url, headers=headers, timeout=ANSWER_S, trust_env=False)


class Api:
    """Calls to `/v1`. Every method may raise ApiAwayError or ApiRefusedError."""

    def __init__(self, http: httpx2.AsyncClient) -> None:
        self._http = http

    async def get(self, path: str, **query: Any) -> Json:
        """The answer to GET /v1/PATH; a list as a value repeats its key."""
        return await self._answer("GET", path, params={k: v for k, v in query.items() if v is not None})

    async def post(self, path: str, body: Json) -> Json:
        """The answer to POST /v1/PATH."""
        return await self._answer("POST", path, json=body)

    async def events(self) -> AsyncIterator[None]:
        """Yields once when the subscription stands, then whenever rows changed. Ends when the API hangs up."""
        timeout = httpx2.Timeout(ANSWER_S, read=SILENCE_S)
        try:
            async with self._http.sse("/v1/events", timeout=timeout) as source:
                _check(source.response)
                yield
                async for event in source:
                    if event.event == "change":
                        yield
        except httpx2.HTTPError as error:
            raise _away(error) from error

    async def _answer(self, method: str, path: str, **request: Any) -> Json:
        try:
            response = await self._http.request(method, f"/v1/{path}", **request)
        except httpx2.HTTPError as error:
            raise _away(error) from error
        _check(response)
        try:
            return cast(Json, response.json())
        except ValueError as error:
            raise ApiAwayError("something else than the API answers at its address") from error


def _away(error: httpx2.HTTPError) -> ApiAwayError:
    return ApiAwayError(str(error) or type(error).__name__)


def _check(response: httpx2.Response) -> None:
    if response.status_code == 401:
        raise ApiRefusedError("the API wants another token: set BEAROMETER_API_TOKEN")
    if response.is_server_error:
        raise ApiAwayError(_detail(response))
    if response.is_error:
        raise ApiRefusedError(_detail(response))


def _detail(response: httpx2.Response) -> str:
    """The reason in a problem document (RFC 9457), else the bare status."""
    try:
        problem = response.json()
        return str(problem.get("detail") or problem["title"])
    except (ValueError, KeyError, AttributeError, httpx2.ResponseNotRead):
        return f"the API answered {response.status_code} {response.reason_phrase}".rstrip()
