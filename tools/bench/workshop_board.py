"""A workshop's board: 60 seats, 20 exercises, 100,000 results in the real trace store.

How long the first read takes; how long it takes to draw the board anew (snapshot and HTML) and to answer a browser;
how much a poll costs while nothing happens; and how long a result needs from the seat to the page: the page asks once
a second, as the browser does, and the board's server reads the store in its own time. Only the last is in seconds that
a person sees.
"""

from __future__ import annotations

import json
import random
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import httpx
import psycopg
import uvicorn

from gateway_kit.stack.supervisor.ports import free_offset
from gateway_kit.workshop.board import board as board_module
from gateway_kit.workshop.board.feed import Feed
from gateway_kit.workshop.board.lessons import Lesson
from gateway_kit.workshop.board.page import board_html
from gateway_kit.workshop.board.server import board_app
from gateway_kit.workshop.record import Store, Workshop, new_workshop, save
from gateway_kit.workshop.results import Result, SeatState, sign, to_score
from gateway_kit.workshop.store import StoreClient
from tools.bench.tracestore import KEYS, own_postgres, own_store

SEATS, RESULTS, KERNELS = 60, 100_000, 3
LESSONS = tuple(Lesson(f"{n:02d}", f"lesson {n}", tuple(f"{n:02d}.{k}" for k in (1, 2))) for n in range(10))
EXERCISES = [name for lesson in LESSONS for name in lesson.exercises]
DRAWINGS, SHOWN = 30, 20
MISSING = (
    "`steady` is a function",
    "every call was answered",
    "the budget is at most 0.05",
    "a fallback is set",
)


def measure(scratch: Path) -> dict[str, Any]:
    """Milliseconds and seconds; see the module's docstring."""
    board_module.all_lessons = lambda: LESSONS  # twenty exercises, whatever the lessons have
    offset = free_offset((5432, 3001, 8800))
    with own_postgres(scratch, 5432 + offset) as url, own_store(scratch, url, 3001 + offset) as (base, _):
        end = datetime.now(UTC) + timedelta(days=1)
        made = new_workshop("bench", SEATS, store=Store(base, *KEYS), until=end)
        workshop = replace(made, created=made.created - timedelta(hours=9))
        save(workshop, scratch / "workshop")
        _fill(url, workshop)
        feed = Feed(scratch / "workshop")
        begin = time.perf_counter()
        feed.poll()
        result: dict[str, Any] = {"first_read_s": round(time.perf_counter() - begin, 1)}
        counted = sum(tries.arrived for row in feed.snapshot().rows for tries in row.tries.values())
        result |= {"results_counted": counted, "seats": SEATS, "exercises": len(EXERCISES)}
        result |= {"drawn_anew": _drawings(feed), "poll_without_news": _polls(feed)}
        with _served(feed, 8800 + offset) as address:
            result["part_ms"] = _ms(median(_asked(address) for _ in range(DRAWINGS)))
            result["until_a_result_shows_s"] = _until_shown(workshop, address)
        feed.close()
    return result


def _reports(workshop: Workshop) -> Iterator[tuple[Result, datetime]]:
    """Each seat's checks of the last eight hours; every other exercise is passed at its last check."""
    dice = random.Random(1)
    each = RESULTS // (SEATS * len(EXERCISES))
    extra = RESULTS - each * SEATS * len(EXERCISES)
    now = datetime.now(UTC)
    for seat in workshop.seats:
        for place, exercise in enumerate(EXERCISES):
            count = each + (extra > 0)
            extra -= 1
            for attempt in range(1, count + 1):
                at = now - timedelta(seconds=60 + dice.random() * 28_000)
                passed = attempt == count and place % 2 == 0
                missing = () if passed else tuple(dice.sample(MISSING, 2))
                yield (
                    Result(
                        str(uuid.uuid4()), workshop.name, seat.name, exercise, attempt, at, passed, missing
                    ),
                    at,
                )


def _fill(url: str, workshop: Workshop) -> None:
    """The scores as rows: over the API they would take minutes."""
    columns = 'id, trace_id, session_id, name, data_type, value, source, comment, metadata, "timestamp"'
    with psycopg.connect(url, autocommit=True) as connection:
        with connection.cursor().copy(f"copy scores ({columns}) from stdin") as copy:
            for report, at in _reports(workshop):
                score = to_score(report, sign(report, workshop.seat_secret(report.seat)))
                copy.write_row(_row(score, at))
            for state in _states(workshop):
                score = to_score(state, sign(state, workshop.seat_secret(state.seat)))
                copy.write_row(_row(score, state.at))
        connection.execute('update scores set created_at = "timestamp"')
        connection.execute("vacuum analyze scores")


def _states(workshop: Workshop) -> Iterator[SeatState]:
    now = datetime.now(UTC)
    for seat in workshop.seats:
        for kernel in range(KERNELS):
            yield SeatState(workshop.name, seat.name, f"k{kernel}", "01_routing", now, now, 100, 3, 0.25)


def _row(score: dict[str, Any], at: datetime) -> Sequence[Any]:
    return (
        score["id"], score.get("traceId"), score.get("sessionId"), score["name"], "NUMERIC", score["value"], "API",
        score["comment"], json.dumps(score["metadata"]), at.isoformat(),
    )  # fmt: skip


def _drawings(feed: Feed) -> dict[str, float]:
    walls, cpus = [], []
    for _ in range(DRAWINGS):
        wall, cpu = time.perf_counter(), time.thread_time()
        html = board_html(feed.snapshot())
        walls.append(time.perf_counter() - wall)
        cpus.append(time.thread_time() - cpu)
    return {
        "wall_ms": _ms(median(walls)), "most_ms": _ms(max(walls)), "cpu_ms": _ms(median(cpus)),
        "html_kb": round(len(html.encode()) / 1000),
    }  # fmt: skip


def _polls(feed: Feed) -> dict[str, float]:
    walls, cpus = [], []
    for _ in range(DRAWINGS):
        wall, cpu = time.perf_counter(), time.thread_time()
        feed.poll()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.thread_time() - cpu)
    return {"wall_ms": _ms(median(walls)), "cpu_ms": _ms(median(cpus))}


@contextmanager
def _served(feed: Feed, port: int) -> Iterator[str]:
    app = board_app(feed, names_hidden=False, is_local=True)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    feed.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def _asked(address: str) -> float:
    begin = time.perf_counter()
    httpx.get(f"{address}/part", trust_env=False).raise_for_status()
    return time.perf_counter() - begin


def _until_shown(workshop: Workshop, address: str) -> dict[str, float]:
    """From before a seat writes its result until a page that asks every second has it."""
    took = []
    dice = random.Random(2)
    with StoreClient(workshop.store) as client, httpx.Client(base_url=address, trust_env=False) as page:
        for number in range(SHOWN):
            exercise = EXERCISES[number * 2 % len(EXERCISES) + 1]  # not passed so far
            seat = workshop.seats[number].name
            at = datetime.now(UTC)
            result = Result(str(uuid.uuid4()), workshop.name, seat, exercise, 10_000 + number, at, True)
            wanted = f"passed at check {10_000 + number},"
            next_look = time.perf_counter() + dice.random()  # the page asks at its own times
            begin = time.perf_counter()
            client.write(result, sign(result, workshop.seat_secret(seat)))
            while True:
                time.sleep(max(0.0, next_look - time.perf_counter()))
                if wanted in page.get("/part").text:
                    break
                next_look += 1.0
            took.append(time.perf_counter() - begin)
    return {"median": round(median(took), 2), "most": round(max(took), 2)}


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
