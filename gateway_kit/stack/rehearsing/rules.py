"""Rules of the kernel that keep a process, and all that it starts, from the network where no namespace may be made.

Landlock lets TCP connections go to given ports only (it knows no addresses), and a seccomp filter refuses all sockets
but those of TCP and of this machine's own files: no UDP, so no look-up of names, and no way around Landlock. Needs
Linux 6.7 and no rights. Both outlast `exec` and are inherited. Only the standard library.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct
from collections.abc import Iterable

from gateway_kit.stack.rehearsing.namespaces import prctl

_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446
_ASK_VERSION, _RULE_NET_PORT, _CONNECT_TCP = 1, 2, 2
_FIRST_WITH_PORTS = 4

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _MODE_FILTER = 22, 38, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EACCES
_LOAD, _EQUAL, _GREATER_OR_EQUAL, _ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
# Offsets in what a filter is shown: the call's number, the machine, and the lower half of each argument.
_NUMBER, _MACHINE = 0, 4
_ARGUMENTS = tuple(16 + 8 * place for place in range(6))

_MSG_FASTOPEN = 0x20000000
_X32 = 0x40000000
# By machine: its name for the filter; its numbers of socket, sendto, sendmsg, sendmmsg and io_uring_setup.
_MACHINES = {
    "x86_64": (0xC000003E, (41, 44, 46, 307, 425)),
    "aarch64": (0xC00000B7, (198, 206, 211, 269, 425)),
}


def enter_rules(ports: Iterable[int]) -> None:
    """Let TCP go to these ports only, on whatever machine, and refuse all other ways out. Raises OSError."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1)
    _restrict_ports(ports)
    _filter_sockets()


def _restrict_ports(ports: Iterable[int]) -> None:
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    version = syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if version < _FIRST_WITH_PORTS:
        raise OSError(errno.ENOSYS, "the kernel's Landlock knows no ports")
    handled = struct.pack("QQ", 0, _CONNECT_TCP)
    ruleset = _checked(syscall(_LANDLOCK_CREATE, handled, ctypes.c_size_t(len(handled)), 0))
    try:
        for port in ports:
            _checked(
                syscall(_LANDLOCK_ADD, ruleset, _RULE_NET_PORT, struct.pack("QQ", _CONNECT_TCP, port), 0)
            )
        _checked(syscall(_LANDLOCK_RESTRICT, ruleset, 0))
    finally:
        os.close(ruleset)


def _filter_sockets() -> None:
    if platform.machine() not in _MACHINES:
        raise OSError(errno.ENOSYS, f"no filter is known for {platform.machine()}")
    machine, (socket_, sendto, sendmsg, sendmmsg, io_uring) = _MACHINES[platform.machine()]
    code = [
        _step(_LOAD, _MACHINE),
        _step(_EQUAL, machine, yes=1),
        _step(_RETURN, _REFUSE),
        _step(_LOAD, _NUMBER),
        _step(_GREATER_OR_EQUAL, _X32, no=1),
        _step(_RETURN, _REFUSE),
        *_rule(io_uring, [_step(_RETURN, _REFUSE)]),
        *_rule(sendto, _unless_fast_open(3)),
        *_rule(sendmsg, _unless_fast_open(2)),
        *_rule(sendmmsg, _unless_fast_open(3)),
        *_rule(socket_, _only_tcp()),
        _step(_RETURN, _ALLOW),
    ]
    program = ctypes.create_string_buffer(b"".join(code))
    described = struct.pack("HxxxxxxQ", len(code), ctypes.addressof(program))
    prctl(_PR_SET_SECCOMP, _MODE_FILTER, described)


def _rule(number: int, then: list[bytes]) -> list[bytes]:
    """Steps for one system call; each of `then`'s ways returns."""
    return [_step(_EQUAL, number, no=len(then)), *then]


def _unless_fast_open(flags: int) -> list[bytes]:
    """TCP's fast open connects without asking Landlock."""
    return [
        _step(_LOAD, _ARGUMENTS[flags]),
        _step(_ANY_BIT, _MSG_FASTOPEN, no=1),
        _step(_RETURN, _REFUSE),
        _step(_RETURN, _ALLOW),
    ]


def _only_tcp() -> list[bytes]:
    """Sockets of this machine (AF_UNIX), questions to the kernel (AF_NETLINK), and TCP; nothing that is like TCP."""
    return [
        _step(_LOAD, _ARGUMENTS[0]),
        _step(_EQUAL, socket.AF_UNIX, yes=10),
        _step(_EQUAL, socket.AF_NETLINK, yes=9),
        _step(_EQUAL, socket.AF_INET, yes=1),
        _step(_EQUAL, socket.AF_INET6, no=6),
        _step(_LOAD, _ARGUMENTS[1]),
        _step(_AND, 0xF),
        _step(_EQUAL, socket.SOCK_STREAM, no=3),
        _step(_LOAD, _ARGUMENTS[2]),
        # 0 is the usual protocol, which is TCP; MPTCP and SCTP are streams too.
        _step(_EQUAL, 0, yes=2),
        _step(_EQUAL, socket.IPPROTO_TCP, yes=1),
        _step(_RETURN, _REFUSE),
        _step(_RETURN, _ALLOW),
    ]


def _step(code: int, value: int, *, yes: int = 0, no: int = 0) -> bytes:
    return struct.pack("HBBI", code, yes, no, value)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
