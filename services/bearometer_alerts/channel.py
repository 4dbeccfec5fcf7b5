"""The port to a receiver of notifications."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from bearometer_shared.errors import BearometerError
from bearometer_shared.storage.outbox import Notification


class NotDeliveredError(BearometerError):
    """The receiver did not take it; worth another try."""


class GoneError(BearometerError):
    """The receiver wants no more of them."""


class Channel(Protocol):
    """A way to a receiver: its name in the outbox, and how many notifications it takes at once.

    A payload of type `alert.digest` holds several (`digest`). What hangs is given up within the channel's own
    deadline, 20 s at most.
    """

    name: str
    batch: int

    def deliver(self, notifications: Sequence[Notification], now: datetime) -> None:
        """Returns once all are acknowledged. Raises NotDeliveredError or GoneError where none was taken, and what
        an outage raises: then nothing is marked, and the notifier waits."""
