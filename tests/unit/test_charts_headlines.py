"""No chart ranks by latency or cost without its failures, or from too few calls."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from gateway_kit import charts
from gateway_kit.charts.alt import one_line
from gateway_kit.charts.dashboard import dashboard
from gateway_kit.charts.headlines import enough, failures_note
from gateway_kit.metrics.dashboard import dashboard_metrics
from gateway_kit.metrics.percentiles import least_calls
from tests.unit.metric_calls import calls


@pytest.mark.parametrize(
    ("percentile", "least"), [(50, 3), (75, 4), (90, 10), (95, 20), (99, 100), (99.9, 1000), (0, 3), (100, 3)]
)
def test_a_percentile_needs_a_call_beyond_it(percentile: float, least: int) -> None:
    assert least_calls(percentile) == least
    assert enough(percentile, [least, least + 1])
    assert not enough(percentile, [least - 1, 1000])
    assert not enough(percentile, [])


@pytest.mark.parametrize(
    ("failed", "note"),
    [
        ({}, ""),
        ({"a": (4, 0), "b": (3, 0)}, ""),
        ({"a": (184, 16)}, "; 16 of 184 calls failed"),
        ({"a": (184, 16), "b": (90, 0)}, "; 16 of 184 calls of a failed"),
        ({"a": (4, 1), "b": (3, 3)}, "; failed: 3 of 3 of b, 1 of 4 of a"),
        (
            {"a": (4, 1), "b": (3, 3), "c": (9, 2), "d": (9, 1)},
            "; failed: 3 of 3 of b, 2 of 9 of c and of 2 more",
        ),
    ],
)
def test_failures_are_named_those_with_most_first(failed: dict[str, tuple[int, int]], note: str) -> None:
    ends = failed.values()
    assert failures_note(list(failed), [n for n, _ in ends], [lost for _, lost in ends]) == note


def run(name: str, answered: int, failed: int, latency_s: float) -> list[dict[str, Any]]:
    """Calls of a model that answers some and fails at once with the others."""
    fine = {"model": name, "deployment": name, "latency_s": latency_s, "ttft_s": latency_s / 2, "stream": True,
            "cost_usd": 1e-3}  # fmt: skip
    return [fine] * answered + [{**fine, "latency_s": 0.01, "error": "500", "cost_usd": None}] * failed


# The case that was headlined "fastest": quick, because it failed 16 times of 184.
HASTY = calls(*run("hasty", 168, 16, 0.2), *run("sound", 184, 0, 0.4))
RANKINGS = {
    "latency_and_cost": lambda record: charts.latency_and_cost(record),
    "latency_ecdf": lambda record: charts.latency_ecdf(record),
    "cost_breakdown": lambda record: charts.cost_breakdown(record),
    "dashboard": lambda record: dashboard(dashboard_metrics(record)),
    "traffic_share": lambda record: charts.traffic_share(dict(iter(record.groupby("model")))),
}


@pytest.mark.parametrize("name", RANKINGS)
def test_a_ranking_names_the_calls_that_failed(name: str) -> None:
    title = one_line(RANKINGS[name](HASTY).axes[0].get_title())
    assert "; 16 of 184 calls of hasty failed" in title
    assert "failed" not in RANKINGS[name](HASTY[HASTY["error"].isna()]).axes[0].get_title()


@pytest.mark.parametrize("draw", [charts.time_to_first_token, charts.hits_and_misses])
def test_a_measure_of_all_calls_names_those_that_failed(draw: Any) -> None:
    assert one_line(draw(HASTY).axes[0].get_title()).endswith("; 16 of 368 calls failed")


def test_a_spend_report_names_the_calls_that_failed() -> None:
    report = pd.DataFrame(
        {"model": ["a", "b"], "spend_usd": [2.0, 1.0], "requests": [9, 8], "failed": [0, 3]}
    )
    title = charts.spend_shares(report).axes[0].get_title()
    assert title == "a spent 67% of the total; 3 of 8 calls of b failed"


@pytest.mark.parametrize("name", ["latency_and_cost", "latency_ecdf", "dashboard"])
@pytest.mark.parametrize("few", [1, 2])
def test_too_few_calls_are_said_to_be_too_few(name: str, few: int) -> None:
    record = calls(*run("a", few, 0, 0.2), *run("b", few, 0, 0.4))
    assert one_line(RANKINGS[name](record).axes[0].get_title()).startswith("Too few calls to tell")


def test_no_title_has_a_percentile_of_too_few_calls() -> None:
    six = calls(*run("a", 6, 0, 0.2), *run("b", 6, 0, 0.4))
    titles = [axes.get_title() for draw in RANKINGS.values() for axes in draw(six).axes]
    titles.append(charts.latency_and_cost(six, percentile=95).axes[0].get_title())
    assert not [title for title in titles if "95" in title and "Too few" not in title]
