"""A load plan: invalid plans give an error message, and valid ones reach the load generator unchanged."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway_kit.cli import main
from gateway_kit.errors import SettingsError
from gateway_kit.gateway import Gateway
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.load import LoadPlan, run_load
from gateway_kit.load.prompts import prompt_bank
from gateway_kit.load.target import check_target
from gateway_kit.stack.servers.load_generator.job import Job, read_job


def job_of(plan: LoadPlan, **places: int) -> Job:
    """The plan as the load generator reads it."""
    places = {"workers": 1, "remote_workers": 0, "master_port": 0, **places}
    return read_job(json.dumps(plan.job("http://127.0.0.1:4000", **places)))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({}, "give either requests or duration_s"),
        ({"requests": 5, "duration_s": 5}, "give either requests or duration_s"),
        ({"requests": 0}, "requests='0': must be a whole number of at least 1"),
        ({"requests": 2.5}, "requests='2.5'"),
        ({"requests": True}, "requests='True'"),
        ({"duration_s": 0}, "duration_s='0': must be a number above 0"),
        ({"duration_s": math.nan}, "duration_s='nan'"),
        ({"duration_s": math.inf}, "duration_s='inf'"),
        ({"requests": 5, "users": 0}, "users='0'"),
        ({"duration_s": 5, "users": []}, r"users='\[\]': each step needs more users"),
        ({"duration_s": 5, "users": [0, 2]}, "users='0': must be a whole number of at least 1"),
        ({"duration_s": 5, "users": [1, 2.5]}, "users='2.5'"),
        ({"duration_s": 5, "users": [2, 2]}, "each step needs more users than the one before"),
        ({"requests": 5, "users": [1, 2]}, "several steps need duration_s"),
        ({"requests": 5, "users": "many"}, "users='many': must be a whole number"),
        ({"requests": 5, "think_time_s": -1}, "think_time_s='-1'"),
        ({"requests": 5, "think_time_s": (3, 1)}, r"think_time_s='\(3, 1\)'"),
        ({"requests": 5, "rate_per_s": 0}, "rate_per_s='0'"),
        ({"requests": 5, "rate_per_s": 5, "users": 3}, "users='3': is for a closed loop"),
        ({"requests": 5, "rate_per_s": 5, "think_time_s": 3}, "think_time_s='3': is for a closed loop"),
        ({"requests": 5, "rate_per_s": 5, "arrivals": "often"}, "arrivals='often': must be poisson or even"),
        ({"requests": 5, "max_in_flight": 0}, "max_in_flight='0'"),
        ({"requests": 5, "model": ""}, "model=''"),
        ({"requests": 5, "model": {}}, "model='{}'"),
        ({"requests": 5, "model": {"a": 0}}, "share of a='0'"),
        ({"requests": 5, "model": {"a": "much"}}, "share of a='much'"),
        ({"requests": 5, "stream": 1.5}, "stream='1.5'"),
        ({"requests": 5, "stream": "yes"}, "stream='yes'"),
        ({"requests": 5, "prompts": []}, "prompts='\\[\\]'"),
        ({"requests": 5, "prompts": "one text"}, "must be a list of texts"),
        ({"requests": 5, "prompts": ["a", ""]}, "must be a list of texts"),
        ({"requests": 5, "zipf": 0}, "zipf='0'"),
        ({"requests": 5, "seed": 1.5}, "seed='1.5': must be a whole number"),
        ({"requests": 5, "max_tokens": 0}, "max_tokens='0'"),
        ({"requests": 5, "tags": "alone"}, "tags='alone': must be a list"),
        ({"requests": 5, "params": {"stream": True}}, "params='stream'"),
        ({"requests": 5, "timeout_s": 0}, "timeout_s='0'"),
        ({"requests": 5, "give_up_after": 0}, "give_up_after='0'"),
    ],
)
def test_an_invalid_plan_gives_an_error_message(given: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        LoadPlan(**given)


@pytest.mark.parametrize(
    ("places", "message"),
    [
        ({"workers": 0}, "workers='0': must be at least 1 if there are no remote"),
        ({"workers": -1}, "workers='-1'"),
        ({"workers": 1.5}, "workers='1.5'"),
        ({"workers": 3}, "workers='3': are more than users=2"),
        ({"remote_workers": 2}, "workers='3': are more than users=2"),
        ({"master_port": 70000}, "master_port='70000'"),
    ],
)
def test_invalid_worker_counts_give_an_error_message(places: dict[str, Any], message: str) -> None:
    nobody = Gateway(Connection("http://127.0.0.1:9", "sk-none"))
    with pytest.raises(SettingsError, match=message):
        run_load(LoadPlan(requests=4, users=2), nobody, **places)


def test_an_open_loop_needs_a_call_in_flight_for_each_worker() -> None:
    nobody = Gateway(Connection("http://127.0.0.1:9", "sk-none"))
    with pytest.raises(SettingsError, match="are more than max_in_flight=1"):
        run_load(LoadPlan(requests=4, rate_per_s=1, max_in_flight=1), nobody, workers=2)


def test_the_load_generator_gets_the_whole_plan() -> None:
    plan = LoadPlan(
        {"a": 2, "b": 1},
        duration_s=3,
        users=4,
        think_time_s=(1, 2),
        stream=True,
        prompts=["x", "y"],
        zipf=1.5,
        seed=9,
        max_tokens=11,
        no_cache=True,
        user="me",
        tags=["t"],
        params={"temperature": 0, "cache": {"namespace": "n"}},
        timeout_s=5,
        give_up_after=None,
    )
    job = job_of(plan, workers=2, remote_workers=1, master_port=7)
    assert job.models == (("a", 2.0), ("b", 1.0))
    assert (job.requests, job.duration_s, job.users, job.think_s) == (None, 3, 4, (1, 2))
    assert (job.rate_per_s, job.stream_share, job.prompts, job.zipf, job.seed) == (
        None,
        1.0,
        ("x", "y"),
        1.5,
        9,
    )
    assert job.body == {
        "temperature": 0,
        "max_tokens": 11,
        "cache": {"namespace": "n", "no-cache": True},
        "user": "me",
        "metadata": {"tags": ["t"]},
    }
    assert (job.timeout_s, job.give_up_after, job.tag) == (5, None, None)
    assert (job.processes, job.master_port) == (3, 7)


def test_users_join_in_steps_that_divide_the_time_equally() -> None:
    assert job_of(LoadPlan(requests=1, users=3)).joins_s == (0, 0, 0)
    assert len(job_of(LoadPlan(requests=1)).joins_s) == 8
    stepped = LoadPlan(duration_s=6, users=[1, 2, 4])
    assert stepped.steps == (1, 2, 4)
    assert job_of(stepped).joins_s == (0, 2, 4, 4)
    assert job_of(stepped).users == 4
    assert stepped.describe() == "6 s of calls to gpt-4o-mini, 1, 2, 4 users"


def test_a_job_does_not_contain_the_key() -> None:
    assert not [name for name in Job.__dataclass_fields__ if "key" in name]


def test_unique_calls_are_marked_differently_in_each_run() -> None:
    plan = LoadPlan(requests=1, unique=True)
    assert job_of(plan).tag
    assert job_of(plan).tag != job_of(plan).tag


def test_the_bank_gives_any_number_of_distinct_prompts() -> None:
    for size in (1, 20, 200, 5000):
        assert len(set(prompt_bank(size))) == size
    assert prompt_bank(30) == prompt_bank(200)[:30]
    assert job_of(LoadPlan(requests=1)).prompts == tuple(prompt_bank())


def test_a_plan_describes_itself() -> None:
    assert LoadPlan(requests=5).describe() == "5 calls to gpt-4o-mini, 8 users"
    assert (
        LoadPlan({"a": 1, "b": 1}, duration_s=2, rate_per_s=7).describe()
        == "2 s of calls to a and b, 7 a second"
    )


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_this_machine_may_be_loaded(host: str) -> None:
    check_target(f"http://{host}:4000", allow_remote=False, environ={})


@pytest.mark.parametrize(
    ("environ", "allow_remote"),
    [
        ({}, True),
        ({"GATEWAY_URL": "https://gateway.example.com"}, False),
        ({"GATEWAY_URL": "https://other.example.com"}, True),
    ],
)
def test_a_remote_gateway_must_be_named_and_allowed(environ: dict[str, str], allow_remote: bool) -> None:
    with pytest.raises(SettingsError, match="not on this machine") as caught:
        check_target("https://gateway.example.com", allow_remote=allow_remote, environ=environ)
    assert "allow_remote=True" in str(caught.value)
    assert "--allow-remote" in str(caught.value)


def test_a_named_and_allowed_remote_gateway_may_be_loaded() -> None:
    url = "https://gateway.example.com"
    check_target(url, allow_remote=True, environ={"GATEWAY_URL": f"{url}/v1"})


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--requests", "0"), "requests='0'"),
        (("--requests", "5", "--duration", "5"), "either requests or duration_s"),
        (("--rate", "5", "--users", "5"), "is for a closed loop"),
        (("--model", "a=much"), "a share is a number"),
        (("--out", "calls.xlsx"), "must end with .csv or .jsonl"),
        (("--out", "/no/such/folder/calls.csv"), "there is no folder /no/such/folder"),
        (("--workers", "9"), "are more than users=8"),
    ],
)
def test_the_command_line_rejects_invalid_options_with_a_message(
    words: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    # With a given address no stack is needed.
    env = {"GATEWAY_URL": "http://127.0.0.1:9", "GATEWAY_API_KEY": "sk-none", "GATEWAY_HOME": str(tmp_path)}
    done = CliRunner().invoke(main, ["load", *words], env=env)
    assert done.exit_code in (1, 2)
    assert message in done.stderr
    assert "Traceback" not in done.output


@pytest.mark.parametrize(
    ("content", "message"), [(b"\xff\xfe", "not a text in UTF-8"), (b"\n \n", "prompts='[]'")]
)
def test_a_file_without_prompts_gives_an_error_message(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "prompts.txt").write_bytes(content)
    done = CliRunner().invoke(main, ["load", "--prompts", str(tmp_path / "prompts.txt")])
    assert done.exit_code in (1, 2)
    assert message in " ".join(done.stderr.split())


def test_help_explains_how_other_machines_take_part() -> None:
    shown = CliRunner().invoke(main, ["load", "--help"]).stdout
    assert "ssh -N -L 5557:127.0.0.1:5557" in shown
    assert "python -m gateway_kit.stack.servers.load_generator --worker" in shown
    assert "python -m gateway_kit.stack.servers.load_generator --worker" in (run_load.__doc__ or "")


def test_importing_load_patches_nothing_and_loads_no_heavy_package() -> None:
    code = (
        "import sys, gateway_kit.load, gateway_kit.cli.load;"
        "print([name for name in ('gevent', 'locust', 'pandas', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
