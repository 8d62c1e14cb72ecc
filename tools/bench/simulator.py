"""The providers' simulator alone: requests a second, memory, and how closely answers keep to the profile."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from gateway_kit.gateway.providers import Providers
from gateway_kit.stack.services.programs import NODE_FOLDER, node
from gateway_kit.stack.services.providers import SMALL_HEAP, SMALL_MALLOC
from tools.bench.rounds import Figures, medians_of_rounds

HERE = Path(__file__).parent
CLIENT = HERE / "simulator_client.mjs"
# A server that does nothing: what Node itself and the client can do on this machine.
BARE = """
import { createServer } from "node:http";
const body = JSON.stringify({ choices: [{ message: { content: "x".repeat(300) } }] });
const server = createServer(async (request, response) => {
  for await (const _ of request);
  response.writeHead(200, { "content-type": "application/json", "content-length": body.length });
  response.end(body);
});
server.listen(0, "127.0.0.1", () => console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` })));
"""
ROUNDS = 5
MODEL = "gpt-4o-mini"


@contextmanager
def _program(*argv: str, scratch: Path, **env: str) -> Iterator[tuple[str, psutil.Process]]:
    log = scratch / "program.log"
    with log.open("wb") as sink:
        child = subprocess.Popen(
            [str(node()), *argv], env={**os.environ, **env}, stdout=sink, cwd=NODE_FOLDER
        )
    try:
        while not log.read_text().endswith("\n"):
            if child.poll() is not None:
                raise RuntimeError(f"node {argv[0]} ended with {child.returncode}")
            time.sleep(0.02)
        yield str(json.loads(log.read_text().splitlines()[0])["url"]), psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait()


def _client(url: str, *, rate: float = 0, seconds: float = 3, prompt: str = "ping") -> dict[str, Any]:
    """Sends requests: at `rate` a second, or with 64 connections as fast as they are answered."""
    argv = [str(node()), str(CLIENT), url, MODEL, str(rate), str(seconds), prompt]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    return dict(json.loads(done.stdout))


def measure(scratch: Path) -> dict[str, Any]:
    """Requests a second as ratios to a server that does nothing, MB, and latency against the profile."""
    with (
        _program("--input-type=module", "-e", BARE, scratch=_folder(scratch, "bare")) as (bare, _),
        _program(
            *SMALL_HEAP, "providers.mjs", scratch=_folder(scratch, "sim"), PROVIDERS_PORT="0", **SMALL_MALLOC
        ) as (url, process),
        Providers(url) as providers,
    ):
        providers.profile("*", ttft_s=0, tokens_per_s=100_000, jitter=0)

        def speed(target: str, prompt: str) -> Figures:
            return {"requests_per_s": _client(target, prompt=prompt)["requests_per_s"]}

        targets = {
            "bare": lambda: speed(bare, "ping"),
            "bank": lambda: speed(url, "ping"),
            "made_up": lambda: speed(url, "Why do cats purr when they are content?"),
        }
        speeds = medians_of_rounds(targets, ROUNDS, digits=0)
        memory = process.memory_info().rss / 1e6
        profile = {"ttft_s": 0.15, "tokens_per_s": 160.0, "jitter": 0.0}
        providers.profile("*", **profile)
        paced = _client(url, rate=50, seconds=10, prompt="Why do cats purr when they are content?")
    expected = profile["ttft_s"] + paced["completion_tokens"] / profile["tokens_per_s"]
    return {
        "requests_per_s": {name: figures["requests_per_s"] for name, figures in speeds.items()},
        "ratio_to_bare": {
            name: round(figures["requests_per_s"] / speeds["bare"]["requests_per_s"], 3)
            for name, figures in speeds.items()
        },
        "rss_mb_after_load": round(memory),
        "at_50_requests_per_s": {
            "expected_s": round(expected, 4),
            "p50_s": paced["p50_s"],
            "p95_s": paced["p95_s"],
            "p50_ratio": round(paced["p50_s"] / expected, 3),
            "p95_ratio": round(paced["p95_s"] / expected, 3),
        },
    }


def _folder(scratch: Path, name: str) -> Path:
    folder = scratch / name
    folder.mkdir()
    return folder
