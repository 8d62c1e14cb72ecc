"""Cooldowns as the gateway notes them, and as events."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from gateway_kit.rehearsal.clock import Clock
from gateway_kit.rehearsal.cooldowns import Cooldowns
from gateway_kit.rehearsal.event_log import EventLog


def noted(path: Path, *, at: float, deployment: str = "azure-1", seconds: float = 5.0) -> None:
    with path.open("a") as file:
        file.write(json.dumps({"deployment": deployment, "status": 429, "seconds": seconds, "at": at}) + "\n")


def test_each_cooldown_is_one_event_however_many_calls_failed(tmp_path: Path) -> None:
    clock, rows, path = Clock(total=1, span_s=0.0, speed=60), [], tmp_path / "cooldowns.jsonl"
    clock.start(1000.0)
    cooldowns = Cooldowns(path, EventLog(clock, rows.extend), {"id-2": "openai-1"})
    cooldowns.look()
    assert rows == []
    noted(path, at=1001.0)
    noted(path, at=1001.1)
    cooldowns.look()
    noted(path, at=1003.0)  # it goes on until 1008
    noted(path, at=1004.0, deployment="id-2")
    noted(path, at=1007.9)
    noted(path, at=1013.0)
    with path.open("a") as file:
        file.write('{"deployment": "half')
    cooldowns.look()
    assert [(row["kind"], row["subject"], row["at_s"]) for row in rows] == [
        ("cooldown", "azure-1", 60.0),
        ("cooldown", "openai-1", 240.0),
        ("cooldown", "azure-1", 780.0),
    ]
    assert rows[0]["detail"] == "azure-1 cools down for 5 s after an error 429"


@pytest.mark.filterwarnings("ignore::UserWarning:pydantic", "ignore::DeprecationWarning:litellm")
def test_the_gateway_notes_litellms_own_cooldowns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LITELLM_LOCAL_MODEL_COST_MAP", "True")
    from litellm.caching.caching import DualCache
    from litellm.router_utils.cooldown_cache import CooldownCache

    from gateway_kit.stack.servers.gateway.cooldowns import note_cooldowns

    monkeypatch.setattr(CooldownCache, "add_deployment_to_cooldown", CooldownCache.add_deployment_to_cooldown)
    path = tmp_path / "cooldowns.jsonl"
    note_cooldowns(str(path))
    cache = CooldownCache(DualCache(), default_cooldown_time=7.0)
    failure = ValueError("sk-secret")
    fields: dict[str, Any] = {"original_exception": failure, "exception_status": 429}
    cache.add_deployment_to_cooldown(model_id="azure-1", cooldown_time=None, **fields)
    cache.add_deployment_to_cooldown(model_id="azure-2", cooldown_time=0.5, **fields)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["deployment"], line["status"], line["seconds"]) for line in lines] == [
        ("azure-1", 429, 7.0),
        ("azure-2", 429, 0.5),
    ]
    assert cache.in_memory_cache.get_cache("deployment:azure-1:cooldown")["status_code"] == "429"
    assert "secret" not in path.read_text()
