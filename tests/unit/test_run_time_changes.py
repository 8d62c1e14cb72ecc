"""Changes at run time, in words."""

from __future__ import annotations

from typing import Any

import pytest

from gateway_kit.common.owners import Owner
from gateway_kit.common.run_time_changes import (
    added_models,
    model_changes,
    simulator_changes,
    strategy_changes,
)

# "pytest", or "python" in one of several test processes.
OWN = vars(Owner.this_process())
PROGRAM = OWN["program"]
GONE = OWN | {"birth": "another-boot/1", "pid": 7}
ELSEWHERE = GONE | {"host": "another-machine"}


def lease(owner: object, client: str = "c") -> dict[str, Any]:
    return {"id": f"l-{client}", "client": client, "owner": owner}


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ({}, "slow at every provider"),
        ({"provider": "openai", "model": "gpt-5"}, "slow at provider=openai model=gpt-5"),
        ({"deployment": "east"}, "slow at deployment=east"),
        ({"probability": 0.25, "remaining": 0}, "slow at every provider, 25% of the requests, 0 more"),
    ],
)
def test_a_fault_is_named_with_its_place_and_number(fault: dict[str, Any], text: str) -> None:
    [change] = simulator_changes([{"kind": "slow", "lease": None, **fault}], [], [])
    assert (change.what, change.text) == ("fault", text)


@pytest.mark.parametrize(
    ("held", "set_by", "leftover"),
    [
        (None, "kept until it is cleared", False),
        (lease(OWN), "this process", True),
        (lease(GONE), f"process 7 ({PROGRAM}), which has ended", True),
        (lease(ELSEWHERE), f"process 7 ({PROGRAM})", False),
        (lease(None), "a client without a name", False),
    ],
)
def test_only_what_this_process_or_an_ended_one_set_is_a_leftover(
    held: Any, set_by: str, leftover: bool
) -> None:
    [change] = simulator_changes([{"kind": "slow", "lease": held}], [], [])
    assert (change.set_by, change.is_leftover) == (set_by, leftover)
    assert change.fix == "gateway-kit faults --clear"


def test_profiles_changed_alike_by_one_client_are_one_change() -> None:
    def row(model: str, ttft_s: float, client: str = "c") -> dict[str, Any]:
        values = {"ttft_s": ttft_s, "tokens_per_s": 100_000}
        return {"provider": "openai", "model": model, "values": values, "lease": lease(OWN, client)}

    alike = [row(f"m-{number}", 0) for number in range(4)]
    others = [row("m-1", 0, "d"), row("m-2", 0, "d"), row("m-1", 0.25)]
    assert [str(change) for change in simulator_changes([], [*alike, *others], [])] == [
        "ttft_s 0, tokens_per_s 100000 at 4 models; set by this process",
        "ttft_s 0, tokens_per_s 100000 at openai/m-1, openai/m-2; set by this process",
        "ttft_s 0.25, tokens_per_s 100000 at openai/m-1; set by this process",
    ]


def test_a_distribution_of_answer_times_is_named_with_its_place() -> None:
    rows = [{"deployment": "east", "provider": None, "model": None, "whole_s": [1], "lease": None}]
    assert [str(change) for change in simulator_changes([], [], [], rows)] == [
        "distribution at deployment=east; kept until it is cleared"
    ]


def test_models_of_the_configuration_and_second_names_are_no_changes() -> None:
    def entry(name: str, **info: object) -> dict[str, Any]:
        return {"model_name": name, "litellm_params": {"model": "openai/x"}, "model_info": info}

    rows = added_models(
        [
            entry("configured", id="1", db_model=False),
            entry("added", id="2", db_model=True, added_by=GONE),
            entry("its alias", id="2", db_model=True, added_by=GONE),
            entry("by-hand", id="3", db_model=True),
            {"model_name": "bare"},
        ]
    )
    assert [(row["deployment"], row["model"]) for row in rows] == [("2", "openai/x"), ("3", "openai/x")]
    assert [str(change) for change in model_changes(rows)] == [
        f"added: openai/x; set by process 7 ({PROGRAM}), which has ended",
        "by-hand: openai/x; set by an unknown program",
    ]
    assert [change.fix for change in model_changes(rows)] == [
        "gateway.models.delete('2')",
        "gateway.models.delete('3')",
    ]


def test_a_strategy_is_named_with_its_models_and_the_call_that_resets_it() -> None:
    group = {"group_name": "a+b", "models": ["a", "b"], "routing_strategy": "latency-based-routing"}
    [change] = strategy_changes([group])
    assert str(change) == "latency-based-routing for a, b; set by an unknown program"
    assert change.fix == "gateway.router.set_strategy(None, ['a', 'b'])"
