"""Real servers on this machine that take notifications: HTTP, and just enough of SMTP."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Receiver:
    """What came, as text. It refuses where `refusing`, and answers nothing before `answering` is set."""

    port: int = 0
    got: list[str] = field(default_factory=list)
    refusing: bool = False
    answering: threading.Event = field(default_factory=threading.Event)

    def take(self, message: str) -> bool:
        """Whether it is acknowledged."""
        self.got.append(message)
        self.answering.wait(60)
        return not self.refusing


@contextmanager
def http() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            headers = "".join(f"{name}: {value}\n" for name, value in self.headers.items())
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            taken = receiver.take(f"POST {self.path}\n{headers}\n{body}")
            self.send_response(200 if taken else 500)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with _serving(ThreadingHTTPServer(("127.0.0.1", 0), Handler), receiver):
        yield receiver


@contextmanager
def smtp() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self._say("220 here")
            for line in self.rfile:
                match line[:4].upper().strip():
                    case b"DATA":
                        self._say("354 go on")
                        self._say("250 taken" if receiver.take(self._message()) else "550 not for us")
                    case b"QUIT":
                        self._say("221 bye")
                        return
                    case _:
                        self._say("250 well")

        def _message(self) -> str:
            lines = iter(self.rfile.readline, b".\r\n")
            message = message_from_bytes(b"".join(lines))
            return f"{message['Subject']}\n\n{message.get_payload(decode=True).decode()}"

        def _say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

    with _serving(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler), receiver):
        yield receiver


@contextmanager
def _serving(server: socketserver.TCPServer, receiver: Receiver) -> Iterator[None]:
    receiver.port = server.server_address[1]
    receiver.answering.set()
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    with server:
        thread.start()
        yield
        receiver.answering.set()
        server.shutdown()
        thread.join()
