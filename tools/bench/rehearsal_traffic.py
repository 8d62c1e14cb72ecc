"""A million logged calls: read, recognised, counted, and given out in order of time.

Each file is read by a process of its own, whose peak of memory is reported with the seconds. `seconds_to_read` is
what `read_traffic` takes, which has counted all then; `seconds_to_call` is one walk over `calls()` after it, which for
the file that is out of order sorts it first.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

CALLS = 1_000_000

_TEXT = "please summarise this ticket about a late delivery and tell the customer what happens next in two sentences"
_WORDS = _TEXT.split()

_READ = r"""
import json, re, sys, time
from gateway_kit.rehearsal.traffic import read_traffic
before, cpu_before = time.perf_counter(), time.process_time()
with read_traffic(sys.argv[1]) as traffic:
    read, cpu_read = time.perf_counter(), time.process_time()
    calls = sum(1 for _ in traffic.calls())
    called, cpu_called = time.perf_counter(), time.process_time()
    summary = traffic.summary()
assert calls == summary["calls"]
peak = re.search(r"VmHWM:\s+(\d+)", open("/proc/self/status").read())[1]  # getrusage has the parent's, too
print(json.dumps({"calls": calls, "format": summary["format"], "in_order": summary["in_order"],
    "seconds_to_read": round(read - before, 1), "cpu_seconds_to_read": round(cpu_read - cpu_before, 1),
    "seconds_to_call": round(called - read, 1), "cpu_seconds_to_call": round(cpu_called - cpu_read, 1),
    "peak_mb": int(peak) // 1024}))
"""


def measure(scratch: Path) -> dict[str, Any]:
    """Seconds and megabytes for each kind of file."""
    files: dict[str, Callable[[Path], None]] = {
        "envelopes.jsonl": lambda path: _lines(path, _envelopes(CALLS)),
        "unsorted.jsonl": lambda path: _lines(path, _envelopes(CALLS, shuffled=True)),
        "spend_log.json": lambda path: _array(path, _spend_rows(CALLS // 4)),
        "prompts.csv": lambda path: _table(path, CALLS // 4),
        "small.jsonl": lambda path: _lines(path, _envelopes(CALLS // 10)),
    }
    results: dict[str, Any] = {}
    for name, write in files.items():
        path = scratch / name
        write(path)
        done = subprocess.run(
            [sys.executable, "-c", _READ, str(path)], capture_output=True, text=True, check=True
        )
        results[name] = {"file_mb": path.stat().st_size >> 20, **json.loads(done.stdout)}
        path.unlink()
    return results


def _envelopes(count: int, *, shuffled: bool = False) -> Iterator[dict[str, Any]]:
    chance = random.Random(7)
    for number in range(count):
        at = 1777629600 + (chance.random() * 86_400 if shuffled else number * 0.0864)
        prompt = " ".join(chance.choices(_WORDS, k=40))
        yield {
            "timestamp": at,
            "request": {
                "model": chance.choice(("gpt-4o", "gpt-4o-mini", "claude-sonnet-4-5")),
                "messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": prompt}],
                "stream": number % 3 == 0,
            },
            "response": {
                "object": "chat.completion",
                "usage": {
                    "prompt_tokens": 50,
                    "completion_tokens": chance.randrange(500),
                    "total_tokens": 90,
                },
                "choices": [{"message": {"role": "assistant", "content": prompt}, "finish_reason": "stop"}],
            },
            "duration_ms": chance.randrange(200, 9000),
            "status": 200,
            "key_alias": f"key-{number % 50}",
            "user": f"user-{number % 5000}",
        }


def _spend_rows(count: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(7)
    for number in range(count):
        yield {
            "request_id": f"chatcmpl-{number}", "call_type": "acompletion", "api_key": "8" * 64, "spend": 0.001,
            "prompt_tokens": 50, "completion_tokens": chance.randrange(500), "total_tokens": 90,
            "startTime": f"2026-05-01T10:{number // 60 % 60:02}:{number % 60:02}.000000Z",
            "endTime": f"2026-05-01T10:{number // 60 % 60:02}:{number % 60:02}.900000Z", "model": "gpt-4o",
            "model_group": "gpt-4o", "custom_llm_provider": "openai", "cache_hit": "False", "request_tags": "[]",
            "status": "success", "litellm_call_id": f"call-{number}", "metadata": {"user_api_key_alias": "bot"},
            "proxy_server_request": {"messages": [{"role": "user", "content": " ".join(_WORDS)}]},
        }  # fmt: skip


def _lines(path: Path, records: Iterator[dict[str, Any]]) -> None:
    with open(path, "w") as file:
        file.writelines(json.dumps(record) + "\n" for record in records)


def _array(path: Path, records: Iterator[dict[str, Any]]) -> None:
    with open(path, "w") as file:
        file.write("[")
        file.writelines(("," if number else "") + json.dumps(record) for number, record in enumerate(records))
        file.write("]")


def _table(path: Path, count: int) -> None:
    chance = random.Random(7)
    with open(path, "w") as file:
        file.write("time,prompt,model,user,prompt_tokens,latency_ms\n")
        file.writelines(
            f'{1777629600 + number},"{" ".join(chance.choices(_WORDS, k=40))}",gpt-4o,user-{number % 5000},50,900\n'
            for number in range(count)
        )
