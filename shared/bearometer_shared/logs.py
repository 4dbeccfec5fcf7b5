"""Structured logs: coloured lines for people, JSON for machines."""

import logging
import sys

import structlog

from bearometer_shared.settings import Settings


def configure(settings: Settings, service: str) -> None:
    """Sets up structlog for a process; every line carries the service's name."""
    human = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    renderer = structlog.processors.JSONRenderer() if settings.log_format == "json" else human
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, settings.log_level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger().handlers[0].addFilter(_Sparing())
    structlog.contextvars.bind_contextvars(service=service)


class _Sparing(logging.Filter):
    """During an outage kafka-python writes dozens of tracebacks a second: one line in ten seconds says as much."""

    def __init__(self) -> None:
        super().__init__()
        self._quiet_until = 0.0

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith("kafka"):
            return True
        record.exc_info = record.exc_text = None
        quiet = record.created < self._quiet_until
        if not quiet:
            self._quiet_until = record.created + 10
        return not quiet
