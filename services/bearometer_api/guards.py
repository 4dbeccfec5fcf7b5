"""What stands before every request: a token where one is set, a limit of size, and headers that browsers obey."""

import secrets
from collections.abc import Mapping

from fastapi import HTTPException
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bearometer_api.problems import problem

MAX_BODY = 16 * 1024 * 1024
# Nothing that we answer is a page: a browser that is led here must neither run, frame nor keep it.
HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class SafeHeaders:
    """Middleware: adds HEADERS to every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, marked)


class BearerToken:
    """Middleware: every call under /v1 must carry the token (RFC 6750), before anything of it is read."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self.app = app
        self._expected = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v1") and not self._carried(scope):
            refusal = problem(401, "a bearer token is needed", scope["path"], {"WWW-Authenticate": "Bearer"})
            return await refusal(scope, receive, send)
        return await self.app(scope, receive, send)

    def _carried(self, scope: Scope) -> bool:
        given = Headers(scope=scope).get("authorization", "").encode("latin-1")
        scheme, _, rest = given.partition(b" ")
        return secrets.compare_digest(scheme.title() + b" " + rest, self._expected)


class BodyLimit:
    """Middleware: reading more than MAX_BODY bytes of a request raises 413.

    FastAPI's own limit answers in plain text where Content-Length tells; ours is a problem like any other.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        taken = 0

        async def counted() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > MAX_BODY:
                raise HTTPException(413, f"the body is larger than {MAX_BODY} bytes")
            return message

        await self.app(scope, counted, send)
