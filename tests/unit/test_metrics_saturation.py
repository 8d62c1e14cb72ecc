"""The knee of a saturation curve, and its chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import pytest

from gateway_kit import charts
from gateway_kit.load.saturation import SATURATION
from gateway_kit.metrics import saturation_knees

USERS = (1, 2, 4, 8)


def curve(
    rates: Sequence[float], replicas: int | None = 1, users: Sequence[int] = USERS, **more: Any
) -> pd.DataFrame:
    steps = zip(users, rates, strict=True)
    return SATURATION.frame(
        {"replicas": replicas, "users": n, "seconds": 3.0, "requests": round(3 * rate), "failures": 0, "cores": 2,
         "requests_per_s": rate, "latency_p50_s": n / 100, "latency_p95_s": n / 50, **more}
        for n, rate in steps
    )  # fmt: skip


def test_the_knee_is_the_fewest_users_with_nearly_all_of_the_throughput() -> None:
    (knee,) = saturation_knees(curve([10, 20, 37, 40])).to_dict("records")
    assert (knee["users"], knee["requests_per_s"], knee["most_requests_per_s"]) == (4, 37, 40)
    assert (knee["latency_p50_s"], knee["latency_p95_s"], knee["beyond"]) == (0.04, 0.08, True)
    assert saturation_knees(curve([10, 20, 35, 40]))["users"].tolist() == [8]


def test_throughput_that_falls_after_the_knee_does_not_move_it() -> None:
    assert saturation_knees(curve([10, 40, 30, 20]))["users"].tolist() == [2]


def test_a_curve_that_still_rises_at_its_end_says_so() -> None:
    assert saturation_knees(curve([10, 20, 30, 40]))["beyond"].tolist() == [False]


def test_each_number_of_replicas_has_its_knee_in_whatever_order_its_steps_come() -> None:
    both = pd.concat([curve([20, 40, 70, 72], replicas=2), curve([10, 20, 36, 40])]).sample(
        frac=1, random_state=1
    )
    knees = saturation_knees(both)
    assert knees["replicas"].tolist() == [1, 2]
    assert knees["users"].tolist() == [4, 4]
    assert knees["most_requests_per_s"].tolist() == [40, 72]


def test_a_gateway_elsewhere_has_a_knee_too_and_one_that_never_answered_has_none() -> None:
    assert saturation_knees(curve([10, 20, 36, 40], replicas=None))["users"].tolist() == [4]
    assert saturation_knees(curve([0, 0, 0, 0])).empty


def test_the_chart_draws_throughput_and_p95_of_each_line_and_marks_its_knee() -> None:
    both = pd.concat([curve([10, 20, 36, 40]), curve([20, 40, 70, 72], replicas=2)])
    figure = charts.saturation_curve(both)
    left, right = figure.axes
    first, ring, second, _ = left.lines
    assert list(first.get_xdata()) == list(USERS)
    assert list(first.get_ydata()) == [10, 20, 36, 40]
    assert list(second.get_ydata()) == [20, 40, 70, 72]
    assert (list(ring.get_xdata()), list(ring.get_ydata())) == ([4], [36])
    assert list(right.lines[0].get_ydata()) == [0.02, 0.04, 0.08, 0.16]
    assert (left.get_ylim()[0], right.get_ylim()[0]) == (0, 0)
    assert first.get_linestyle() != second.get_linestyle(), "lines differ without colour"
    assert " ".join(left.get_title().split()) == "2 replicas: 1.80 times the calls per second of 1 replica"
    assert " ".join(right.get_title().split()) == "Beyond 4 users calls mostly wait"
    assert "Legend: 1 replica (n=318), 2 replicas (n=606)." in figure.alt
    assert "From left to right: users who ask at the same time: 1, 2, 4, 8" in figure.alt
    assert "Numbers: 36/s, 70/s" in figure.alt
    assert "Numbers: 0.080 s, 0.080 s" in figure.alt


@pytest.mark.parametrize(
    ("rates", "more", "left", "right"),
    [
        ([10, 20, 30, 40], {}, "At most 40 calls per second", "No knee yet: throughput still grows at 8 users"),
        (
            [10, 20, 36, 40], {"failures": 2}, "At most 40 calls per second",
            "Beyond 4 users calls mostly wait; 8 of 318 calls failed",
        ),
    ],
)  # fmt: skip
def test_headlines_of_one_line(rates: list[float], more: dict[str, Any], left: str, right: str) -> None:
    figure = charts.saturation_curve(curve(rates, replicas=None, **more))
    assert [" ".join(axes.get_title().split()) for axes in figure.axes] == [left, right]
    assert "Legend: the gateway" in figure.alt
