"""Namespaces: a network with nothing but loopback, and processes that end with the first of them.

Only the standard library, so that a Python without the kit's packages can use it.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
from collections.abc import Callable
from pathlib import Path

NEW_MOUNTS, NEW_IPC, NEW_USER, NEW_PIDS, NEW_NETWORK = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000

_SIOCGIFFLAGS, _SIOCSIFFLAGS, _IFF_UP = 0x8913, 0x8914, 1
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 2, 4, 8, 0x4000, 0x40000
_SHARED_MEMORY = "/dev/shm"  # noqa: S108  # no file of this process: the system's place for shared memory
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


def enter_network(*, processes: bool = False) -> None:
    """Move this process into a network namespace with nothing but loopback. Raises OSError.

    With `processes` also into namespaces of mounts and of System V memory, and its next child becomes the first process
    of one of processes: call `be_first` there.
    """
    uid, gid = os.geteuid(), os.getegid()
    wanted = NEW_NETWORK | (NEW_PIDS | NEW_MOUNTS | NEW_IPC if processes else 0)
    try:
        _unshare(wanted)
    except PermissionError:
        # An ordinary user may do it in a user namespace too, in which this user stays the same.
        _unshare(NEW_USER | wanted)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    _switch_loopback_on()


def be_first() -> None:
    """As the first process of a new namespace: see its processes in /proc, and end when the parent ends.

    All processes of the namespace end with this one, and what they shared in memory. Raises OSError.
    """
    end_with_parent()
    _mount("none", "/", None, _MS_REC | _MS_PRIVATE)
    _mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    if Path(_SHARED_MEMORY).is_dir():
        _mount("tmpfs", _SHARED_MEMORY, "tmpfs", _MS_NOSUID | _MS_NODEV)


def end_with_parent(number: int = 9) -> None:
    """Have the kernel send this process a signal once the thread that started it has ended."""
    prctl(_PR_SET_PDEATHSIG, number)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent has ended, so that they can still be found."""
    prctl(_PR_SET_CHILD_SUBREAPER, 1)


def works(way: Callable[[], None]) -> str:
    """Try in a process of its own, since there is no way back: empty if it works, else why it does not."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            way()
        except OSError as exc:
            os.write(writing, (exc.strerror or str(exc)).encode()[:200])
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        why = answer.read().decode()
    os.waitpid(child, 0)
    return why


def try_processes() -> None:
    """What `works` tries for the namespaces of the network and of processes. Raises OSError."""
    enter_network(processes=True)
    if why := works(be_first):
        raise OSError(0, why)


def _switch_loopback_on() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh", b"lo", 0)
        _, flags = struct.unpack("16sh", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, request))
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | _IFF_UP))


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _unshare(flags: int) -> None:
    _checked(_libc().unshare(flags))


def _mount(source: str, target: str, kind: str | None, flags: int) -> None:
    words = (source.encode(), target.encode(), kind.encode() if kind else None)
    _checked(_libc().mount(*words, ctypes.c_ulong(flags), None))


def prctl(option: int, value: int, more: bytes | None = None) -> None:
    """The system call. Raises OSError."""
    zero = ctypes.c_ulong(0)
    _checked(_libc().prctl(option, ctypes.c_ulong(value), more or zero, zero, zero))


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
