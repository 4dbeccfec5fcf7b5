"""Outages in the log: a line each, where Celery would print a traceback every three seconds."""

import logging

from celery.beat import SchedulingError
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

SPEAKERS = ("celery.beat", "celery.worker.consumer.consumer")
OUTAGES = (OperationalError, RedisError, SchedulingError, ConnectionError)


def in_one_line(record: logging.LogRecord) -> bool:
    """A filter that drops no record, but the traceback of one that tells of an outage."""
    if record.exc_info and isinstance(record.exc_info[1], OUTAGES):
        record.msg, record.args = record.getMessage().splitlines()[0], ()
        record.exc_info = record.exc_text = None
    return True


def shorten() -> None:
    """Has those of Celery's loggers that tell of outages tell them shortly."""
    for name in SPEAKERS:
        logging.getLogger(name).addFilter(in_one_line)
