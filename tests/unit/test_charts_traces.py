"""The pictures of traces, read by their axes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from matplotlib.figure import Figure

from gateway_kit.charts import cost_and_latency_by_model, trace_timeline
from gateway_kit.charts.alt import one_line
from gateway_kit.tracing.metrics import metric_columns
from gateway_kit.tracing.tree import TREE


def tree(*rows: dict[str, Any]) -> pd.DataFrame:
    filled = [{"depth": 0, "type": "SPAN", "level": "DEFAULT", **row} for row in rows]
    return pd.DataFrame(filled, columns=TREE.columns).astype(TREE.dtypes)


def by_model(*rows: dict[str, Any]) -> pd.DataFrame:
    columns = metric_columns("model", (50, 95, 99), None)
    return pd.DataFrame(list(rows), columns=list(columns)).astype(columns)


def bars(figure: Figure, axes: int = 0) -> dict[str, list[tuple[float, float]]]:
    """Label → (left end, width) of its bars."""
    found = figure.axes[axes].containers
    return {c.get_label(): [(b.get_x(), b.get_width()) for b in c] for c in found}


def lanes(figure: Figure) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for box in figure.legends for text in box.get_texts()]


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (trace_timeline(tree()), "No observation in this trace"),
        (cost_and_latency_by_model(by_model()), "No model call yet"),
        (cost_and_latency_by_model(by_model({"model": "a", "observations": 0})), "No model call yet"),
    ],
)
def test_an_empty_table_gives_a_chart_that_says_so(figure: Figure, said: str) -> None:
    assert [text.get_text() for axes in figure.axes for text in axes.texts] == [said]


NESTED = tree(
    {"name": "desk", "offset_s": 0.0, "latency_s": 2.0},
    {"name": "find", "offset_s": 0.0, "latency_s": 0.5, "depth": 1, "type": "RETRIEVER"},
    {"name": "vectors", "offset_s": 0.1, "latency_s": 0.4, "depth": 2, "type": "EMBEDDING"},
    {"name": "draft", "offset_s": 0.5, "latency_s": 0.1, "depth": 1, "type": "GENERATION", "level": "ERROR"},
    {"name": "draft", "offset_s": 1.0, "latency_s": 1.0, "depth": 1, "type": "GENERATION"},
)


def test_each_observation_has_a_bar_from_its_start_to_its_end() -> None:
    figure = trace_timeline(NESTED)
    assert bars(figure) == {
        "application": [(0.0, pytest.approx(2.0)), (0.0, pytest.approx(0.5))],
        "model call": [(0.1, pytest.approx(0.4)), (1.0, pytest.approx(1.0))],
        "failed": [(0.5, pytest.approx(0.1))],
    }
    axes = figure.axes[0]
    assert lanes(figure) == ["desk", "    find", "        vectors", "    draft", "    draft"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1], "the root is on top"
    assert axes.get_xlim()[0] == 0
    assert axes.get_xlabel() == "seconds since the trace began (n=5 observations)"
    assert axes.get_title() == "The longest model call, draft, takes 50% of the 2.00 s"
    assert legend(figure) == ["application", "model call", "failed"]


def test_a_trace_without_a_model_has_its_duration_as_title() -> None:
    figure = trace_timeline(tree({"offset_s": 0.0, "latency_s": 0.3}, {"name": "open", "offset_s": 0.1}))
    assert figure.axes[0].get_title() == "The trace took 0.30 s"
    assert lanes(figure) == ["(no name)", "open"]
    assert legend(figure) == ["application"]


def test_a_title_can_be_given() -> None:
    assert trace_timeline(NESTED, title="mine").axes[0].get_title() == "mine"


def test_models_are_sorted_by_cost() -> None:
    figure = cost_and_latency_by_model(
        by_model(
            {
                "model": "cheap",
                "observations": 8,
                "latency_p50_s": 1.0,
                "latency_p95_s": 4.0,
                "cost_usd": 0.001,
            },
            {
                "model": "maker/dear",
                "observations": 2,
                "latency_p50_s": 0.5,
                "latency_p95_s": 0.6,
                "cost_usd": 0.003,
            },
        )
    )
    left, right = figure.axes
    assert bars(figure) == {"p50": [(0, 0.5), (0, 1.0)], "p95": [(0, 0.6), (0, 4.0)]}
    assert [bar.get_width() for bar in right.patches] == pytest.approx([3.0, 1.0])
    assert lanes(figure) == ["maker/dear (n=2)", "cheap (n=8)"]
    assert left.get_xlim()[0] == right.get_xlim()[0] == 0
    assert "seconds" in left.get_xlabel()
    assert "thousandths of a USD" in right.get_xlabel()
    assert one_line(left.get_title()) == "Too few calls to tell which is slowest: p50 needs 3"
    assert right.get_title() == "dear costs 75% of the total"
    assert legend(figure) == ["p50", "p95"]


@pytest.mark.parametrize(("observations", "percentile", "slowest"), [(19, 50, "dear"), (20, 95, "cheap")])
def test_the_slowest_model_is_named_by_a_percentile_that_its_calls_allow(
    observations: int, percentile: int, slowest: str
) -> None:
    cheap = {"model": "cheap", "observations": observations, "latency_p50_s": 1.0, "latency_p95_s": 4.0}
    dear = {"model": "maker/dear", "observations": 40, "latency_p50_s": 2.0, "latency_p95_s": 3.0}
    left, _ = cost_and_latency_by_model(by_model({**cheap, "cost_usd": 1.0}, {**dear, "cost_usd": 1.0})).axes
    assert left.get_title() == f"{slowest} is slowest by p{percentile}"


def test_failed_calls_are_named() -> None:
    row = {"observations": 20, "latency_p50_s": 1.0, "latency_p95_s": 4.0, "cost_usd": 1.0}
    answered = by_model({"model": "maker/quick", **row}, {"model": "slow", **row, "latency_p95_s": 5.0})
    failed = by_model(
        {"model": "maker/quick", **row, "observations": 4}, {"model": "gone", **row, "observations": 0}
    )
    left, _ = cost_and_latency_by_model(answered, failed=failed).axes
    assert one_line(left.get_title()) == "slow is slowest by p95; 4 of 24 calls of quick failed"


def test_models_may_cost_nothing() -> None:
    row = {"model": "own", "observations": 1, "latency_p50_s": 1.0, "latency_p95_s": 1.0, "cost_usd": 0.0}
    assert cost_and_latency_by_model(by_model(row)).axes[1].get_title() == "Nothing was charged"
