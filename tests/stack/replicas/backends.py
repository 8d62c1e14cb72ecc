"""Small real HTTP servers for the balancer's tests: each says who it is, and does what the test tells it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from gateway_kit.common.polling import poll_until
from gateway_kit.stack.services.balancer import READY_PATH


class Backend(ThreadingHTTPServer):
    """A server with a name; `seen` are the paths that it was asked for, without those of health checks.

    ready   whether it says that it is
    hangs   whether it leaves health checks without an answer
    go_on   a stream that was begun waits for it
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, name: str, port: int = 0) -> None:
        self.name, self.ready, self.hangs = name, True, False
        self.go_on = threading.Event()
        self.seen: list[str] = []
        self.clients: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Connections that the test cuts are no news."""

    def die(self) -> None:
        """Close the port and every connection; returns once the other side has noticed."""
        self.shutdown()
        self.server_close()
        for client in list(self.clients):
            with suppress(OSError):  # it was closed before
                client.shutdown(socket.SHUT_WR)
        _, closed = poll_until(lambda: not self.clients, timeout_s=60, pause_s=0.01)
        assert closed


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Backend

    def setup(self) -> None:
        super().setup()
        self.server.clients.add(self.connection)

    def finish(self) -> None:
        super().finish()
        self.server.clients.discard(self.connection)

    def log_message(self, *args: object) -> None:
        """Nobody reads it."""

    def do_GET(self) -> None:
        if self.path == READY_PATH:
            while self.server.hangs:
                threading.Event().wait(0.05)
            self._answer(b"", status=200 if self.server.ready else 503)
            return
        self.server.seen.append(self.path)
        if self.path == "/slow":
            threading.Event().wait(0.1)
        if self.path == "/stream":
            self._stream()
        else:
            self._answer(f"{self.server.name} {self.path}".encode())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.seen.append(self.path)
        if self.path == "/cut":  # it was received, and perhaps carried out
            self.close_connection = True
            return
        self._answer(f"{self.server.name} {len(body)}".encode())

    def _answer(self, body: bytes, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self._chunk(f"{self.server.name} begins\n")
        self.server.go_on.wait(30)
        self._chunk(f"{self.server.name} ends\n")
        self.wfile.write(b"0\r\n\r\n")

    def _chunk(self, text: str) -> None:
        self.wfile.write(f"{len(text):x}\r\n{text}\r\n".encode())
        self.wfile.flush()


@contextmanager
def serving(name: str, port: int = 0) -> Iterator[Backend]:
    """A backend that answers until the end of the block, if it does not die before."""
    backend = Backend(name, port)
    thread = threading.Thread(target=backend.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield backend
    finally:
        backend.go_on.set()
        backend.hangs = False
        if thread.is_alive():
            backend.die()
