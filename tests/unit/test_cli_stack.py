"""How one machine is run: ports, restarts, and one `up` a home."""

import signal
import socket
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from subprocess import Popen
from typing import Any, cast

import pytest
from pydantic import SecretStr

from bearometer_cli import home, services
from bearometer_cli.servers import local, ports
from bearometer_cli.servers.child import Child, StartError
from bearometer_cli.supervisor import LONGEST_PAUSE_S, STEADY_S, Watched
from bearometer_shared import settings as settings_module
from bearometer_shared.errors import UserError
from bearometer_shared.settings import ADDRESSES, Settings


class _Process:
    """A process that ends when the test says so."""

    def __init__(self) -> None:
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self.returncode


def _child() -> Child:
    return Child("one", cast("Popen[bytes]", _Process()), Path("one.log"), signal.SIGTERM)


def _end(child: Child) -> None:
    cast(Any, child.process).returncode = 1


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of the test's own, with settings read anew."""
    monkeypatch.setenv("BEAROMETER_HOME", str(tmp_path))
    settings_module.settings.cache_clear()
    yield tmp_path
    settings_module.settings.cache_clear()


def test_a_child_that_keeps_ending_is_started_after_longer_and_longer_pauses() -> None:
    watched, starts, now = Watched(_child, _child(), started_at=0), list[float](), 0.0
    while len(starts) < 8:
        before = watched.child
        if watched.due is None:
            _end(watched.child)
        watched.look(now)
        if watched.child is not before:
            starts.append(now)
        now += 0.5
    gaps = [b - a for a, b in pairwise(starts)]
    assert gaps == sorted(gaps)
    assert gaps[0] <= 3
    assert gaps[-1] >= LONGEST_PAUSE_S


def test_a_child_that_ran_steadily_is_started_again_after_the_first_pause() -> None:
    watched = Watched(_child, _child(), started_at=0, pause_s=16)
    _end(watched.child)
    watched.look(STEADY_S + 1)
    assert watched.due == STEADY_S + 2


def test_a_start_that_fails_is_tried_again() -> None:
    def fails() -> Child:
        raise StartError("no room")

    watched = Watched(fails, _child(), started_at=0, due=5)
    watched.look(5)
    assert watched.due == 6


def test_a_running_child_is_left_alone() -> None:
    watched = Watched(_no_start, child := _child(), started_at=0)
    watched.look(1000)
    assert watched.child is child


def _no_start() -> Child:
    raise AssertionError("it runs; nothing may be started")


def test_every_service_has_ports_of_its_own() -> None:
    planned = services.plan(services.place(Settings()), scorers=3)
    assert [s.name for s in planned if s.name.startswith("scorer")] == ["scorer-1", "scorer-2", "scorer-3"]
    assert len({port for s in planned for port in s.environment.values()}) == len(planned)
    assert len({s.ready for s in planned}) == len(planned)


def test_a_port_in_use_is_no_reason_to_fail() -> None:
    with socket.create_server((ports.LOCAL, 0)) as busy:
        taken = busy.getsockname()[1]
        placed = services.place(Settings(api_port=taken, dashboard_port=taken))
    assert placed.api_port != taken
    assert placed.dashboard_port not in (taken, placed.api_port)
    assert placed.api_url == f"http://{ports.LOCAL}:{placed.api_port}"


def test_only_servers_that_the_settings_do_not_give_are_started_here() -> None:
    given = Settings(kafka="broker:9092", database_url=SecretStr(""), redis_url=SecretStr("redis://elsewhere/0"))
    assert [kind.title for kind in local.missing(given)] == ["Postgres"]


def test_a_second_up_in_the_same_home_is_refused_in_one_line(here: Path) -> None:
    with home.occupied(), pytest.raises(UserError, match=r"runs in .* already") as refused, home.occupied():
        pass
    assert "\n" not in str(refused.value)
    with home.occupied() as configuration:  # and free again afterwards
        assert configuration.home == here


def test_addresses_of_an_up_that_was_killed_do_not_read_as_servers_of_somebody_else(here: Path) -> None:
    (here / ADDRESSES).write_text("BEAROMETER_KAFKA=127.0.0.1:1\n")
    with home.occupied() as configuration:
        assert configuration.kafka == ""


def test_addresses_are_for_our_eyes_and_gone_afterwards(here: Path) -> None:
    with home.occupied() as configuration:
        home.publish(configuration.model_copy(update={"kafka": "127.0.0.1:8703"}))
        assert (here / ADDRESSES).stat().st_mode & 0o077 == 0
        assert "BEAROMETER_KAFKA=127.0.0.1:8703\n" in (here / ADDRESSES).read_text()
    assert not (here / ADDRESSES).exists()
