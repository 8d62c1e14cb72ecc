"""Why a service ended: the line of its log that tells the cause, and what helps."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

from gateway_kit.stack.supervisor.log_reader import last_lines

_LINES = 200
# Written by `process.start`: what stands before it belongs to an earlier process.
_BEGIN = re.compile(r"--- \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ starts")
# The last line of a Python traceback, then what servers write when they give up.
_EXCEPTION = re.compile(r"(?:[\w.]+\.)?\w*(?:Error|Exception|Exit)\b: \S")
_COMPLAINT = re.compile(r"\b(?:FATAL|PANIC|ERROR|Error|error|failed|Failed|cannot|Can't|Bad)\b")
# What the balancer writes while it goes on: that a gateway does not answer, for one.
_REMARK = re.compile(r"\d{4}-\d\d-\d\dT\S+ (?:DBG|INF|WRN) ")
_LONGEST = 300

_LIBRARY = re.compile(r"(lib[\w+.-]+?\.so[\w.]*): cannot open shared object file")
# A library's file → the package that has it: Debian's and Ubuntu's name, Fedora's, Alpine's.
_PACKAGES = {
    "libgomp.so.1": ("libgomp1", "libgomp", "libgomp"),
    "libstdc++.so.6": ("libstdc++6", "libstdc++", "libstdc++"),
    "libgcc_s.so.1": ("libgcc-s1", "libgcc", "libgcc"),
    "libatomic.so.1": ("libatomic1", "libatomic", "libatomic"),
    "libssl.so.3": ("libssl3", "openssl-libs", "libssl3"),
    "libz.so.1": ("zlib1g", "zlib", "zlib"),
}
_MANAGERS = (("apt-get", "apt-get install"), ("dnf", "dnf install"), ("apk", "apk add"))


def cause(log_path: Path) -> str:
    """The line of the log, since the last start, that tells why the service ended; empty if there is none."""
    try:
        lines = last_lines(log_path, _LINES)
    except OSError:
        return ""
    begins = [number for number, line in enumerate(lines) if _BEGIN.match(line)]
    output = [line.strip() for line in lines[begins[-1] + 1 if begins else 0 :] if line.strip()]
    output = [line for line in output if not _REMARK.match(line)]
    for pattern in (_EXCEPTION.match, _COMPLAINT.search):
        if matching := [line for line in output if pattern(line)]:
            return matching[-1][:_LONGEST]
    return output[-1][:_LONGEST] if output else ""


def advice(why: str, which: Callable[[str], str | None] = shutil.which) -> str:
    """The command that helps; empty if the cause is not a known one."""
    if library := _LIBRARY.search(why):
        return f"{_install(library.group(1), which)}, then: gateway-kit up"
    if "ModuleNotFoundError" in why or "ImportError" in why:
        return "make setup, then: gateway-kit up"
    if "No space left" in why or "Disk quota" in why:
        return "free space on the disk of the state folder, then: gateway-kit up"
    if "MemoryError" in why or "annot allocate memory" in why or "exit code -9" in why:
        return "end other programs (memory may have run out), then: gateway-kit up"
    if "no matching module" in why:  # Redis, of data that it kept while it had the search module
        return "unset GATEWAY_REDIS_SEARCH, then: gateway-kit up; or delete the data: gateway-kit reset"
    return ""


def _install(library: str, which: Callable[[str], str | None]) -> str:
    for column, (program, words) in enumerate(_MANAGERS):
        if which(program):
            package = _PACKAGES.get(library)
            return f"{words} {package[column]}" if package else f"{words} the package that has {library}"
    return f"install the system's package that has {library}"
