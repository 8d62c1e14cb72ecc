"""Replicas that are replaced one by one under load: nothing is lost, and a refusal changes nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from gateway_kit.common.polling import poll_until
from gateway_kit.gateway.providers import Providers
from gateway_kit.stack.services.balancer import Balancer
from gateway_kit.stack.stack import Stack
from gateway_kit.stack.supervisor import preflight, process
from gateway_kit.stack.supervisor.launch import Progress
from tests.conftest import CLI, Cli
from tools.bench.steady_load import MODEL, SteadyLoad

REPLICAS = ("gateway-1", "gateway-2")
MOST_CALLS = 2000  # never reached: the calls end with what they accompany
SLOW = "gpt-5-nano"

HOOK = """
import pathlib, sys
from litellm.integrations.custom_logger import CustomLogger

handler = CustomLogger()
starts = pathlib.Path(__file__).with_name("starts")
if "litellm.proxy.proxy_server" in sys.modules:
    number = int(starts.read_text()) + 1 if starts.exists() else 1
    starts.write_text(str(number))
    if number >= {fails_from}:
        raise RuntimeError("the audit service is away")
"""
CONFIG = """\
model_list:
  - model_name: gpt-4o-mini
    litellm_params: {model: openai/gpt-4o-mini, api_base: "${PROVIDERS_URL}/v1", api_key: none}
litellm_settings:
  callbacks: my_hooks.handler
  success_callback: [langfuse]
  failure_callback: [langfuse]
general_settings:
  master_key: os.environ/LITELLM_MASTER_KEY
  store_model_in_db: true
"""


@contextmanager
def steady_load(cli: Cli, per_s: float = 2, call_s: float = 2) -> Iterator[SteadyLoad]:
    """Calls at a steady rate while the block lasts, each of some seconds, so that some are always in progress."""
    variables, over = cli.variables(), threading.Event()
    load = SteadyLoad(variables, per_s, at_once=8)
    with Providers(variables["PROVIDERS_URL"]) as providers, ThreadPoolExecutor(1) as pool:
        providers.profile(MODEL, ttft_s=call_s / 2, tokens_per_s=80 / call_s)  # 40 tokens each
        made = pool.submit(load.run, MOST_CALLS, until=over)
        try:
            yield load
        finally:
            over.set()
            made.result()
            providers.reset_profiles()


@contextmanager
def long_stream(cli: Cli, tokens_per_s: float) -> Iterator[Future[str]]:
    """A stream of 60 tokens that has begun: all of its text, or what cut it."""
    variables, begun = cli.variables(), threading.Event()

    def streamed() -> str:
        body = {
            "model": SLOW,
            "messages": [{"role": "user", "content": f"Tell me a long story at {tokens_per_s} tokens/s"}],
            "stream": True,
            "max_tokens": 60,
        }
        try:
            with httpx.stream(
                "POST",
                f"{variables['GATEWAY_URL']}/v1/chat/completions",
                json=body,
                headers={"Authorization": f"Bearer {variables['GATEWAY_API_KEY']}"},
                timeout=60,
                trust_env=False,
            ) as answer:
                begun.set()
                return answer.read().decode()
        except httpx.RemoteProtocolError as exc:
            return str(exc)

    with Providers(variables["PROVIDERS_URL"]) as providers, ThreadPoolExecutor(1) as pool:
        try:
            providers.profile(SLOW, ttft_s=0, tokens_per_s=tokens_per_s)
            stream = pool.submit(streamed)
            assert begun.wait(60)
            yield stream
        finally:
            providers.reset_profiles()


def pids(cli: Cli) -> dict[str, int]:
    return {name: cli.row(name)["pid"] for name in REPLICAS}


def check_true(cli: Cli) -> None:
    """The record names what runs, and that is what the balancer sends requests to."""
    stack = Stack(cli.env)
    recorded = {name: entry for name, entry in stack.record().services.items() if name.startswith("gateway")}
    assert set(recorded) == set(REPLICAS)
    serving, known = poll_until(
        Balancer(stack.settings()).serving,
        lambda now: now == {entry.url: True for entry in recorded.values()},
        timeout_s=120,
    )
    assert known, serving
    assert not {"standby", "replaced"} & set(stack.record().services)
    assert {cli.row(name)["state"] for name in REPLICAS} == {"running"}


def config_of(folder: Path, *, fails_from: int) -> str:
    """A configuration whose module fails in the gateway's so-and-so-many-th start, and in each after that."""
    (folder / "my_hooks.py").write_text(HOOK.format(fails_from=fails_from))
    (folder / "mine.yaml").write_text(CONFIG)
    return str(folder / "mine.yaml")


def test_a_rolling_restart_loses_no_request_no_cost_and_no_trace_and_waits_for_a_long_stream(replicated: Cli):
    before = pids(replicated)
    # 60 tokens take longer than the five seconds that SIGTERM leaves.
    with steady_load(replicated) as load, long_stream(replicated, tokens_per_s=5) as stream:
        said = replicated("restart", "gateway", "--rolling").stdout
    assert load.outcomes() == {"answered": len(load.calls)}, [
        c for c in load.calls if c.outcome != "answered"
    ][:5]
    assert {call.stream for call in load.calls} == {True, False}
    assert load.spend_rows() == len(load.calls)
    by_rows, added_up = load.spent()
    assert by_rows == pytest.approx(added_up)
    assert {call.number for call in load.calls} <= load.traced()
    assert stream.result().rstrip().endswith("data: [DONE]")
    assert not set(before.values()) & set(pids(replicated).values())
    assert [line.split() for line in said.splitlines() if "gateway-1" in line][1] == ["gateway-1", "draining"]
    assert "cut" not in said
    check_true(replicated)


def test_a_stream_that_is_too_long_is_cut_after_the_time_for_draining(replicated: Cli):
    """As given: on a slow machine, which needs patience for all else, the user still chose the time."""
    with long_stream(replicated, tokens_per_s=0.5) as stream:
        said = replicated("restart", "gateway", "--drain", "0.5", GATEWAY_PATIENCE="100").stdout
    assert "cut 1 request after 0.5 s" in said
    assert not stream.result().rstrip().endswith("data: [DONE]")
    check_true(replicated)


def test_a_configuration_that_fails_leaves_all_the_old_ones_and_one_that_works_comes_one_by_one(
    replicated: Cli, tmp_path: Path
):
    was = Stack(replicated.env).record()
    with steady_load(replicated) as load:
        failed = replicated("up", "--config", config_of(tmp_path, fails_from=1), check=False)
        assert failed.returncode == 1
        line = HOOK.splitlines().index('        raise RuntimeError("the audit service is away")') + 1
        assert f"my_hooks.py line {line}: RuntimeError: the audit service is away" in failed.stderr
        assert "goes on with the kit's own configuration" in failed.stderr
        assert Stack(replicated.env).record() == was

        # The second replica fails after the first was replaced.
        (tmp_path / "starts").unlink()
        failed = replicated("up", "--config", config_of(tmp_path, fails_from=2), check=False)
        assert failed.returncode == 1
        assert "gateway-1   restarting as it was" in failed.stdout
        now = Stack(replicated.env).record()
        assert now.config is None
        assert now.services["gateway-2"] == was.services["gateway-2"]
        assert now.services["gateway-1"].identity == was.services["gateway-1"].identity
        check_true(replicated)

        config = config_of(tmp_path, fails_from=99)
        replicated("up", "--config", config)
        assert Stack(replicated.env).record().config == config
        assert "callbacks: my_hooks.handler" in replicated("config", "show").stdout
        check_true(replicated)
        replicated("up", "--config", "default")
    assert load.outcomes() == {"answered": len(load.calls)}
    check_true(replicated)
    before = pids(replicated)
    replicated("up")
    assert pids(replicated) == before, "nothing is left to be done"


@pytest.mark.parametrize("moment", ["starting beside the old one", "draining"])
def test_an_interrupted_rolling_restart_leaves_all_serving(replicated: Cli, moment: str):
    with steady_load(replicated) as load:
        with subprocess.Popen(
            [str(CLI), "restart", "gateway", "--rolling"],
            env={**replicated.env, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True,
        ) as command:  # fmt: skip
            assert command.stdout is not None
            assert any(moment in line for line in command.stdout)
            command.send_signal(signal.SIGINT)
            assert command.wait(60) == 130
        assert {replicated.row(name)["state"] for name in REPLICAS} == {"running"}
        replicated("up")
    assert load.outcomes() == {"answered": len(load.calls)}
    check_true(replicated)


def test_one_replica_is_restarted_alone_and_in_its_place_where_memory_is_short(
    replicated: Cli, monkeypatch: pytest.MonkeyPatch
):
    before, steps = pids(replicated), list[Progress]()
    monkeypatch.setattr(preflight, "available_memory_mb", lambda: 300)
    with steady_load(replicated) as load:
        Stack(replicated.env).restart("gateway-2", steps.append)
    assert load.outcomes() == {"answered": len(load.calls)}
    assert any("since memory is short" in step.state for step in steps)
    assert pids(replicated)["gateway-1"] == before["gateway-1"]
    assert pids(replicated)["gateway-2"] != before["gateway-2"]
    check_true(replicated)


def test_only_gateways_are_restarted_rolling(replicated: Cli):
    for word in ("--rolling", "--drain=3"):
        refused = replicated("restart", "redis", word, check=False)
        assert refused.returncode == 2
        assert "redis is none" in refused.stderr


def test_a_replica_killed_under_load_costs_the_requests_that_it_had_and_no_other(replicated: Cli):
    with steady_load(replicated, per_s=20, call_s=0.4) as load:
        assert poll_until(lambda: len(load.calls), lambda made: made >= 20, timeout_s=120)[1]
        victim = Stack(replicated.env).record().services["gateway-2"].process
        os.kill(victim.pid, signal.SIGKILL)
        # A busy machine takes its time.
        assert poll_until(lambda: process.alive(victim), lambda now: now is None, timeout_s=60)[1]
        made = len(load.calls)
        assert poll_until(lambda: len(load.calls), lambda now: now >= made + 60, timeout_s=120)[1]
    failed = [call for call in load.calls if call.outcome != "answered"]
    # One that is sent while the balancer learns of the end, within a second, counts as received.
    assert all(call.number < made + 20 for call in failed), failed
    assert {call.outcome for call in failed} <= {"502", "ClientPayloadError", "cut"}
    replicated("up")
    check_true(replicated)
