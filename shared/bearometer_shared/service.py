"""What every long-running service does the same way: stop on SIGTERM, answer /healthz, /readyz and /metrics."""

import signal
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from bearometer_shared.errors import BearometerError, UserError
from bearometer_shared.logs import configure
from bearometer_shared.settings import Settings, settings


class Stopping:
    """Set by SIGTERM or SIGINT; loops look at it between two batches."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def __call__(self) -> bool:
        return self.event.is_set()

    def set(self, *_: object) -> None:
        self.event.set()

    def wait(self, seconds: float) -> bool:
        """Sleeps, but not longer than until a stop. True when stopping."""
        return self.event.wait(seconds)

    def on_signals(self) -> "Stopping":
        signal.signal(signal.SIGTERM, self.set)
        signal.signal(signal.SIGINT, self.set)
        return self


def run(name: str, work: Callable[[Settings], None]) -> None:
    """The `main` of a service: settings, logs, work. A user's mistake is one line and exit code 2."""
    try:
        configuration = settings()
        configure(configuration, name)
        work(configuration)
    except UserError as error:
        sys.exit(_line(name, error, 2))
    except BearometerError as error:
        sys.exit(_line(name, error, 1))


def _line(name: str, error: BearometerError, code: int) -> int:
    sys.stderr.write(f"{name}: {error}\n")
    return code


class _Handler(BaseHTTPRequestHandler):
    ready: Callable[[], str]

    def do_GET(self) -> None:
        if self.path == "/metrics":
            self._answer(200, generate_latest(REGISTRY), CONTENT_TYPE_LATEST)
        elif self.path == "/healthz":
            self._answer(200, b"ok\n", "text/plain")
        elif self.path == "/readyz":
            reason = type(self).ready()
            self._answer(503 if reason else 200, (reason or "ok").encode() + b"\n", "text/plain")
        else:
            self._answer(404, b"not found\n", "text/plain")

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


def serve_health(configuration: Settings, ready: Callable[[], str]) -> None:
    """Serves health and metrics on a thread, if a port is set. `ready` says why not, or the empty string."""
    if configuration.metrics_port:
        handler = type("Handler", (_Handler,), {"ready": staticmethod(ready)})
        server = ThreadingHTTPServer((configuration.metrics_host, configuration.metrics_port), handler)
        threading.Thread(target=server.serve_forever, daemon=True, name="health").start()
        structlog.get_logger().info("health", port=configuration.metrics_port)
