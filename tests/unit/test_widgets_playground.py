"""What a run of the routing playground is called and found; the runs themselves are `stack`'s."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from gateway_kit.errors import KitError
from gateway_kit.gateway import CALLS
from gateway_kit.gateway.simulator import JOURNAL
from gateway_kit.widgets.playground_run import (
    FAULTS,
    RunResult,
    RunSettings,
    owner,
    run,
    simulated_deployments,
)
from gateway_kit.widgets.routing_playground import outcome_html, outcome_rows, run_name, summary_text
from gateway_kit.widgets.undo import Undo
from tests.unit.widget_parts import Tags

DEPLOYMENTS = simulated_deployments("http://127.0.0.1:4010")


def settings(**more: Any) -> RunSettings:
    usual: dict[str, Any] = {
        "deployments": DEPLOYMENTS, "weights": {"openai": 8, "azure": 1, "anthropic": 1}, "faults": {},
        "strategy": "simple-shuffle", "calls": 4, "seed": 1,
    }  # fmt: skip
    return RunSettings(**{**usual, **more})


def result(**more: Any) -> RunResult:
    calls = [
        {"deployment": "openai", "latency_s": 0.5},
        {"deployment": "openai", "latency_s": 1.5},
        {"deployment": "azure", "latency_s": 2.0},
        {"deployment": None, "latency_s": 4.0, "error": "boom", "stream": False, "cache_hit": False},
    ]
    usual = {"stream": False, "cache_hit": False, "started": pd.Timestamp("2026-01-01", tz="UTC")}
    journal = [{"deployment": name} for name in ("openai", "openai", "openai", "azure")]
    return RunResult(
        settings(**more),
        pd.DataFrame([{**usual, **c} for c in calls], columns=CALLS.columns).astype(CALLS.dtypes),
        JOURNAL.frame(journal),
    )


def test_a_run_is_labelled_by_its_settings() -> None:
    assert settings().label() == "simple-shuffle 8:1:1"
    troubled = settings(faults={"azure": "slow by 1 s", "openai": "none"})
    assert troubled.label() == "simple-shuffle 8:1:1, azure slow by 1 s"
    assert run_name(2, settings()) == "2: simple-shuffle 8:1:1"
    assert run_name(3, troubled) == "3: simple-shuffle 8:1:1"
    long = settings(strategy="usage-based-routing-v2", weights=dict.fromkeys(DEPLOYMENTS, 10))
    assert run_name(12, long) == "12: usage-based-routing-v2"
    assert run_name(12, settings(strategy="x" * 40)) == "run 12"


def test_a_weight_of_0_leaves_a_deployment_out_with_its_fault() -> None:
    tried = settings(weights={"openai": 1, "azure": 0}, faults={"azure": "slow by 1 s"})
    assert tried.labels == ["openai"]
    assert tried.label() == "simple-shuffle 1:0:0"


def test_the_outcome_counts_attempts_and_answers() -> None:
    found = outcome_rows(result(faults={"openai": "server error 500"}))
    assert found == [
        ("openai", "8", "server error 500", "3", "2", "1.00 s"),
        ("azure", "1", "none", "1", "1", "2.00 s"),
        ("anthropic", "1", "none", "0", "0", ""),
        ("the callers", "", "", "4", "3, 1 failed", "2.00 s"),
    ]
    table = Tags(outcome_html(result()))
    assert [row[0] for row in table.rows] == ["deployment", "openai", "azure", "anthropic", "the callers"]
    assert "The last run: simple-shuffle 8:1:1" in table.words
    assert outcome_html(None) == ""


def test_the_summary_names_the_deployment_that_answered_most() -> None:
    assert summary_text(result()) == "openai answered most, 67%; 1 of 4 calls failed."
    lost = result()
    lost.calls["error"] = "boom"
    assert summary_text(lost) == "No deployment answered: 4 of 4 calls failed."


def test_without_any_weight_nothing_is_changed() -> None:
    undo = Undo()
    with pytest.raises(KitError, match="Every weight is 0"):
        run(None, None, settings(weights={}), undo)  # type: ignore[arg-type]  # neither of them is asked
    assert len(undo) == 0


def test_every_fault_has_a_kind_that_the_simulator_knows() -> None:
    kinds = {fault["kind"] for name, fault in FAULTS.items() if name != "none"}
    assert kinds == {"slow", "server_error", "rate_limit", "timeout"}


def test_a_process_always_has_the_same_name() -> None:
    words = owner().split("-")
    assert len(words) == 3
    assert owner() == owner()
