"""Seconds from a fresh clone to the first answered call, with and without a warm package cache."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

from gateway_kit.stack.supervisor.ports import free_offset

ROOT = Path(__file__).resolve().parents[2]


def measure(scratch: Path) -> dict[str, Any]:
    """setup_s and first_call_s (from the start, set-up included) for each kind of package cache."""
    caches = {"XDG_CACHE_HOME": str(scratch / "cache"), "npm_config_cache": str(scratch / "npm")}
    cold = _fresh(scratch / "cold", **caches)
    shutil.rmtree(scratch / "cold")
    # Use the caches that the first run filled, independent of this machine's own caches.
    warm = _fresh(scratch / "warm", **caches)
    return {"without_cache": cold, "warm_cache": warm}


def _fresh(clone: Path, **caches: str) -> dict[str, float]:
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    env = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **caches}
    offset = free_offset()
    begin = time.monotonic()
    # What `make lab` does before it starts the stack.
    subprocess.run(["make", ".venv/.set-up"], cwd=clone, env=env, check=True, stdout=subprocess.DEVNULL)
    set_up_s = time.monotonic() - begin
    kit = clone / ".venv" / "bin" / "gateway-kit"
    try:
        subprocess.run(
            [kit, "up", "--port-offset", str(offset)],
            cwd=clone,
            env=env,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        env_json = subprocess.run(
            [kit, "env", "--json"], cwd=clone, env=env, check=True, capture_output=True, text=True
        )
        _ask(json.loads(env_json.stdout))
        first_call_s = time.monotonic() - begin
    finally:
        subprocess.run([kit, "down"], cwd=clone, env=env, check=True, stdout=subprocess.DEVNULL)
    return {"setup_s": round(set_up_s, 1), "first_call_s": round(first_call_s, 1)}


def _ask(variables: dict[str, str]) -> None:
    body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "What is an LLM gateway?"}]}
    request = urllib.request.Request(
        f"{variables['GATEWAY_URL']}/v1/chat/completions",
        data=json.dumps(body).encode(),
        headers={
            "Authorization": f"Bearer {variables['GATEWAY_API_KEY']}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert json.load(answer)["choices"][0]["message"]["content"]
