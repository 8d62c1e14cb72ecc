from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from gateway_kit.common.environment import digest
from gateway_kit.errors import GatewayError
from gateway_kit.stack.services import virtual_key
from gateway_kit.stack.services.virtual_key import ensure_virtual_key


class Recovering(BaseHTTPRequestHandler):
    """A gateway that has lost its database: it lists nothing, and makes a key when it has its database back."""

    statuses: list[int]
    asked: int
    listed = 200
    why = b"why it is so"

    def do_GET(self) -> None:
        self._answer(self.listed, b"{}")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        type(self).asked += 1
        self._answer(self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0], self.why)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gateway() -> Iterator[str]:
    Recovering.asked = 0
    with ThreadingHTTPServer(("127.0.0.1", 0), Recovering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual_key, "_AGAIN_S", 0.01)


def test_a_gateway_that_finds_its_database_again_is_asked_until_then(gateway: str) -> None:
    Recovering.statuses = [500, 503, 200]
    said: list[str] = []
    assert ensure_virtual_key(gateway, "sk-master", "sk-lessons", lambda: said.append("waiting")) is True
    assert Recovering.asked == 3
    assert said == ["waiting"]


def test_where_nothing_is_waited_for_nothing_is_said(gateway: str) -> None:
    Recovering.statuses = [200]
    said: list[str] = []
    assert ensure_virtual_key(gateway, "sk-master", "sk-lessons", lambda: said.append("waiting")) is True
    assert said == []


def test_a_refusal_is_final(gateway: str) -> None:
    Recovering.statuses = [401]
    with pytest.raises(GatewayError, match="HTTP 401 why it is so"):
        ensure_virtual_key(gateway, "sk-master", "sk-lessons")
    assert Recovering.asked == 1


def test_patience_ends(gateway: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(virtual_key, "_PATIENCE_S", 1.0)
    Recovering.statuses = [500]
    with pytest.raises(GatewayError, match="HTTP 500 why it is so"):
        ensure_virtual_key(gateway, "sk-master", "sk-lessons")
    assert Recovering.asked > 1


def test_a_key_that_was_created_by_a_request_whose_answer_got_lost_is_there(
    gateway: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Recovering.statuses = [400]
    why = f"Key with alias 'lessons-{digest('sk-lessons')[:6]}' already exists. Unique key aliases are required."
    monkeypatch.setattr(Recovering, "why", why.encode())
    assert ensure_virtual_key(gateway, "sk-master", "sk-lessons") is False
    monkeypatch.setattr(Recovering, "why", b"Key with alias 'another' already exists.")
    with pytest.raises(GatewayError, match="another"):
        ensure_virtual_key(gateway, "sk-master", "sk-lessons")


def test_no_key_is_created_while_the_list_cannot_be_read(
    gateway: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Recovering.statuses = [200]
    monkeypatch.setattr(Recovering, "listed", 500)
    monkeypatch.setattr(virtual_key, "_PATIENCE_S", 0.1)
    with pytest.raises(GatewayError, match="HTTP 500"):
        ensure_virtual_key(gateway, "sk-master", "sk-lessons")
    assert Recovering.asked == 0
