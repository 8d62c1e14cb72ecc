"""Run a program where there is no network but loopback: a network namespace of its own.

    python3 tools/offline.py make lab

Needs Linux, and root or a system that lets ordinary users make namespaces. Its loopback has all ports free, so a stack
in it is in no other stack's way; and only programs in it reach that stack.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import socket
import struct
import sys
from pathlib import Path

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 1


def main() -> int:
    """Become the program; exit with 2 and the reason if this system allows no namespace."""
    if len(sys.argv) < 2:
        print("Name the program to run: python3 tools/offline.py make lab", file=sys.stderr)
        return 2
    try:
        enter()
    except OSError as exc:
        print(
            f"This system allows no network namespace ({exc.strerror}). Try it as root: sudo", file=sys.stderr
        )
        return 2
    try:
        os.execvp(sys.argv[1], sys.argv[1:])
    except OSError as exc:
        print(f"{sys.argv[1]} cannot be run: {exc.strerror}", file=sys.stderr)
        return 127


def enter() -> None:
    """Move this process into a network namespace with nothing but loopback. Raises OSError."""
    uid, gid = os.geteuid(), os.getegid()
    try:
        _unshare(CLONE_NEWNET)
    except PermissionError:
        # An ordinary user may do it in a user namespace too, in which this user stays the same.
        _unshare(CLONE_NEWUSER | CLONE_NEWNET)
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
        Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh", b"lo", 0)
        _, flags = struct.unpack("16sh", fcntl.ioctl(any_socket, SIOCGIFFLAGS, request))
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh", b"lo", flags | IFF_UP))


def _unshare(flags: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(flags) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    sys.exit(main())
