"""The balancer before small real servers: what it does when they die, hang, are taken out and come back."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path

import psutil
import pytest

from gateway_kit.common.polling import poll_until
from gateway_kit.errors import ServiceError
from gateway_kit.settings import HOST, Settings
from gateway_kit.stack.replicas import api_port
from gateway_kit.stack.services import balancer
from gateway_kit.stack.services.balancer import Balancer, balancer_service
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.ports import free_offset
from gateway_kit.stack.supervisor.process import ProcessRecord, Service
from tests.stack.replicas.backends import Backend, serving

MANY = 20  # requests, after which each of two servers must have had some


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("balancer"), port_offset=free_offset())


@pytest.fixture(scope="module")
def started(settings: Settings) -> Iterator[tuple[Service, ProcessRecord]]:
    service = balancer_service(settings, {"LITELLM_MASTER_KEY": "sk-not-for-it"}, [])
    assert service.prepare is not None
    service.prepare()
    # Nothing to send requests to is nothing to be ready for: the first test's servers come later.
    record = process.start(service)
    process.wait_ready(replace(service, ready=lambda: _listens(service.port)), record, deadline_s=30)
    yield service, record
    assert process.stop(record)


@pytest.fixture
def two(
    started: tuple[Service, ProcessRecord], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Backend, Backend]]:
    for name, seconds in (("EVERY", 0.2), ("WITHIN", 0.4), ("AGAIN", 0.2)):  # small servers need no patience
        monkeypatch.setattr(balancer, f"CHECK_{name}_S", seconds)
    with ExitStack() as servers:
        first, second = (servers.enter_context(serving(name)) for name in ("first", "second"))
        Balancer(settings).send_to([first.url, second.url])
        yield first, second


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex((HOST, port)) == 0


def _get(connection: HTTPConnection, path: str = "/") -> tuple[int, str]:
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def _client(settings: Settings, timeout: float = 20) -> closing[HTTPConnection]:
    return closing(HTTPConnection(HOST, settings.port("gateway"), timeout=timeout))


def _names(settings: Settings, count: int = MANY) -> set[str]:
    """Who answered so many requests, each of which succeeded."""
    with _client(settings) as connection:
        answers = [_get(connection) for _ in range(count)]
    assert {status for status, _ in answers} == {200}
    return {text.split()[0] for _, text in answers}


def _wait_serving(settings: Settings, expected: dict[str, bool]) -> None:
    told, as_expected = poll_until(
        Balancer(settings).serving, lambda now: now == expected, timeout_s=120, pause_s=0.05
    )
    assert as_expected, told


def test_requests_go_to_all_as_the_client_wrote_them(
    two: tuple[Backend, Backend], settings: Settings
) -> None:
    path = "/v1/models/a%2Fb//c/../d?x=1;2"
    with _client(settings) as connection:
        texts = {_get(connection, path)[1] for _ in range(MANY)}

    as_it_arrives = path.replace(";", "%3B")
    assert texts == {f"first {as_it_arrives}", f"second {as_it_arrives}"}


def test_a_server_that_dies_costs_no_request(two: tuple[Backend, Backend], settings: Settings) -> None:
    first, second = two
    assert _names(settings) == {"first", "second"}
    port = first.server_port

    first.die()
    assert _names(settings) == {"second"}, "with connections to the dead one that were open"
    _wait_serving(settings, {first.url: False, second.url: True})
    with serving("first again", port):
        _wait_serving(settings, {first.url: True, second.url: True})
        assert _names(settings) == {"first", "second"}


def test_a_server_that_dies_costs_no_request_although_it_has_the_fewest(
    two: tuple[Backend, Backend], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(balancer, "CHECK_EVERY_S", 1)
    first, second = two
    Balancer(settings).send_to([second.url])
    Balancer(settings).send_to([first.url, second.url])
    first.die()

    def call(_: int) -> int:
        with _client(settings) as connection:
            return _get(connection, "/slow")[0]

    with ThreadPoolExecutor(8) as clients:
        assert set(clients.map(call, range(40))) == {200}


def test_a_request_that_a_server_received_is_not_sent_again(
    two: tuple[Backend, Backend], settings: Settings
) -> None:
    with _client(settings) as connection:
        connection.request("POST", "/cut", body=b"pay this")
        answer = connection.getresponse()
        answer.read()

    assert answer.status == 502
    assert [path for server in two for path in server.seen] == ["/cut"]


def test_a_server_that_is_not_ready_or_hangs_gets_no_requests(
    two: tuple[Backend, Backend], settings: Settings
) -> None:
    first, second = two
    first.ready = False
    _wait_serving(settings, {first.url: False, second.url: True})
    assert _names(settings) == {"second"}

    first.ready, second.hangs = True, True
    _wait_serving(settings, {first.url: True, second.url: False})
    assert _names(settings) == {"first"}

    second.hangs = False
    _wait_serving(settings, {first.url: True, second.url: True})


def test_where_no_server_says_that_it_is_ready_all_get_requests(
    two: tuple[Backend, Backend], settings: Settings
) -> None:
    for server in two:
        server.hangs = True
    _wait_serving(settings, {server.url: False for server in two})
    assert _names(settings) == {"first", "second"}

    two[0].hangs = False
    _wait_serving(settings, {two[0].url: True, two[1].url: False})
    assert _names(settings) == {"first"}


def test_a_stream_and_a_connection_outlive_a_change(two: tuple[Backend, Backend], settings: Settings) -> None:
    first, second = two
    with _client(settings) as stream, _client(settings) as kept:
        status, _ = _get(kept)
        begun_on = kept.sock
        stream.request("GET", "/stream")
        answer = stream.getresponse()
        begin = answer.readline().decode()
        assert begin.endswith("begins\n"), "the first piece comes before the stream has an end"
        old, new = (first, second) if begin.startswith("first") else (second, first)

        Balancer(settings).send_to([new.url])
        asked = len(old.seen)
        assert {_get(kept)[1].split()[0] for _ in range(MANY)} == {new.name}
        assert (status, kept.sock) == (200, begun_on), "the client's connection stayed"
        assert len(old.seen) == asked

        old.go_on.set()
        assert answer.read().decode() == f"{old.name} ends\n"


def test_a_slow_upload_outlives_a_change(two: tuple[Backend, Backend], settings: Settings) -> None:
    first, second = two
    with _client(settings) as upload:
        upload.putrequest("POST", "/upload")
        upload.putheader("content-length", "200000")
        upload.endheaders(b"a" * 100_000)
        Balancer(settings).send_to([second.url])
        Balancer(settings).send_to([first.url])
        upload.send(b"b" * 100_000)
        answer = upload.getresponse()
        assert (answer.status, answer.read().decode().split()[1]) == (200, "200000")


def test_it_is_seen_and_reached_from_this_machine_alone_and_knows_no_secret(
    started: tuple[Service, ProcessRecord], settings: Settings
) -> None:
    service, record = started
    running = psutil.Process(record.pid)
    listening = {c.laddr for c in running.net_connections("tcp") if c.status == psutil.CONN_LISTEN}

    assert {address.ip for address in listening} == {HOST}
    assert {address.port for address in listening} == {service.port, api_port(settings)}
    assert "sk-not-for-it" not in running.environ().values()
    assert service.version
    assert service.log_path == settings.logs / "balancer.log"
    assert oct((settings.home / "balancer").stat().st_mode & 0o777) == "0o700"
    assert service.identity == balancer_service(settings, {}, ["http://127.0.0.1:1"]).identity


def test_a_balancer_that_is_gone_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(balancer, "_API_WAIT_S", 0.2)
    nobody = Settings(home=tmp_path, port_offset=free_offset())
    Balancer(nobody).folder.mkdir()

    assert Balancer(nobody).serving() == {}
    with pytest.raises(ServiceError, match="balancer did not take over"):
        Balancer(nobody).send_to(["http://127.0.0.1:1"])
