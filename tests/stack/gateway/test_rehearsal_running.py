"""The traffic of the running kit, read back as a log: its own spend log and traces, joined by LiteLLM's id."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from gateway_kit.gateway import Gateway, connect
from gateway_kit.rehearsal.traffic import read_traffic
from gateway_kit.rehearsal.traffic.running import write_running


def test_the_running_kits_calls_are_a_log(
    stack_env: dict[str, str], unique: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_HOME", stack_env["GATEWAY_HOME"])
    with connect() as gateway:
        _make_a_call_and_read_it_back(gateway, unique, tmp_path)


def _make_a_call_and_read_it_back(gateway: Gateway, unique: str, tmp_path: Path) -> None:
    alias = f"running-{unique}"
    key = gateway.keys.create(alias)
    prompt = f"What is a virtual key? {unique}"
    try:
        with gateway.calls.recording() as calls:
            client = gateway.client.with_options(api_key=key.secret)
            asked = [{"role": "user", "content": prompt}]
            for _ in client.chat.completions.create(
                model="gpt-4o-mini", messages=asked, stream=True, user="ann"
            ):
                pass
        made = calls.frame()
        gateway.spend.wait_for(made["request_id"])
        gateway.tracing.wait_for_trace(request_id=made["request_id"][0])
        assert write_running(tmp_path / "log", days=0.1) >= 1
        assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o600
        with read_traffic("running") as traffic:
            (call,) = (call for call in traffic.calls() if call.key == alias)
            assert traffic.summary()["name"] == "running"
    finally:
        gateway.keys.delete(alias)
    assert call.body is not None
    assert call.body["messages"][-1] == {"role": "user", "content": prompt}
    assert (call.kind, call.model, call.user, call.stream) == ("chat", "gpt-4o-mini", "ann", True)
    assert call.prompt_tokens == made["prompt_tokens"][0]
    assert call.cost_usd == pytest.approx(made["cost_usd"][0])
    assert call.latency_s == pytest.approx(made["latency_s"][0], abs=1.0)
    assert call.provider_model == "openai/gpt-4o-mini"
