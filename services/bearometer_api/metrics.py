"""What the API counts for operators."""

from time import perf_counter

from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS = Counter("bearometer_api_requests", "Answers given", ["method", "route", "status"])
SECONDS = Histogram("bearometer_api_seconds", "Seconds until an answer began", ["method", "route"])
PUSHED = Counter("bearometer_api_news", "Pushed items, accepted or rejected", ["outcome"])
LISTENERS = Gauge("bearometer_api_listeners", "Clients that listen to live events")

METHODS = {"GET", "POST", "HEAD", "OPTIONS"}  # the rest is "other": a stranger must not choose our label values


class Measured:
    """Middleware: counts answers and times their beginning, by route template."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                _count(scope, message["status"], perf_counter() - began)
            await send(message)

        await self.app(scope, receive, watched)


def _count(scope: Scope, status: int, seconds: float) -> None:
    method = scope["method"] if scope["method"] in METHODS else "other"
    route = getattr(scope.get("route"), "path", "unknown")
    REQUESTS.labels(method, route, status).inc()
    SECONDS.labels(method, route).observe(seconds)
