"""Burn-down and forecast: against sums by hand, closed cases, and how often the interval is right."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_kit.metrics import budget_forecast
from gateway_kit.metrics.budget import budget_burn_down
from tests.unit.metric_calls import BEGIN, calls, many_calls

HOUR = timedelta(hours=1)


def steady(count: int, usd: float = 1.0, every_s: float = 3600.0) -> pd.DataFrame:
    """`count` calls of the same cost, one every `every_s` seconds."""
    return calls(*[{"cost_usd": usd, "latency_s": 0.0}] * count, every_s=every_s)


@settings(max_examples=40)
@given(st.integers(0, 200), st.integers(0, 30), st.sampled_from(["5min", "1h", "1D"]))
def test_a_burn_down_is_the_sum_so_far(count: int, seed: int, over: str) -> None:
    table = many_calls(count, seed)
    rows = budget_burn_down(table, 0.5, over=over)
    assert rows["calls"].sum() == count
    for _, row in rows.iterrows():
        end = row["time"] + pd.Timedelta(over)
        spent = table.loc[table["started"] < end, "cost_usd"].sum()
        assert row["spent_usd"] == pytest.approx(spent)
        assert row["left_usd"] == pytest.approx(0.5 - spent)
        assert row["cost_usd"] == pytest.approx(
            table.loc[(table["started"] >= row["time"]) & (table["started"] < end), "cost_usd"].sum()
        )


def test_the_order_of_calls_does_not_matter() -> None:
    table = many_calls(300)
    mixed = table.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(budget_burn_down(table, 1.0), budget_burn_down(mixed, 1.0))
    one, other = budget_forecast(table, 1.0), budget_forecast(mixed, 1.0)
    assert one.ends is not None
    assert other.ends is not None
    assert abs(one.ends - other.ends) < timedelta(seconds=1)
    assert one.spread_usd == pytest.approx(other.spread_usd)


def test_a_steady_pace_goes_on() -> None:
    # 24 calls of 1 USD, one in the middle of each of the window's 24 parts.
    now = BEGIN + timedelta(hours=23.5)
    forecast = budget_forecast(steady(24), 30.0, now=now, window="24h")
    assert forecast.spent_usd == 24
    assert forecast.left_usd == 6
    assert forecast.pace_usd_per_h == pytest.approx(1)
    assert forecast.spread_usd == pytest.approx(0)
    assert forecast.ends == forecast.ends_early == forecast.ends_late == now + 6 * HOUR


def test_the_interval_is_wider_for_uneven_spending_and_narrower_for_a_longer_window() -> None:
    table = many_calls(3000, 5, hours=240.0)
    budget_usd = float(table["cost_usd"].sum()) * 1.5
    short = budget_forecast(table, budget_usd, window="24h")
    long = budget_forecast(table, budget_usd)
    for forecast in (short, long):
        assert forecast.ends_early is not None
        assert forecast.ends is not None
        assert forecast.ends_late is not None
        assert forecast.now < forecast.ends_early < forecast.ends < forecast.ends_late

    def doubt(forecast: object) -> timedelta:
        return forecast.ends_late - forecast.ends_early  # type: ignore[attr-defined, no-any-return]

    assert doubt(long) < doubt(short)
    assert doubt(budget_forecast(table, budget_usd, confidence=0.5)) < doubt(long)


def test_the_interval_contains_the_truth_as_often_as_its_confidence() -> None:
    """Calls at random moments with random costs: nine of ten forecasts' intervals hold the true end."""
    random = np.random.default_rng(7)
    inside = tries = 0
    for _ in range(200):
        at_h = np.cumsum(random.exponential(0.1, 4000))
        cost_usd = random.lognormal(0.0, 1.0, 4000)
        seen = at_h < 48
        budget_usd = float(cost_usd[seen].sum()) * 1.6
        gone_h = float(at_h[np.searchsorted(cost_usd.cumsum(), budget_usd)])
        table = pd.DataFrame(
            {
                "started": pd.Timestamp(BEGIN) + pd.to_timedelta(at_h[seen], unit="h"),
                "failed": False,
                "cost_usd": cost_usd[seen],
            }
        )
        forecast = budget_forecast(table, budget_usd, now=BEGIN + timedelta(hours=48), window="48h")
        assert forecast.ends_early is not None
        assert forecast.ends_late is not None
        tries += 1
        inside += forecast.ends_early <= BEGIN + timedelta(hours=gone_h) <= forecast.ends_late
    # Of 200 tries at 0.9 between 168 and 191 are within three standard deviations.
    assert 168 <= inside <= 191
    assert tries == 200


def test_a_used_up_budget_has_the_time_when_it_was() -> None:
    forecast = budget_forecast(steady(10), 3.0)
    assert forecast.left_usd == -7
    assert forecast.ends == forecast.ends_early == forecast.ends_late == BEGIN + 2 * HOUR
    exactly = budget_forecast(calls(*[{"cost_usd": 0.1}] * 10), 1.0)
    assert exactly.ends == BEGIN + timedelta(seconds=9)


def test_a_budget_without_spending_has_no_end() -> None:
    free = budget_forecast(calls({"cost_usd": 0.0}, {"cost_usd": 0.0}), 1.0)
    assert (free.pace_usd_per_h, free.ends, free.ends_late) == (0, None, None)
    one = budget_forecast(calls({"cost_usd": 0.1}), 1.0)
    assert (one.calls, one.pace_usd_per_h, one.ends) == (1, 0, None)
    # Two calls in two days: it may as well never be gone.
    rare = budget_forecast(steady(2, every_s=86_400.0), 3.0, now=BEGIN + timedelta(days=2), window="48h")
    assert rare.ends is not None
    assert rare.ends_late is None
    slow = budget_forecast(steady(2, usd=1e-9), 1e6, now=BEGIN + 2 * HOUR)
    assert slow.ends is None
    none = budget_forecast(calls(), 1.0, now=BEGIN)
    assert (none.calls, none.spent_usd, none.ends) == (0, 0, None)


def test_now_is_when_the_last_call_ended_and_later_calls_do_not_count() -> None:
    rows = calls({"cost_usd": 1.0, "latency_s": 2.0}, {"cost_usd": 1.0, "latency_s": 5.0})
    assert budget_forecast(rows, 9.0).now == BEGIN + timedelta(seconds=6)
    before = budget_forecast(rows, 9.0, now=BEGIN + timedelta(seconds=0.5))
    assert (before.calls, before.spent_usd) == (1, 1)
    east = (BEGIN + HOUR).astimezone(tz=None)
    assert budget_forecast(rows, 9.0, now=east).now == BEGIN + HOUR


def test_an_idle_time_slows_the_pace() -> None:
    busy = budget_forecast(steady(10), 100.0, now=BEGIN + 10 * HOUR)
    idle = budget_forecast(steady(10), 100.0, now=BEGIN + 40 * HOUR)
    assert busy.pace_usd_per_h == pytest.approx(1)
    assert idle.pace_usd_per_h == pytest.approx(0.25)


def test_the_line_starts_at_what_is_spent_and_crosses_the_budget_at_the_end() -> None:
    table = many_calls(2000, 2, hours=100.0)
    budget_usd = float(table["cost_usd"].sum()) * 1.5
    forecast = budget_forecast(table, budget_usd)
    assert forecast.ends is not None
    assert forecast.ends_early is not None
    assert forecast.ends_late is not None
    ends = {"spent_usd": forecast.ends, "high_usd": forecast.ends_early, "low_usd": forecast.ends_late}
    for column, end in ends.items():
        line = forecast.line(end)
        assert line["time"].iloc[0] == forecast.now
        assert abs(line["time"].iloc[-1] - end) < timedelta(milliseconds=1)
        assert line[["spent_usd", "low_usd", "high_usd"]].iloc[0].tolist() == pytest.approx(
            [forecast.spent_usd] * 3
        )
        assert line[column].iloc[-1] == pytest.approx(budget_usd, rel=1e-6)
        assert (line["low_usd"] <= line["spent_usd"]).all()
        assert (line["high_usd"] >= line["spent_usd"]).all()
        assert (line["low_usd"] >= forecast.spent_usd - 1e-12).all()  # spending does not go back
    assert str(line["time"].dtype) == "datetime64[ns, UTC]"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"budget_usd": -1.0}, "0 or more US dollars"),
        ({"budget_usd": math.nan}, "0 or more US dollars"),
        ({"confidence": 1.0}, "between 0 and 1"),
        ({"window": "-1h"}, "above 0"),
        ({"now": datetime(2026, 11, 2)}, "a time with a time zone"),
    ],
)
def test_invalid_input_raises_an_error_with_the_reason(arguments: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        budget_forecast(steady(3), **{"budget_usd": 1.0, **arguments})  # type: ignore[arg-type]


def test_a_forecast_needs_calls_or_now() -> None:
    with pytest.raises(ValueError, match="needs calls, or the time `now`"):
        budget_forecast(calls(), 1.0)
    with pytest.raises(ValueError, match="give a time after"):
        budget_forecast(steady(3), 9.0).line(datetime(2020, 1, 1, tzinfo=UTC))
    assert budget_burn_down(calls(), 1.0).empty
