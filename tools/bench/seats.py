"""A workshop's seats: how soon they work, and what each costs.

From `gateway-kit workshop serve --seats 4` until four people, all at once, have signed in, found their JupyterLab open
and executed every cell of the first lesson; what a seat and what all share then hold in memory, and how much CPU they
take while nobody does anything. Then one seat goes on to the longest lesson, whose memory is measured as well.

MB are 10⁶ bytes. `pss` counts memory that several programs share once, divided among them: with it seats can be added
up. `rss` counts it in each. CPU is in percent of a core.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from gateway_kit.stack.lab import notebooks_folder
from gateway_kit.stack.seats.options import PORT, ServeOptions, hub_folder
from gateway_kit.stack.seats.place import find_place
from gateway_kit.stack.supervisor.record import read_record
from gateway_kit.workshop.record import load
from tests.neighbouring_offsets import free_offsets
from tests.stack.seats.visitor import Visitor
from tools.bench.stack import BIN

SEATS = 4
FIRST, LONGEST = "00_start_here", "06_cost_and_latency"
# Panels look only now and then once nothing has happened for a minute.
REST_S, IDLE_S = 90.0, 60.0


def measure(scratch: Path) -> dict[str, Any]:
    """Seconds, memory and idle CPU of four seats."""
    with _workshop(scratch) as (folder, options):
        served = time.monotonic()
        seats = [seat.name for seat in load(folder).seats]
        visitors = {name: Visitor(options.address) for name in seats}
        try:
            took = {"open_s": _all(visitors, lambda visitor: _sit_down(visitor, folder))}
            fresh = _memory(folder, options, seats)
            took["lesson_s"] = _all(visitors, lambda visitor: _work_through(visitor, FIRST))
            all_s = time.monotonic() - served
            after_first = _memory(folder, options, seats)
            time.sleep(REST_S)
            idle = _idle(folder, options, seats)
            _work_through(visitors[seats[0]], LONGEST)
            after_longest = _memory(folder, options, seats[:1])
        finally:
            for visitor in visitors.values():
                visitor.close()
    return {
        "seats": len(seats),
        "from_served_to_all_have_executed_s": round(all_s, 1),
        **{name: [round(seconds, 1) for seconds in values] for name, values in took.items()},
        "memory_mb": {"fresh": fresh, f"after_{FIRST}": after_first, f"after_{LONGEST}": after_longest},
        "idle_cpu_percent": idle,
    }


@contextmanager
def _workshop(scratch: Path) -> Iterator[tuple[Path, ServeOptions]]:
    home = scratch / "home"
    offset = free_offsets(SEATS + 1)
    options = ServeOptions(port=PORT + offset, port_offset=offset)
    env = {k: v for k, v in os.environ.items() if k not in ("PYTHONDONTWRITEBYTECODE", "GATEWAY_WORKSHOP")}
    env["GATEWAY_HOME"] = str(home)

    def run(*words: str) -> None:
        subprocess.run(
            [BIN / "gateway-kit", "workshop", *words], env=env, check=True, stdout=subprocess.DEVNULL
        )

    begin = time.monotonic()
    try:
        run(
            "serve", "--seats", str(SEATS), "--shared-user", "--detach",
            "--port", str(options.port), "--port-offset", str(offset),
        )  # fmt: skip
        print(f"served after {time.monotonic() - begin:.1f} s", flush=True)
        yield home / "workshop", options
    finally:
        run("stop")


def _all(visitors: dict[str, Visitor], do: Callable[[Visitor], None]) -> list[float]:
    """Let all do it at once; the seconds that each took."""

    def timed(item: tuple[str, Visitor]) -> float:
        begin = time.monotonic()
        item[1].seat = item[0]
        do(item[1])
        return time.monotonic() - begin

    with ThreadPoolExecutor(len(visitors)) as pool:
        return list(pool.map(timed, visitors.items()))


def _sit_down(visitor: Visitor, folder: Path) -> None:
    visitor.sign_in(visitor.seat, load(folder).seat(visitor.seat).code)
    visitor.start()


def _work_through(visitor: Visitor, lesson: str) -> None:
    """Execute the lesson's cells; its kernel goes on."""
    kernel = visitor.kernel()
    for cell in json.loads((notebooks_folder() / f"{lesson}.ipynb").read_text())["cells"]:
        if cell["cell_type"] == "code":
            visitor.run(kernel, "".join(cell["source"]))


def _memory(folder: Path, options: ServeOptions, seats: Iterable[str]) -> dict[str, Any]:
    """MB of each seat and of what they share, and of one seat's parts."""
    named = {name: _roots(find_place(folder, name, options).home) for name in seats}
    first = next(iter(named))
    shared = _roots(hub_folder(folder), children=False)
    return {
        "seat_pss": {name: sum(_mb(p, "pss") for p in roots.values()) for name, roots in named.items()},
        "seat_rss": {name: sum(_mb(p, "rss") for p in roots.values()) for name, roots in named.items()},
        "parts_pss": {part: _mb(processes, "pss") for part, processes in named[first].items()},
        "shared_pss": sum(_mb(processes, "pss") for processes in shared.values()),
        "shared_parts_pss": {part: _mb(processes, "pss") for part, processes in shared.items()},
    }


def _idle(folder: Path, options: ServeOptions, seats: Iterable[str]) -> dict[str, Any]:
    """Percent of a core, while nobody does anything, of each seat, of one seat's parts, and of what all share."""
    named = {name: _roots(find_place(folder, name, options).home) for name in seats}
    named["shared"] = _roots(hub_folder(folder), children=False)
    before = {name: _cpu(parts) for name, parts in named.items()}
    time.sleep(IDLE_S)
    used = {
        name: {part: round((now - before[name][part]) / IDLE_S * 100, 2) for part, now in _cpu(parts).items()}
        for name, parts in named.items()
    }
    first = next(iter(used))
    return {**{name: round(sum(parts.values()), 2) for name, parts in used.items()}, "parts": used[first]}


_PARENTS = ("hub", "fork-server")


def _roots(home: Path, *, children: bool = True) -> dict[str, list[psutil.Process]]:
    """The processes of each recorded service; of those whose children belong to the seats only themselves."""
    found = {}
    for name, entry in read_record(home).services.items():
        root = psutil.Process(entry.process.pid)
        found[name] = [root, *(root.children(recursive=True) if children or name not in _PARENTS else [])]
    return found


def _mb(processes: list[psutil.Process], kind: str) -> int:
    return round(sum(getattr(process.memory_full_info(), kind) for process in processes) / 1e6)


def _cpu(parts: dict[str, list[psutil.Process]]) -> dict[str, float]:
    return {
        part: sum(sum(process.cpu_times()[:2]) for process in processes) for part, processes in parts.items()
    }
