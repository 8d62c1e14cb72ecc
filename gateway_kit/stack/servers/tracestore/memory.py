"""Less resident memory with glibc: large blocks go back to the system as soon as they are free."""

from __future__ import annotations

import contextlib
import ctypes


def keep_memory_small() -> None:
    """From now on, blocks from 128 KiB are maps of their own, given back when freed, and there are two arenas."""
    with contextlib.suppress(OSError, AttributeError):  # other C libraries have no mallopt
        libc = ctypes.CDLL(None)
        libc.mallopt(-3, 131072)  # M_MMAP_THRESHOLD, bytes
        libc.mallopt(-8, 2)  # M_ARENA_MAX


def trim_memory() -> None:
    """Gives free blocks back to the system now."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
