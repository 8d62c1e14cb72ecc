"""The simulator as a process: starting, stopping, its port, and many callers at once."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from conftest import KIT, start_simulator

from gateway_kit.gateway.providers import Providers

PROGRAM = str(KIT / "stack" / "node" / "providers.mjs")
KEY = {"authorization": "Bearer k", "x-api-key": "k", "anthropic-version": "2023-06-01"}
NOWHERE = "http://127.0.0.1:9/v1"


def test_health_and_only_the_loopback_address(simulator: Any) -> None:
    assert httpx.get(f"{simulator.url}/health").status_code == 200
    port = httpx.URL(simulator.url).port
    listening = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
    addresses = {
        line.split()[1].split(":")[0]
        for line in listening.splitlines()
        if len(line.split()) > 3 and line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")
    }
    assert addresses == {"0100007F"}


def test_sigterm_ends_it_at_once_with_requests_in_flight(tmp_path: Path) -> None:
    running = start_simulator(tmp_path, NOWHERE)
    with Providers(running.url) as control:
        control.fault("openai", kind="timeout", hold_s=600, keep=True)
        control.profile("claude-haiku-4-5", tokens_per_s=1.0, keep=True)
    body = {
        "max_tokens": 500,
        "stream": True,
        "messages": [{"role": "user", "content": "What is an LLM gateway?"}],
    }

    streaming = threading.Event()

    def call(path: str, model: str) -> None:
        try:
            asked = {"json": body | {"model": model}, "headers": KEY, "timeout": 300}
            with httpx.stream("POST", f"{running.url}{path}", **asked) as answer:
                for _ in answer.iter_raw():
                    streaming.set()
        except httpx.HTTPError:
            pass  # the broken connection is what the test is about

    callers = [
        threading.Thread(target=call, args=("/v1/chat/completions", "gpt-4o-mini")),
        threading.Thread(target=call, args=("/v1/messages", "claude-haiku-4-5")),
    ]
    for caller in callers:
        caller.start()
    assert streaming.wait(60)
    end = time.monotonic() + 60
    with Providers(running.url) as control:
        while control.faults().hits.sum() == 0:
            assert time.monotonic() < end
            time.sleep(0.02)
    running.process.send_signal(signal.SIGTERM)
    # Without the signal the stream would take minutes, and the held request ten minutes.
    assert running.process.wait(timeout=60) == 0
    for caller in callers:
        caller.join(timeout=60)
        assert not caller.is_alive()
    assert "error" not in running.log_path.read_text()


@pytest.mark.parametrize("port", ["abc", "", "70000", "-1", "1.5"])
def test_a_bad_port_gives_one_sentence(port: str, node: str) -> None:
    done = subprocess.run(
        [node, PROGRAM],
        env={**os.environ, "PROVIDERS_PORT": port},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 1
    assert done.stderr.strip() == f'providers: PROVIDERS_PORT must be a port number, not "{port}"'


def test_a_taken_port_gives_one_sentence(node: str) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(
            [node, PROGRAM],
            env={**os.environ, "PROVIDERS_PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=120,
        )
    assert done.returncode == 1
    assert f"port {port} is taken" in done.stderr


async def test_a_hundred_streams_at_once(quick: Providers) -> None:
    quick.profile("claude-haiku-4-5", ttft_s=1.0, tokens_per_s=200.0)
    body = {
        "model": "claude-haiku-4-5", "max_tokens": 500, "stream": True,
        "messages": [{"role": "user", "content": "What is a virtual key?"}],
    }  # fmt: skip

    async def call(client: httpx.AsyncClient) -> str:
        answer = await client.post(f"{quick.url}/v1/messages", json=body, headers=KEY)
        return answer.text.strip().splitlines()[-1]

    async with httpx.AsyncClient(
        verify=False, limits=httpx.Limits(max_connections=100), timeout=120
    ) as client:
        last_lines = await asyncio.gather(*(call(client) for _ in range(100)))
    assert set(last_lines) == {'data: {"type":"message_stop"}'}
    rows = quick.journal(provider="anthropic")
    assert len(rows) == 100
    assert set(rows.outcome) == {"answered"}
    # They ran concurrently: at some request's arrival, more than ten others were being answered.
    ended = rows.started + pd.to_timedelta(rows.latency_s, unit="s")
    assert max(((rows.started <= when) & (ended > when)).sum() for when in rows.started) > 10


async def test_clients_that_disconnect_do_no_harm(quick: Providers) -> None:
    quick.profile("gpt-4o-mini", ttft_s=0.05, tokens_per_s=50.0)
    body = {
        "model": "gpt-4o-mini",
        "stream": True,
        "messages": [{"role": "user", "content": "What is a token?"}],
    }
    async with httpx.AsyncClient(verify=False) as client:
        for _ in range(5):
            async with client.stream(
                "POST", f"{quick.url}/v1/chat/completions", json=body, headers=KEY
            ) as answer:
                async for _chunk in answer.aiter_bytes():
                    break
        # The last client's row is added a moment after it leaves.
        await asyncio.sleep(0.2)
    assert list(quick.journal().outcome) == ["client_left"] * 5
