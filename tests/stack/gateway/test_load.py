"""The load generator on the real gateway: its calls, its ends, and what it leaves behind (nothing)."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pytest

from gateway_kit.errors import (
    GatewayUnreachableError,
    KeyRefusedError,
    LoadError,
    LoadGivenUpError,
)
from gateway_kit.gateway import CALLS, Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.load import LoadPlan, LoadRun, run_load
from gateway_kit.load.call_rows import LEFT
from gateway_kit.load.prompts import prompt_bank
from gateway_kit.load.run import LoadProgress
from gateway_kit.stack.supervisor import process
from gateway_kit.stack.supervisor.ports import free_offset
from tests.conftest import CLI, ROOT

PROGRAM = "gateway_kit.stack.servers.load_generator"


def programs() -> list[psutil.Process]:
    """The load generator's processes that this test has started, workers too."""
    return [p for p in psutil.Process().children(recursive=True) if PROGRAM in " ".join(cmdline(p))]


def cmdline(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


class Watch:
    """An `on_progress` that remembers every process of the generator it saw, and may act once calls have ended."""

    def __init__(self, act: Callable[[], None] | None = None, after: int = 1) -> None:
        self.seen: set[psutil.Process] = set()
        self.last: LoadProgress | None = None
        self._act = act
        self._after = after

    def __call__(self, progress: LoadProgress) -> None:
        self.last = progress
        self.seen |= set(programs())
        if self._act is not None and progress.calls >= self._after:
            act, self._act = self._act, None
            act()


@pytest.fixture(autouse=True)
def _nothing_is_left_running() -> Iterator[None]:
    before = set(process._children)  # of another file's tests, in this process
    yield
    assert not programs()
    assert set(process._children) <= before  # each was reaped


@pytest.fixture
def key_of_its_own(new_key: Callable[..., str]) -> str:
    return new_key(key_alias=None)


def interrupt() -> None:
    raise KeyboardInterrupt


def gone(processes: set[psutil.Process]) -> bool:
    """Whether all of them end soon."""
    _, left = psutil.wait_procs(processes, timeout=120)
    return not left


def test_a_closed_loop_makes_its_calls_and_no_other(
    gateway: Gateway, providers: Providers, own_model: Callable[..., str]
) -> None:
    model = own_model()
    watch = Watch()
    run = run_load(LoadPlan(model, requests=40, users=6, no_cache=True, seed=3), gateway, on_progress=watch)
    assert (run.ended, run.workers, len(run)) == ("complete", 1, 40)
    assert {name: str(dtype) for name, dtype in run.calls.dtypes.items()} == CALLS.dtypes
    assert run.calls["status"].eq(200).all()
    assert run.calls["error"].isna().all()
    assert sorted(run.arrivals["number"]) == list(range(40))
    assert set(run.arrivals["user"]) == set(range(6))
    assert run.arrivals["scheduled"].isna().all()
    journal = providers.journal(deployment=model)
    assert sorted(journal["prompt"]) == sorted(run.arrivals["prompt"])
    assert journal["source"].eq("bank").all()
    log = gateway.spend.wait_for(run.calls["request_id"])
    assert len(log) == 40
    assert log["cost_usd"].sum() == pytest.approx(run.calls["cost_usd"].sum(), rel=1e-12)
    assert run.calls["cost_usd"].gt(0).all()
    assert run.summary.loc["all", "cost_usd"] == pytest.approx(log["cost_usd"].sum(), rel=1e-12)
    assert watch.last is not None
    assert (watch.last.calls, watch.last.planned, watch.last.failures) == (40, 40, 0)
    assert len(watch.seen) == 1
    assert "gevent" not in sys.modules


def test_every_prompt_of_the_bank_is_answered_without_a_real_model(
    stack_env: dict[str, str], providers: Providers, unique: str
) -> None:
    """On the simulator itself, whose address has a path of its own here."""
    simulator = Gateway(Connection(f"{stack_env['PROVIDERS_URL']}/d/{unique}", "simulated"))
    plan = LoadPlan(requests=2500, users=16, unique=True)
    try:
        providers.profile("gpt-4o-mini", provider="openai", ttft_s=0, tokens_per_s=100_000)
        run = run_load(plan, simulator)
    finally:
        providers.reset_profiles()
    assert run.calls["status"].eq(200).all()
    journal = providers.journal(deployment=unique)
    assert {prompt.partition(" [")[0] for prompt in journal["prompt"]} == set(prompt_bank())
    assert len(journal) == journal["prompt"].nunique() == 2500
    assert journal["source"].eq("bank").all()


def test_a_seed_asks_the_same_by_one_process_and_by_two(
    gateway: Gateway, providers: Providers, own_model: Callable[..., str]
) -> None:
    one, two = own_model(), own_model()
    asked = []
    for workers, watch in ((1, Watch()), (2, Watch())):
        plan = LoadPlan({one: 0.7, two: 0.3}, requests=30, stream=0.3, zipf=1.1, no_cache=True, seed=5)
        providers.clear_journal()
        run = run_load(plan, gateway, workers=workers, on_progress=watch)
        assert len(run) == 30
        assert run.workers == workers
        assert len(watch.seen) == (1 if workers == 1 else 3)
        rows = run.calls.join(run.arrivals).sort_values("number")
        asked.append(rows[["number", "prompt", "model", "stream"]].to_numpy().tolist())
        for model in (one, two):
            mine = rows[rows["model"] == model]
            journal = providers.journal(deployment=model)
            assert sorted(journal["prompt"]) == sorted(mine["prompt"])
            assert journal["stream"].sum() == mine["stream"].sum()
    assert asked[0] == asked[1]


def test_prompts_that_come_again_are_cache_hits(gateway: Gateway, own_cache: dict[str, Any]) -> None:
    plan = LoadPlan(requests=60, users=1, zipf=1.5, prompts=prompt_bank(10), params=own_cache["extra_body"])
    run = run_load(plan, gateway)
    hits = run.calls[run.calls["cache_hit"]]
    assert len(run) - len(hits) == run.arrivals["rank"].nunique()
    assert hits["cost_usd"].eq(0).all()
    assert run.summary.loc["all", "cache_hits"] == len(hits)


@pytest.mark.parametrize("workers", [1, 2])
def test_an_open_loop_lets_calls_come_when_they_are_due(
    gateway: Gateway, providers: Providers, own_model: Callable[..., str], workers: int
) -> None:
    model = own_model()
    plan = LoadPlan(model, rate_per_s=20, duration_s=2, arrivals="even", no_cache=True)
    # Each answer takes longer than all of the calls need to come: a closed loop of any size would wait.
    with providers.fault(deployment=model, kind="slow", latency_s=2.5):
        run = run_load(plan, gateway, workers=workers)
    assert len(run) == 40
    assert run.calls["error"].isna().all()
    rows = run.calls.join(run.arrivals).sort_values("number")
    assert rows["number"].tolist() == list(range(40))
    assert rows["user"].isna().all()
    assert (rows["scheduled"] <= rows["sent"]).all()
    assert (rows["sent"] == rows["started"]).all()
    if workers == 1:  # two processes do not begin at the same microsecond
        gaps_s = rows["scheduled"].diff().dropna().dt.total_seconds()
        assert gaps_s.tolist() == pytest.approx([0.05] * 39, abs=1e-5)
    waited_s = rows["late_s"] + rows["latency_s"]
    assert rows["latency_from_schedule_s"].tolist() == pytest.approx(waited_s.tolist())
    assert len(providers.journal(deployment=model)) == 40


def test_calls_that_find_no_place_are_late(
    gateway: Gateway, providers: Providers, own_model: Callable[..., str]
) -> None:
    model = own_model()
    plan = LoadPlan(model, rate_per_s=50, requests=5, arrivals="even", max_in_flight=1, no_cache=True)
    with providers.fault(deployment=model, kind="slow", latency_s=0.4):
        run = run_load(plan, gateway)
    rows = run.calls.join(run.arrivals).sort_values("number")
    # One after the other, each of at least 0.4 s, though one was due every 0.02 s.
    for number, late_s in enumerate(rows["late_s"]):
        assert late_s >= number * (0.4 - 0.02)
    assert run.summary.loc["all", "latency_from_schedule_p95_s"] > run.summary.loc["all", "latency_p95_s"]


def test_a_load_can_end_by_time(gateway: Gateway, own_model: Callable[..., str]) -> None:
    watch = Watch()
    plan = LoadPlan(own_model(), duration_s=1.5, users=4, no_cache=True)
    run = run_load(plan, gateway, on_progress=watch)
    assert run.ended == "complete"
    assert run.calls["error"].isna().all()  # calls under way are waited for
    begun_s = (run.calls["started"] - run.calls["started"].min()).dt.total_seconds()
    assert begun_s.max() <= 1.5
    assert watch.last is not None
    assert watch.last.planned is None


def test_a_user_thinks_between_an_answer_and_the_next_call(
    gateway: Gateway, own_model: Callable[..., str]
) -> None:
    plan = LoadPlan(own_model(), requests=4, users=1, think_time_s=0.32, no_cache=True)
    calls = run_load(plan, gateway).calls
    assert len(calls) == 4
    between_s = calls["started"].diff().dt.total_seconds().iloc[1:].to_numpy()
    # A timer of gevent's may fire some milliseconds early: it counts from the last time the loop looked at the clock.
    assert (between_s - calls["latency_s"].iloc[:-1].to_numpy() >= 0.3).all()


def test_streams_are_timed_and_charged(
    gateway: Gateway, providers: Providers, own_model: Callable[..., str]
) -> None:
    model = own_model()
    run = run_load(LoadPlan(model, requests=30, stream=0.5, no_cache=True, max_tokens=8), gateway)
    streams, whole = run.calls[run.calls["stream"]], run.calls[~run.calls["stream"]]
    assert len(streams)
    assert len(whole)
    assert (streams["ttft_s"] > 0).all()
    assert (streams["ttft_s"] <= streams["latency_s"]).all()
    assert whole["ttft_s"].isna().all()
    assert run.calls["completion_tokens"].le(8).all()
    assert providers.journal(deployment=model)["stream"].sum() == len(streams)
    log = gateway.spend.wait_for(run.calls["request_id"])
    both = run.calls.merge(log, on="request_id", suffixes=("", "_log"), validate="one_to_one")
    assert both["cost_usd"].tolist() == pytest.approx(both["cost_usd_log"].tolist(), rel=1e-12)
    assert both["total_tokens"].tolist() == both["total_tokens_log"].tolist()


def test_the_first_token_of_a_slow_stream_comes_before_its_end(
    gateway: Gateway, own_model: Callable[..., str], providers: Providers
) -> None:
    """Each token takes 50 ms: a first token that is told only when all have come would be as late as the last."""
    model = own_model(model="openai/gpt-4.1-nano")
    try:
        providers.profile("gpt-4.1-nano", provider="openai", ttft_s=0.1, tokens_per_s=20)
        plan = LoadPlan(model, requests=2, stream=True, no_cache=True, prompts=["Count from 1 to 10"])
        run_load(plan, gateway)  # the first call to a deployment waits for its client
        run = run_load(plan, gateway)
    finally:
        providers.reset_profiles()
    assert run.calls["error"].isna().all()
    rest_s = run.calls["latency_s"] - run.calls["ttft_s"]
    assert (rest_s > 0.05 * (run.calls["completion_tokens"] - 3)).all()


def test_failures_have_their_status_and_their_words(
    gateway: Gateway, providers: Providers, own_model: Callable[..., str]
) -> None:
    model = own_model(max_retries=0)
    plan = LoadPlan(model, requests=12, users=2, no_cache=True, params={"num_retries": 0}, give_up_after=None)
    with providers.fault(deployment=model, kind="server_error", count=3):
        run = run_load(plan, gateway)
    failed = run.calls[run.calls["error"].notna()]
    assert len(failed)
    assert set(failed["status"]) <= {500, 503, 429}  # of a cooldown the router says 429
    assert 500 in set(failed["status"])
    assert run.summary.loc["all", "failures"] == len(failed)
    assert run.summary.loc["all", "n"] == 12 - len(failed)
    assert failed["error"].str.contains("litellm").all()
    with providers.fault(deployment=own_model(), kind="cut_stream", after_chunks=5) as fault:
        cut_model = fault._scope["deployment"]
        cut = run_load(LoadPlan(cut_model, requests=2, stream=True, no_cache=True), gateway).calls
    assert cut["status"].eq(200).all()
    assert cut["error"].notna().all()
    assert (cut["ttft_s"] > 0).all()


def test_a_call_that_takes_too_long_is_a_failure_without_a_status(
    gateway: Gateway, providers: Providers, own_model: Callable[..., str]
) -> None:
    model = own_model()
    with providers.fault(deployment=model, kind="slow", latency_s=30):
        calls = run_load(LoadPlan(model, requests=2, no_cache=True, timeout_s=0.4), gateway).calls
    assert calls["status"].isna().all()
    assert calls["error"].str.startswith("TimeoutError").all()
    assert (calls["latency_s"] < 30).all()


def test_the_stop_button_ends_it_and_keeps_what_was_measured(
    gateway: Gateway, providers: Providers, own_model: Callable[..., str]
) -> None:
    model = own_model()
    watch = Watch(interrupt, after=5)
    with providers.fault(deployment=model, kind="slow", latency_s=0.3):
        plan = LoadPlan(model, duration_s=600, users=8, no_cache=True)
        run = run_load(plan, gateway, workers=2, on_progress=watch)
    assert run.ended == "interrupted"
    assert len(watch.seen) == 3
    assert gone(watch.seen)
    answered, left = run.calls[run.calls["error"].isna()], run.calls[run.calls["error"].notna()]
    assert len(answered) >= 5
    assert len(left) <= 8
    assert left["error"].eq(LEFT).all()
    assert "interrupted" in repr(run)


def test_a_load_can_be_stopped_before_its_workers_are_there(gateway: Gateway) -> None:
    watch = Watch(interrupt, after=0)
    run = run_load(LoadPlan(duration_s=600), gateway, workers=1, remote_workers=1, on_progress=watch)
    assert (run.ended, len(run)) == ("interrupted", 0)
    assert run.calls.empty
    assert run.summary.loc["all", "requests"] == 0


def test_a_wrong_key_is_refused_before_the_first_call(gateway: Gateway, providers: Providers) -> None:
    watch = Watch()
    with pytest.raises(KeyRefusedError, match="gateway-kit env"):
        run_load(LoadPlan(requests=1000), gateway, api_key="sk-not-a-key", on_progress=watch)
    assert watch.last is None


def test_refusals_end_a_load_early(gateway: Gateway, new_key: Callable[..., str]) -> None:
    with pytest.raises(LoadGivenUpError, match=r"gateway\.models\.list\(\)") as caught:
        run_load(LoadPlan("no-such-model", requests=5000, users=4), gateway, workers=2)
    run = caught.value.run
    assert isinstance(run, LoadRun)
    assert run.ended == "given up"
    # Twenty in a row in one of the two, and as many or fewer in the other.
    assert 20 <= run.calls["status"].eq(400).sum() <= 60
    allowed_elsewhere = new_key(models=["claude-haiku-4-5"])
    with pytest.raises(LoadGivenUpError, match="and that may do this"):
        run_load(LoadPlan(requests=5000), gateway, api_key=allowed_elsewhere)


def test_a_gateway_that_is_down_is_a_sentence() -> None:
    port = 4000 + free_offset((4000,))
    nobody = Gateway(Connection(f"http://127.0.0.1:{port}", "sk-none"))
    with pytest.raises(GatewayUnreachableError, match="Start it with: gateway-kit up"):
        run_load(LoadPlan(requests=10), nobody)


def test_a_gateway_that_goes_down_ends_the_load(tmp_path: Path) -> None:
    class Answer(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def go_down() -> None:
        server.shutdown()
        server.server_close()

    target = Gateway(Connection(f"http://127.0.0.1:{server.server_port}", "sk-any"))
    plan = LoadPlan(duration_s=600, users=2, think_time_s=0.01)
    with pytest.raises(LoadGivenUpError, match="Start it with: gateway-kit up") as caught:
        run_load(plan, target, on_progress=Watch(go_down, after=3))
    run = caught.value.run
    assert run.calls["status"].eq(200).sum() >= 3
    assert run.calls["error"].str.startswith("ConnectionRefusedError").sum() >= 20


def test_no_list_of_processes_has_the_key(gateway: Gateway, own_model: Callable[..., str]) -> None:
    words: list[str] = []

    def look() -> None:
        words.extend(" ".join(cmdline(process)) for process in psutil.process_iter())

    watch = Watch(look)
    run_load(LoadPlan(own_model(), requests=30, users=2), gateway, workers=2, on_progress=watch)
    assert len([line for line in words if PROGRAM in line]) >= 3
    assert not [line for line in words if gateway.connection.api_key in line]


@pytest.mark.parametrize("end", ["killed", "ended, with its folder tidied up"])
def test_it_ends_with_whoever_started_it(
    stack_env: dict[str, str], own_model: Callable[..., str], end: str
) -> None:
    """A kernel that is shut down while a load runs in one of its threads ends the second way."""
    code = (
        "import sys, threading\n"
        "from gateway_kit.load import LoadPlan, run_load\n"
        f"plan = LoadPlan({own_model()!r}, duration_s=600, no_cache=True)\n"
        "wish = dict(workers=2, on_progress=lambda p: print(p.calls, flush=True))\n"
        "threading.Thread(target=run_load, args=(plan,), kwargs=wish, daemon=True).start()\n"
        "sys.stdin.readline()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], env={**os.environ, **stack_env}, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert parent.stdin is not None
    assert parent.stdout is not None
    try:
        while int(parent.stdout.readline()) < 1:
            pass
        started = set(programs())
        assert len(started) == 3
        folder = next(Path(words[4]) for p in started if "--worker" not in (words := cmdline(p)))
        assert (folder / "calls.jsonl").exists()
        if end != "killed":
            parent.communicate("end\n", timeout=120)
    finally:
        parent.kill()
        parent.communicate()
    assert gone(started)
    assert not folder.exists()


def test_a_worker_that_dies_is_a_failure_and_no_shorter_run(
    gateway: Gateway, own_model: Callable[..., str]
) -> None:
    def kill() -> None:
        worker = next(process for process in programs() if "--worker" in cmdline(process))
        worker.kill()

    watch = Watch(kill)
    with pytest.raises(LoadError, match="a worker ended before its share was done"):
        run_load(LoadPlan(own_model(), duration_s=600), gateway, workers=2, on_progress=watch)
    assert gone(watch.seen)


def test_a_worker_of_another_machine_takes_its_share(
    gateway: Gateway, providers: Providers, own_model: Callable[..., str], tmp_path: Path
) -> None:
    """It has nothing of the kit but the program's folder; the documented command is typed in there."""
    shutil.copytree(
        ROOT / "gateway_kit" / "stack" / "servers" / "load_generator",
        tmp_path / "gateway_kit" / "stack" / "servers" / "load_generator",
    )
    port = 5557 + free_offset((5557,))
    # Python's path without this working copy, which the environment of the tests has put there.
    code = (
        "import runpy, sys; sys.path[:] = [p for p in sys.path if p != sys.argv[1]]; del sys.argv[1];"
        f"runpy.run_module({PROGRAM!r}, run_name='__main__', alter_sys=True)"
    )
    argv = [sys.executable, "-c", code, str(ROOT), "--worker", "--master-port", str(port)]
    env = {"PATH": os.environ["PATH"], "GATEWAY_API_KEY": gateway.connection.api_key}
    worker = subprocess.Popen(argv, cwd=tmp_path, env=env)
    model = own_model()
    plan = LoadPlan(model, requests=40, users=4, no_cache=True)
    try:
        run = run_load(plan, gateway, workers=1, remote_workers=1, master_port=port)
        assert worker.wait(120) == 0
    finally:
        worker.kill()
        worker.wait()
    assert sorted(run.arrivals["number"]) == list(range(40))
    assert run.workers == 2
    assert sorted(providers.journal(deployment=model)["prompt"]) == sorted(run.arrivals["prompt"])


def test_the_program_without_a_key_says_so(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", PROGRAM, "--worker"]
    done = subprocess.run(argv, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "GATEWAY_API_KEY is not set" in done.stderr
    env = {**os.environ, "GATEWAY_API_KEY": "sk-any"}
    wrong = subprocess.run(argv[:-1], env=env, capture_output=True, text=True, check=False)
    assert wrong.returncode == 2
    assert "either FOLDER or --worker" in wrong.stderr


def test_the_command_line_makes_a_load_and_writes_it_down(
    stack_env: dict[str, str], own_model: Callable[..., str], tmp_path: Path
) -> None:
    one, two = own_model(), own_model()
    words = [
        "load",
        "--model",
        f"{one}=3",
        "--model",
        f"{two}=1",
        "--requests",
        "20",
        "--stream",
        "0.5",
        "--no-cache",
    ]
    done = subprocess.run(
        [CLI, *words, "--json", "--out", str(tmp_path / "calls.jsonl")],
        env={**os.environ, **stack_env}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert told["ended"] == "complete"
    assert {row["model"]: row["requests"] for row in told["summary"]}["all"] == 20
    calls = pd.read_json(tmp_path / "calls.jsonl", lines=True)
    assert len(calls) == 20
    assert set(calls["model"]) == {one, two}
    assert set(calls["stream"]) == {True, False}
    assert done.stderr.splitlines()[-1].startswith("  20 of 20 calls, ")


def test_ctrl_c_on_the_command_line_prints_what_was_measured(
    stack_env: dict[str, str], own_model: Callable[..., str]
) -> None:
    child = subprocess.Popen(
        [CLI, "load", "--model", own_model(), "--duration", "600", "--no-cache"],
        env={**os.environ, **stack_env}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert child.stderr is not None
        while not (line := child.stderr.readline()) or line.split()[0] == "0":
            assert child.poll() is None
        started = set(programs())
        assert started
        child.send_signal(signal.SIGINT)
        shown, _ = child.communicate(timeout=120)
    finally:
        child.kill()
        child.communicate()
    assert child.returncode == 130
    assert "600 s of calls" in shown
    assert ": interrupted" in shown
    assert "all" in shown
    assert gone(started)
