"""Everything on one machine: starts it in order, watches over it, stops it in order."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from bearometer_cli import home, prepare, services, subcommand
from bearometer_cli.console import say, step, warn
from bearometer_cli.readiness import wait_ready
from bearometer_cli.servers import child, local
from bearometer_cli.servers.child import Child
from bearometer_cli.servers.local import Kind
from bearometer_cli.services import Service
from bearometer_cli.supervisor import Watched, stop_together, watched
from bearometer_shared.settings import Settings

SERVICES_GRACE_S = 15.0
SERVERS_GRACE_S = 20.0


class Stack:
    """Servers and services with their settings. Everything here runs on the main thread, which the children outlive
    by no moment: a child ends with the thread that started it.
    """

    def __init__(self, configuration: Settings) -> None:
        self.settings = configuration
        self.servers: list[Watched] = []
        self.services: list[Watched] = []

    def start(self, scorers: int) -> None:
        """1. servers, 2. schema and topics, 3. the model, 4. services; returns when they are ready."""
        for kind in local.missing(self.settings):
            self._start_server(kind)
        self.settings = services.place(self.settings)
        home.publish(self.settings)
        with step("Schema and topics") as outcome:
            prepare.database(self.settings)
            prepare.topics(self.settings)
            outcome.text = "ready"
        subcommand.run(self.settings, "models", "prepare", look=self.look)
        self._start_services(services.plan(self.settings, scorers))

    def look(self) -> None:
        """One look at every child; those that ended are started again."""
        for one in [*self.servers, *self.services]:
            one.look(time.monotonic())

    def watch(self) -> None:
        """Looks after everything until an interrupt."""
        while True:
            self.look()
            time.sleep(0.2)

    def stop(self) -> None:
        """Services first, so that they can store what they hold; then the servers, the last started first."""
        stop_together([one.child for one in self.services], SERVICES_GRACE_S)
        stop_together([one.child for one in reversed(self.servers)], SERVERS_GRACE_S)

    def kill(self) -> None:
        for one in [*self.services, *self.servers]:
            one.child.kill()

    def _start_server(self, kind: Kind) -> None:
        with step(kind.title) as outcome:
            server = kind.start(self.settings.home)
            outcome.text = server.where
        if server.warning:
            warn("", server.warning)
        again = partial(self._server_again, kind)
        self.servers.append(Watched(again, server.child, time.monotonic()))
        self.settings = self.settings.model_copy(update={kind.setting: kind.wrap(server.address)})

    def _server_again(self, kind: Kind) -> Child:
        """A broker that keeps its records in memory has lost the topics too."""
        running = kind.start(self.settings.home).child
        if kind.setting == "kafka":
            prepare.topics(self.settings)
        return running

    def _start_services(self, planned: list[Service]) -> None:
        for service in planned:
            self.services.append(watched(partial(self._start_service, service)))
        wait_ready({service.name: service for service in planned}, self.look)

    def _start_service(self, service: Service) -> Child:
        environment = {**home.environment(self.settings), **service.environment}
        return child.start(service.name, service.command, self.settings.home, environment=environment)


@contextmanager
def running(scorers: int) -> Iterator[Stack]:
    """A started stack. SIGTERM and a closed terminal interrupt the body as Ctrl-C does; at its end all is stopped."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) != signal.SIG_IGN:  # nohup wants a closed terminal to be survived
            signal.signal(number, signal.default_int_handler)
    with home.occupied() as configuration:
        stack = Stack(configuration)
        try:
            stack.start(scorers)
            yield stack
        finally:
            _stop(stack)


def _stop(stack: Stack) -> None:
    """The second interrupt kills."""

    def kill(*_: object) -> None:
        stack.kill()
        sys.exit(1)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, kill)
    say("Stopping ... (Ctrl-C again kills)")
    stack.stop()
    say("Stopped.")
