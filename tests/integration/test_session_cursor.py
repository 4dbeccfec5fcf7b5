"""A connection that Postgres ends under a server-side cursor leaves nothing open behind it."""

import gc
import warnings

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from bearometer_shared.settings import Settings
from bearometer_shared.storage.session import connect, transaction


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
