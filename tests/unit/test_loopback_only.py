"""The hook that keeps the gateway's Python code to this machine."""

from __future__ import annotations

import socket

import pytest

from gateway_kit.stack.servers.gateway import loopback_only


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "localhost", b"localhost", "", None]
)
def test_this_machine_may_be_called(host: object):
    loopback_only._check("socket.getaddrinfo", (host, 80, 0, 0, 0))
    if host is not None:
        loopback_only._check("socket.connect", (None, (host, 80)))


@pytest.mark.parametrize(
    "host", ["192.0.2.1", "2001:db8::1", "::ffff:192.0.2.1", "0.0.0.0", "fe80::1%eth0", "example.com"]
)
@pytest.mark.parametrize("event", ["socket.connect", "socket.sendto", "socket.sendmsg"])
def test_no_other_address_may(event: str, host: str):
    with pytest.raises(PermissionError, match="lets nothing out"):
        loopback_only._check(event, (None, (host, 443)))


def test_no_name_is_looked_up_elsewhere():
    for event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        with pytest.raises(PermissionError, match=r"example\.com is another machine"):
            loopback_only._check(event, ("example.com", 443, 0, 0, 0))
    loopback_only._check(
        "socket.getaddrinfo", ("192.0.2.1", 443, 0, 0, 0)
    )  # no look-up: connecting is refused


def test_sockets_of_files_and_other_events_are_left_alone():
    loopback_only._check("socket.connect", (None, "/run/some.sock"))
    loopback_only._check("socket.sendmsg", (None, None))
    loopback_only._check("open", ("example.com", "r", 0))


def test_it_is_asked_for_by_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(loopback_only.VARIABLE, raising=False)
    assert not loopback_only.wanted()
    monkeypatch.setenv(loopback_only.VARIABLE, "1")
    assert loopback_only.wanted()
    assert socket.gethostbyname("localhost") == "127.0.0.1"  # asking does not install it
