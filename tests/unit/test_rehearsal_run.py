"""What `rehearse` checks before anything is started, and what it decides by itself."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest

from gateway_kit.gateway.latency import Latency
from gateway_kit.rehearsal import RehearsalError, rehearse
from gateway_kit.rehearsal.call import LoggedCall
from gateway_kit.rehearsal.condition_syntax import check_baselines
from gateway_kit.rehearsal.conducting import _check_story
from gateway_kit.rehearsal.gateway_keys import callers_of
from gateway_kit.rehearsal.job import Job
from gateway_kit.rehearsal.limits import KeyLimits, Limits, UserLimits
from gateway_kit.rehearsal.model_names import known_names, refuse_unknown, unknown_models
from gateway_kit.rehearsal.pacing import in_flight, rate_per_s, without_overhead
from gateway_kit.rehearsal.run_folder import Deployment
from gateway_kit.rehearsal.scaled_limits import duration_s, period, rate, scaled_rows
from gateway_kit.rehearsal.speed import resolve_speed
from gateway_kit.rehearsal.story import Story, read_fault
from gateway_kit.rehearsal.warm_up import with_warm_up

DAY = {"name": "day.jsonl", "span_s": 86_400.0}


@pytest.mark.parametrize(
    ("wanted", "span_s", "speed"),
    [
        (None, 600.0, 1.0),
        (None, None, None),
        (60, 86_400.0, 60.0),
        ("max", 86_400.0, None),
        ("max", None, None),
    ],
)
def test_the_speed_is_that_of_the_option_else_of_the_log(
    wanted: object, span_s: float | None, speed: float | None
):
    assert resolve_speed(wanted, {"name": "log", "span_s": span_s}) == speed  # type: ignore[arg-type]


def test_a_long_log_needs_a_speed_and_the_error_says_how_long_each_takes():
    with pytest.raises(RehearsalError) as error:
        resolve_speed(None, DAY)
    told = str(error.value)
    assert "span 24 hours" in told
    assert "--speed 60 takes 24 minutes" in told
    assert "--speed 600 takes 2.4 minutes" in told
    assert "--speed max" in told


@pytest.mark.parametrize("wanted", [0, -1, float("inf"), float("nan")])
def test_what_is_no_speed_is_refused(wanted: float):
    with pytest.raises(RehearsalError, match="is no speed"):
        resolve_speed(wanted, DAY)


def test_a_speed_needs_times():
    with pytest.raises(RehearsalError, match="needs the calls' times"):
        resolve_speed(2, {"name": "log", "span_s": None})


CONFIG = {
    "model_list": [
        {
            "model_name": "fast",
            "litellm_params": {"model": "openai/gpt-4o-mini"},
            "model_info": {"id": "fast-1"},
        },
        {"model_name": "claude-*", "litellm_params": {"model": "anthropic/claude-*"}},
    ],
    "router_settings": {
        "model_group_alias": {"old-name": "fast", "hidden": {"model": "fast", "hidden": True}}
    },
}


def test_aliases_wildcards_and_ids_are_names_of_models():
    names = known_names(CONFIG)
    asked = {"fast": 5, "fast-1": 1, "old-name": 1, "hidden": 1, "claude-opus-4": 2, "gpt-9": 3, "": 1}
    assert unknown_models(asked, names) == {"gpt-9": 3, "": 1}
    told = str(refuse_unknown({"gpt-9": 3, "": 1}, names, "config.yaml"))
    assert "gpt-9: 3 calls" in told
    assert "(no model): 1 calls" in told
    assert "--map 'gpt-9=" in told
    assert "--unknown-models keep" in told


def test_the_warm_up_has_deployments_of_its_own_that_cost_and_limit_nothing():
    limited = {
        "model_name": "fast",
        "litellm_params": {"model": "openai/gpt-4o-mini", "api_base": "http://sim/v1", "rpm": 1, "weight": 3},
        "model_info": {"id": "fast-1"},
    }
    embedding = {"model_name": "embed", "litellm_params": {"model": "azure/text-embedding-3-small"}}
    anything = {"model_name": "*", "litellm_params": {"model": "*"}}
    entries = [limited, embedding, anything, *CONFIG["model_list"][1:]]
    text, models = with_warm_up(json.dumps({"model_list": entries}))
    assert models == ["rehearsal-warm-up-0", "rehearsal-warm-up-1"]
    import yaml

    *kept, first, second = yaml.safe_load(text)["model_list"]
    assert kept == entries
    assert first["litellm_params"] == {
        "model": "openai/gpt-4o-mini",
        "api_base": "http://sim/v1",
        "input_cost_per_token": 0.0,
        "output_cost_per_token": 0.0,
    }
    assert second["litellm_params"]["model"] == "anthropic/claude-warm-up"


def test_callers_are_found_once_and_users_only_if_something_limits_them():
    def call(number: int, key: str | None, team: str | None, user: str | None) -> LoggedCall:
        return LoggedCall(number, number, None, "chat", "fast", {}, key=key, team=team, user=user)

    calls = [
        call(0, "a", "x", "ann"),
        call(1, "a", "x", "bob"),
        call(2, None, None, None),
        call(3, "a", "y", None),
    ]
    callers = callers_of(calls, Limits(users=(UserLimits("bob", rpm=1), UserLimits("eve", rpm=1))))
    assert list(callers.keys) == [("a", "x"), (None, None), ("a", "y")]
    assert callers.users == {"bob"}


LOGGED = Latency("fast", whole_s=(0.5, 1.0, 1.5), stream_s=(2.0,), calls=3)


def test_full_speed_aims_at_a_rate_that_the_gateway_answers_without_a_queue():
    slow = Latency("slow", whole_s=(30.0,), calls=3)
    quick = Latency("quick", whole_s=(0.01,), calls=3)
    # 1.25 s on average, twelve a second.
    assert in_flight(None, [LOGGED]) == 15
    assert (in_flight(None, [slow]), in_flight(None, [quick])) == (64, 4)
    assert in_flight(None, []) == 8
    assert in_flight(60, [LOGGED]) is None
    assert rate_per_s(60, [LOGGED], {"calls": 120, "span_s": 3600.0}) == 2.0
    assert rate_per_s(None, [LOGGED], {"calls": 120, "span_s": None}) == 12.0


def test_what_the_gateway_adds_is_taken_off_and_never_below_zero():
    (left,) = without_overhead([LOGGED], 0.75)
    assert left.whole_s == (0.0, 0.25, 0.75)
    assert left.stream_s == (1.25,)
    assert (left.deployment, left.calls, left.ttft_s) == ("fast", 3, ())


def test_litellms_durations_are_seconds():
    assert [duration_s(text) for text in ("30s", "5m", "1h", "7d", "2w", "1mo")] == [
        30, 300, 3600, 604_800, 1_209_600, 2_592_000,
    ]  # fmt: skip
    assert duration_s("daily") is None


def test_limits_per_minute_grow_with_the_speed_and_periods_shrink():
    assert [rate(limit, 60) for limit in (10, 0, None)] == [600, 0, None]
    assert rate(1, 0.1) == 1
    assert [period(text, 60) for text in ("1d", "30s", None, "daily")] == ["1440s", "1s", None, "daily"]
    assert period("1d", 1.0) == "1d"
    limits = Limits(
        keys=(KeyLimits("search", rpm=10, max_budget=5.0, budget_duration="1d"), KeyLimits("free"))
    )
    rows = scaled_rows(limits, 60)
    assert [(row.what, row.setting, row.was, row.now) for row in rows] == [
        ("scaled", "key search: rpm", "10", "600"),
        ("scaled", "key search: budget_duration", "1d", "1440s"),
    ]
    assert scaled_rows(limits, None) == scaled_rows(limits, 1.0) == []
    many = Limits(keys=tuple(KeyLimits(f"k{number}", rpm=1) for number in range(25)))
    assert len(scaled_rows(many, 2)) == 21
    assert scaled_rows(many, 2)[-1].was == "5 more limits"


def test_a_job_comes_back_as_it_was_written(tmp_path: Path):
    job = Job(
        "a.yaml", "t.jsonl", "/out", "/home", against=("b.yaml", "c.yaml"), mapped={"x": "y"}, speed="max"
    )
    job.write(tmp_path / "job.json")
    assert Job.read(tmp_path / "job.json") == job
    assert list(job.configurations()) == ["candidate", "against", "against-2"]


def test_a_folder_that_has_something_in_it_is_not_written_to(tmp_path: Path):
    (tmp_path / "kept.txt").write_text("mine")
    with pytest.raises(RehearsalError, match=r"exists already\. Choose another folder"):
        rehearse(tmp_path / "kept.txt", "calls.jsonl", out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kept.txt"]


def test_a_configuration_that_is_not_there_and_a_wrong_condition_leave_no_folder(tmp_path: Path):
    out = tmp_path / "new" / "out"
    with pytest.raises(RehearsalError, match=r"missing\.yaml cannot be read: No such file"):
        rehearse(tmp_path / "missing.yaml", "calls.jsonl", out=out)
    with pytest.raises(RehearsalError, match="--fail-if"):
        rehearse(tmp_path / "missing.yaml", "calls.jsonl", out=out, fail_if=["cost_used > 1"])
    with pytest.raises(RehearsalError, match="against needs a baseline to compare with, and there is none"):
        rehearse(tmp_path / "missing.yaml", "calls.jsonl", out=out, fail_if=["cost_usd > against.cost_usd"])
    with pytest.raises(RehearsalError, match=r"higher needs a baseline"):
        rehearse(tmp_path / "missing.yaml", "calls.jsonl", out=out, fail_if=["higher(failed)"])
    with pytest.raises(RehearsalError, match="against_2 needs a baseline to compare with, and there are 1"):
        check_baselines("failed > against_2.failed", 1)
    check_baselines("failed > against_2.failed", 2)
    assert list(tmp_path.iterdir()) == []


def test_trouble_is_refused_at_an_unknown_provider_and_else_left_to_the_run():
    chat = Deployment("chat-openai", "chat", "openai", "openai", "openai/gpt-4o", 3)
    there = [SimpleNamespace(deployments=(chat,))]
    # A configuration may have got rid of the provider or the model that a story is about.
    gone = [
        "azure server_error",
        "model=gpt-3.5-turbo unknown_model",
        "deployment=old slow",
        "openai rate_limit",
    ]
    _check_story(Story("", tuple(read_fault(text) for text in gone)), there, 60.0)
    with pytest.raises(RehearsalError, match=r"no provider `azur` \(there: openai\)"):
        _check_story(Story("", (read_fault("azur server_error"),)), there, 60.0)
