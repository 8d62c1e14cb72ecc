"""Whole rehearsals by the command line, as few as prove the most: each boots a gateway, which takes ten seconds."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from gateway_kit.common.polling import poll_until
from gateway_kit.rehearsal import Rehearsal
from gateway_kit.rehearsal.program import HOME_PREFIX
from gateway_kit.stack.services.fork_server import FORK_SERVER
from gateway_kit.stack.services.gateway import PROGRAM
from tests.conftest import CLI, FOREIGN

CALLS = 80
# Keys of the rehearsal's gateway, of its simulator's callers and of production.
SECRET = re.compile(rb"\bsk-[A-Za-z0-9_-]{20,}|sk-real-and-costly|a-secret-of-production|sk-password")

CONFIG = """
model_list:
  - model_name: fast
    litellm_params: {model: openai/gpt-4o-mini, api_key: os.environ/NOBODY_SET_THIS_KEY}
  - model_name: smart
    litellm_params: {model: anthropic/claude-haiku-4-5, api_key: sk-ant-a-secret-of-production}
router_settings:
  fallbacks: [{smart: [fast]}]
litellm_settings:
  callbacks: [phone.caller]
general_settings:
  master_key: os.environ/PRODUCTION_MASTER_KEY
  database_url: os.environ/PRODUCTION_DATABASE_URL
"""

# It would tell the world of each call, by Python's sockets and by another program.
PHONE = """
import json, socket, subprocess, sys
from litellm.integrations.custom_logger import CustomLogger

CHILD = "import socket; socket.create_connection(('192.0.2.1', 443), 3)"

def tried(way):
    try:
        way()
    except OSError as exc:
        return type(exc).__name__
    return "got through"

class Phone(CustomLogger):
    told = False

    async def async_log_success_event(self, kwargs, response_obj, start_time, end_time):
        if Phone.told:
            return
        Phone.told = True
        with open(NOTES, "w") as notes:
            json.dump({
                "connect": tried(lambda: socket.create_connection(("192.0.2.1", 443), 3)),
                "name": tried(lambda: socket.create_connection(("example.com", 443), 3)),
                "child": subprocess.run([sys.executable, "-c", CHILD], capture_output=True).returncode,
            }, notes)

caller = Phone()
"""

KEYS = {
    "teams": [{"alias": "shop", "max_budget": 100}],
    "keys": [
        {"alias": "search", "team": "shop", "models": ["fast", "smart"]},
        {"alias": "closed", "max_budget": 0},
    ],
}

STORY = """
- at: 25%
  provider: anthropic
  fault: server_error
  for: 25%
"""


def traffic(path: Path) -> list[dict[str, Any]]:
    """A log: chat by two models, streams among them, by three keys; every tenth line is broken."""
    rows: list[dict[str, Any]] = []
    lines = []
    for number in range(CALLS):
        at = datetime(2026, 10, 1, 9, tzinfo=UTC) + timedelta(seconds=number)
        model, key = ("fast", "smart")[number % 2], ("search", "support", "closed")[number % 8 // 3]
        prompt, completion = 20 + number, 5 + number % 30
        price = (0.15, 0.6) if model == "fast" else (1.0, 5.0)
        row = {
            "time": at.isoformat(),
            "key": key,
            "team": "shop" if key == "search" else None,
            "tags": ["faq"],
            "request": {
                "model": model,
                "messages": [{"role": "user", "content": f"Question {number}"}],
                "stream": number % 5 == 0,
            },
            "usage": {"prompt_tokens": prompt, "completion_tokens": completion},
            "latency_s": 0.05 + number % 10 / 100,
            "ttft_s": 0.03,
            "cost_usd": (prompt * price[0] + completion * price[1]) / 1e6,
            "status": 200,
        }
        rows.append(row)
        lines.append(json.dumps(row))
        if number % 10 == 9:
            lines.append('{"time": broken')
    path.write_text("\n".join(lines) + "\n")
    return rows


class Case:
    """The files of a rehearsal, and the command."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.out = folder, folder / "out"
        self.home, self.temporary = folder / "users-stack", folder / "tmp"
        self.temporary.mkdir()
        config = folder / "production"
        config.mkdir()
        self.notes = folder / "phone.json"
        (config / "config.yaml").write_text(CONFIG)
        (config / "phone.py").write_text(PHONE.replace("NOTES", repr(str(self.notes))))
        (folder / "keys.json").write_text(json.dumps(KEYS))
        (folder / "story.yaml").write_text(STORY)
        self.rows = traffic(folder / "calls.jsonl")
        # Not the suite's server of gateways either: a rehearsal has one of its own.
        kept = {name: value for name, value in os.environ.items() if name not in {*FOREIGN, FORK_SERVER}}
        # A stack that runs, and keys that would cost money, must not be touched.
        self.env = {
            **kept,
            "GATEWAY_HOME": str(self.home),
            "GATEWAY_URL": "http://127.0.0.1:9",
            "OPENAI_API_KEY": "sk-real-and-costly",
            "TMPDIR": str(self.temporary),
        }

    def words(self, *more: str) -> list[str]:
        config, log = self.folder / "production" / "config.yaml", self.folder / "calls.jsonl"
        return [str(CLI), "rehearse", str(config), "--traffic", str(log), "--out", str(self.out), *more]

    def left_over(self) -> list[str]:
        """Processes that work in the temporary folder, or run the conductor for this folder."""
        found = []
        for process in psutil.process_iter():
            try:
                words = " ".join(process.cmdline())
                if str(self.folder) in words and process.pid != os.getpid():
                    found.append(words)
            except psutil.Error:
                continue
        return found


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_a_rehearsal_answers_as_the_log_says_meets_limits_and_trouble_and_leaves_nothing(case: Case):
    done = subprocess.run(
        case.words(
            "--speed", "max", "--keys", str(case.folder / "keys.json"), "--story", str(case.folder / "story.yaml"),
            "--fail-if", "cost_usd > 1", "--fail-if", "failed > 0.01",
        ),
        env=case.env, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout + done.stderr
    assert "--fail-if: failed > 0.01" in done.stderr
    assert "--fail-if: cost_usd" not in done.stderr
    assert f"of {CALLS} calls" in done.stderr  # progress in lines, since there is no terminal
    assert "The report: " in done.stdout

    run = Rehearsal.read(case.out).candidate
    facts, calls = run.facts, run.calls
    assert facts.ended == "complete"
    assert facts.traffic["problems"] == {"not JSON": CALLS // 10}
    assert facts.config == "config.yaml"
    assert "isolation" in facts.stack
    assert len(calls) == CALLS

    # Every call is the log's: its model, its key, its tokens, and with them its cost.
    assert calls["number"].tolist() == list(range(CALLS))
    assert calls["model"].tolist() == [row["request"]["model"] for row in case.rows]
    assert calls["key"].tolist() == [row["key"] for row in case.rows]
    assert set(calls.loc[calls["key"] == "search", "team"]) == {"shop"}
    answered = calls[~calls["failed"]]
    assert (answered["prompt_tokens"] == answered["logged_prompt_tokens"]).all()
    assert (answered["completion_tokens"] == answered["logged_completion_tokens"]).all()
    own = answered[~answered["fell_back"]]
    assert own["cost_usd"].sum() == pytest.approx(own["logged_cost_usd"].sum(), rel=0.01)

    # The key without a budget is refused for it, and nobody else is.
    closed = calls["key"] == "closed"
    assert calls.loc[closed, "cause"].unique().tolist() == ["budget"]
    assert not calls.loc[~closed, "failed"].any()

    # While Anthropic fails, its calls are answered by the fallback.
    assert calls.loc[calls["fell_back"], "model"].unique().tolist() == ["smart"]
    assert Counter(run.events["kind"])["fault_on"] == 1
    assert (run.attempts["fault"] == "server_error").sum() >= 5
    assert set(run.attempts["number"].dropna()) == set(calls.loc[~closed, "number"])
    assert run.attempts["deployment"].isin([one.label for one in facts.deployments]).all()

    # The configuration's own code ran, and reached nothing.
    tried = json.loads(case.notes.read_text())
    if "interface" in facts.stack["isolation"] or "Landlock" in facts.stack["isolation"]:
        assert tried.pop("child") != 0
    tried.pop("child", None)
    assert set(tried) == {"connect", "name"}
    assert not {"got through", "TimeoutError"} & set(tried.values()), tried

    # No secret in what may be passed on, and nothing left of what was not.
    for path in case.out.rglob("*"):
        if path.is_file():
            assert not SECRET.search(path.read_bytes()), path
    assert sorted(path.name for path in case.out.iterdir()) == [
        "report.html",
        "report.json",
        "report.md",
        "runs",
    ]
    assert not (case.out / "runs" / "candidate" / "requests.jsonl").exists()
    assert not case.home.exists()
    assert not list(case.temporary.glob(f"{HOME_PREFIX}*"))
    assert case.left_over() == []


def test_ctrl_c_leaves_a_report_of_what_was_measured_and_no_process(case: Case):
    process = subprocess.Popen(
        case.words("--speed", "1"), env=case.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    progress = case.out / "runs" / "candidate" / "progress.json"
    try:
        made, begun = poll_until(lambda: calls_made(progress), lambda made: made >= 3, timeout_s=120)
        assert begun, made
        libraries = {
            child.pid: [file.path for file in child.memory_maps()]
            for child in psutil.Process(process.pid).children(recursive=True)
            if "gateway_kit.rehearsal.conductor" in child.cmdline()
        }
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130, out + err
    assert "Interrupted: the report has what was measured until then." in err
    # What goes on beside the gateway all the while makes no tables, and holds no memory for them.
    assert any(libraries.values())
    assert not [file for files in libraries.values() for file in files if "pandas" in file]
    run = Rehearsal.read(case.out).candidate
    assert run.facts.ended == "interrupted"
    assert 3 <= len(run.calls) < CALLS
    assert (case.out / "report.html").is_file()
    assert case.left_over() == []
    assert not list(case.temporary.glob(f"{HOME_PREFIX}*"))


def test_a_gateway_that_ends_by_itself_fails_the_run_and_tells_its_log(case: Case):
    process = subprocess.Popen(
        case.words("--speed", "1"), env=case.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    progress = case.out / "runs" / "candidate" / "progress.json"
    try:
        made, begun = poll_until(lambda: calls_made(progress), lambda made: made >= 3, timeout_s=120)
        assert begun, made
        # A copy of the rehearsal's server of gateways, or a process of its own where a socket's path is too long.
        (gateway,) = (
            child
            for child in psutil.Process(process.pid).children(recursive=True)
            if child.name() == "gateway" or PROGRAM in child.cmdline()
        )
        gateway.kill()
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 1, out + err
    assert re.search(rf"The gateway ended by itself after \d+ of {CALLS} calls", err), err
    assert "Application startup complete" in err
    run = Rehearsal.read(case.out).candidate
    assert run.facts.ended == "failed"
    assert case.left_over() == []


def calls_made(progress: Path) -> int:
    try:
        return int(json.loads(progress.read_text())["made"])
    except FileNotFoundError:
        return 0


def test_models_that_the_configuration_lacks_are_listed_before_anything_starts(case: Case):
    (case.folder / "calls.jsonl").write_text(
        '{"model": "gpt-9", "messages": [{"role": "user", "content": "Hi"}]}\n'
    )
    done = subprocess.run(case.words(), env=case.env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "gpt-9: 1 calls" in done.stderr
    assert "--map 'gpt-9=fast'" in done.stderr
    assert "starting the gateway" not in done.stderr
    assert not case.out.exists()
