"""Children end with their parent, however it ends, and what an earlier parent left is cleared away."""

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bearometer_cli.servers import child, ports, postgres
from bearometer_shared.clock import SystemClock

PARENT = """
import signal, sys
from pathlib import Path
from bearometer_cli.servers import child, postgres, valkey
home = Path(sys.argv[1])
started = [postgres.start(home, 0).child, valkey.start(home, 0).child, child.start("sleeper", ["sleep", "300"], home)]
print(*(one.process.pid for one in started), flush=True)
signal.pause()
"""


def test_children_end_when_their_parent_is_killed_and_the_next_start_is_clean(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 3
        assert all(map(_lives, pids))
        parent.kill()
    _wait(lambda: not any(map(_lives, pids)))
    postgres.start(tmp_path, preferred=0).stop()


def test_a_leftover_of_the_same_name_is_ended_before_the_next_starts(tmp_path: Path) -> None:
    first = child.start("one", ["sleep", "300"], tmp_path)
    second = child.start("one", ["sleep", "300"], tmp_path)
    assert first.process.wait(5) == -signal.SIGTERM
    assert second.running()
    second.stop()


def test_a_process_that_only_got_the_same_number_is_left_alone(tmp_path: Path) -> None:
    other = child.start("other", ["sleep", "300"], tmp_path)
    (tmp_path / "run" / "gone.pid").write_text(f"{other.process.pid} 12345\n")
    child.end_leftover("gone", tmp_path)
    assert other.running()
    other.stop()


def test_a_child_that_ignores_the_request_is_killed_with_what_it_started(tmp_path: Path) -> None:
    stubborn = child.start("stubborn", ["sh", "-c", "trap '' TERM; sleep 300 & echo $!; wait; wait"], tmp_path)
    _wait(lambda: stubborn.log.read_text().strip())
    grandchild = int(stubborn.log.read_text())
    stubborn.stop(grace_s=0.2)
    assert stubborn.process.returncode == -signal.SIGKILL
    _wait(lambda: not _lives(grandchild))


def test_a_taken_port_is_passed_over_and_the_choice_is_remembered(tmp_path: Path) -> None:
    first = ports.remembered(tmp_path / "a", 0)
    assert ports.remembered(tmp_path / "a", 0) == first
    assert ports.remembered(tmp_path / "b", first, taken=frozenset({first})) != first


def _lives(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def _wait(condition: Callable[[], object]) -> None:
    clock, waited = SystemClock(), 0.0
    while not condition():
        assert waited < 15, "waited 15 s"
        clock.sleep(0.05)
        waited += 0.05
