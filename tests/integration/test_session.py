"""Connections that Postgres ends, or that its machine takes with it."""

import gc
import os
import socket
import warnings

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError

from bearometer_shared.settings import Settings
from bearometer_shared.storage.session import connect, transaction

PROBES = ("KEEPIDLE", "KEEPINTVL", "KEEPCNT", "USER_TIMEOUT")


def test_the_cursor_of_a_connection_that_died_is_closed(postgres_url: str) -> None:
    """Else Python warns of it wherever it next collects garbage: in a service's log, or in another test."""
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with pytest.raises(OperationalError), engine.connect() as connection:
            pid = connection.execute(text("SELECT pg_backend_pid()")).scalar()
            with transaction(engine) as other:
                other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
            connection.execute(text("SELECT 1"), execution_options={"yield_per": 10})
        gc.collect()
    engine.dispose()
    assert not [one for one in told if issubclass(one.category, ResourceWarning)]


def test_a_server_that_falls_silent_is_noticed_within_half_a_minute(postgres_url: str) -> None:
    """By the kernel, which asks when nothing comes: else a listener, which sends nothing, would wait for ever."""
    engine = connect(Settings(database_url=SecretStr(postgres_url)))
    with engine.connect() as connection, socket.socket(fileno=_dup(connection)) as ours:
        tcp = {name: ours.getsockopt(socket.IPPROTO_TCP, getattr(socket, f"TCP_{name}")) for name in PROBES}
        assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
    engine.dispose()
    assert tcp["KEEPIDLE"] + tcp["KEEPINTVL"] * tcp["KEEPCNT"] <= 30
    assert 0 < tcp["USER_TIMEOUT"] <= 30_000


def _dup(connection: Connection) -> int:
    driver = connection.connection.driver_connection
    assert driver is not None
    return os.dup(driver.fileno())
