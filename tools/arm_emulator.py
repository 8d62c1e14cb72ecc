"""Let the kernel run programs for 64-bit ARM on another machine, by QEMU's emulation of a processor."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BINFMT = Path("/proc/sys/fs/binfmt_misc")
ENTRY = "gateway-kit-aarch64"
# The first 20 bytes of a program for 64-bit ARM: ELF, 64 bits, little-endian, an executable or a library, for AArch64.
MAGIC = b"\x7fELF\x02\x01\x01\x00" + bytes(8) + b"\x02\x00\xb7\x00"
MASK = b"\xff" * 7 + b"\x00" + b"\xff" * 8 + b"\xfe\xff\xff\xff"
EMULATORS = ("qemu-aarch64-static", "qemu-aarch64")


def emulator(named: str | None) -> str:
    """The path of a static QEMU for 64-bit ARM."""
    found = next((path for name in ([named] if named else EMULATORS) if (path := shutil.which(name))), None)
    if found is None:
        sys.exit(
            f"There is no {named or EMULATORS[0]}. Install it: apt-get install -y debootstrap qemu-user-static; or "
            f"name one: --emulator PATH"
        )
    return found


@contextmanager
def emulated(program: str) -> Iterator[None]:
    """Let the kernel run programs for ARM by `program` while the block runs, in a changed root as well."""
    if not (BINFMT / "register").exists():
        subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", str(BINFMT)], check=True)
    # A killed run may have left it, with another emulator.
    unregister()
    (BINFMT / "register").write_bytes(registration(program))
    try:
        yield
    finally:
        unregister()


def registration(program: str) -> bytes:
    """The line that registers an emulator. F: it is opened now, so a changed root has it; P: argv[0] stays as it is."""
    return b":%s:M::%s:%s:%s:PF" % (ENTRY.encode(), escaped(MAGIC), escaped(MASK), program.encode())


def escaped(content: bytes) -> bytes:
    """Bytes as binfmt_misc reads them."""
    return "".join(f"\\x{byte:02x}" for byte in content).encode()


def unregister() -> None:
    """Take the emulator from the kernel's list."""
    entry = BINFMT / ENTRY
    if entry.exists():
        entry.write_text("-1")
