"""What the pictures of similar questions show, read from their axes."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex

from gateway_kit.caching.thresholds import cheapest, threshold_table
from gateway_kit.charts import similarity_by_kind, similarity_grid
from gateway_kit.charts.alt import one_line
from gateway_kit.charts.figure import ChartFigure
from gateway_kit.charts.semantic import threshold_costs
from gateway_kit.charts.theme import contrast

PRICES: dict[str, float] = {"wrong_usd": 5.0, "call_usd": 1.0}


def pairs(*rows: tuple[str, float, bool]) -> pd.DataFrame:
    made = pd.DataFrame(list(rows), columns=["kind", "similarity", "same"])
    return made.astype({"similarity": "float64", "same": "bool"})


PAIRS = pairs(
    ("paraphrase", 0.95, True),
    ("paraphrase", 0.6, True),
    ("number", 0.9, False),
    ("number", 0.7, False),
    ("unrelated", -0.2, False),
)


def title_of(axes: Axes) -> str:
    return one_line(axes.get_title())


def legend(figure: ChartFigure) -> list[str]:
    return [text.get_text() for box in figure.legends for text in box.get_texts()]


def numbers(figure: ChartFigure) -> list[str]:
    return [text.get_text() for text in figure.axes[0].texts]


@pytest.mark.parametrize(
    ("figure", "said"),
    [
        (similarity_grid([], np.zeros((0, 3))), "No text yet"),
        (similarity_by_kind(pairs()), "No pair yet"),
        (threshold_costs(pairs(), **PRICES), "No pair yet"),
    ],
)
def test_an_empty_table_gives_a_chart_that_says_so(figure: ChartFigure, said: str) -> None:
    assert [text.get_text() for axes in figure.axes for text in axes.texts] == [said]


def test_the_grid_has_the_cosine_of_every_two_vectors_of_any_length() -> None:
    vectors = np.array([[2.0, 0.0], [3.0, 4.0], [0.0, -1.0]])
    figure = similarity_grid(["one", "two", "three"], vectors)
    assert numbers(figure) == ["1.00", "0.60", "0.00", "0.60", "1.00", "-0.80", "0.00", "-0.80", "1.00"]
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ["1  one", "2  two", "3  three"]
    assert title_of(figure.axes[0]) == "1 and 2 are closest: 0.60"


def test_opposite_texts_and_a_single_text_have_a_title() -> None:
    opposite = similarity_grid(["a", "b"], np.array([[1.0, 0.0], [-1.0, 0.0]]))
    assert title_of(opposite.axes[0]) == "1 and 2 are closest: -1.00"
    assert title_of(similarity_grid(["a"], np.array([[1.0]])).axes[0]) == "One text"


def test_every_square_can_be_read() -> None:
    angles = np.linspace(0, np.pi, 9)
    figure = similarity_grid(list("abcdefghi"), np.stack([np.cos(angles), np.sin(angles)], axis=1))
    image = figure.axes[0].images[0]
    for text in figure.axes[0].texts:
        column, row = text.get_position()
        value = float(image.get_array()[int(row), int(column)])  # type: ignore[index]
        behind = to_hex(image.cmap(image.norm(value)))
        assert contrast(str(text.get_color()), behind) >= 4.5


def test_each_pair_is_a_mark_in_the_row_of_its_kind() -> None:
    axes = similarity_by_kind(PAIRS).axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["paraphrase (n=2)", "number (n=2)", "unrelated (n=1)"]
    marks = [tuple(point) for dots in axes.collections for point in np.asarray(dots.get_offsets())]
    assert sorted((round(float(y)), float(x)) for x, y in marks) == sorted(
        (place, similarity)
        for place, kind in enumerate(("paraphrase", "number", "unrelated"))
        for similarity in PAIRS.loc[PAIRS["kind"] == kind, "similarity"]
    )
    assert axes.get_xlim()[0] < -0.2
    assert axes.yaxis.get_inverted()


def test_right_and_wrong_differ_in_colour_and_in_shape() -> None:
    axes = similarity_by_kind(PAIRS).axes[0]
    told = {str(dots.get_label()): dots for dots in axes.collections}
    right, wrong = told["one answer is right for both"], told["the cached answer would be wrong"]
    assert not np.array_equal(right.get_edgecolor(), wrong.get_edgecolor())
    assert len(right.get_paths()[0].vertices) != len(wrong.get_paths()[0].vertices)


def test_with_a_threshold_the_title_counts_hits() -> None:
    figure = similarity_by_kind(PAIRS, 0.9)
    assert title_of(figure.axes[0]) == "At 0.90: 1 right hits, 1 wrong ones"
    assert figure.axes[0].lines[0].get_xdata()[0] == 0.9  # type: ignore[index]
    assert legend(figure)[-1] == "threshold 0.90"


def test_without_a_threshold_the_title_counts_similar_wrong_pairs() -> None:
    found = title_of(similarity_by_kind(PAIRS).axes[0])
    assert (
        found == "1 of 3 wrong pairs are more similar than half of the right ones"
    )  # 0.9, and the median is 0.775
    assert title_of(similarity_by_kind(PAIRS[PAIRS["same"]]).axes[0]) == "No right and wrong pairs to compare"


def test_the_curves_are_the_tables_columns() -> None:
    figure = threshold_costs(PAIRS, **PRICES)
    table = threshold_table(PAIRS, **PRICES)
    left, right = figure.axes
    drawn = [np.asarray(line.get_ydata(), dtype=float) for line in left.lines[:2]]
    np.testing.assert_array_equal(drawn[0], table["precision"])
    np.testing.assert_array_equal(drawn[1], table["recall"])
    np.testing.assert_array_equal(np.asarray(right.lines[0].get_ydata(), dtype=float), table["cost_usd"])
    assert left.get_ylim()[0] == right.get_ylim()[0] == 0
    assert right.get_ylim()[1] >= table["cost_usd"].max()
    assert "n=5" in left.get_xlabel()
    assert "USD" in right.get_ylabel()


def test_the_dot_is_the_least_cost_and_the_dotted_line_is_no_cache() -> None:
    figure = threshold_costs(PAIRS, **PRICES)
    best = cheapest(threshold_table(PAIRS, **PRICES))
    dot, free = figure.axes[1].lines[2], figure.axes[1].lines[1]
    assert (dot.get_xdata()[0], dot.get_ydata()[0]) == (best["threshold"], best["cost_usd"])  # type: ignore[index]
    assert set(np.asarray(free.get_ydata())) == {1000.0}
    assert title_of(figure.axes[1]) == f"Least cost at {best['threshold']:.2f}"
    assert f"least cost, at {best['threshold']:.2f}" in legend(figure)
    assert len(legend(figure)) == 5


@pytest.mark.parametrize(
    ("threshold", "title"),
    [
        (None, "At 0.95: precision 100%, recall 50%"),
        (0.85, "At 0.85: precision 50%, recall 50%"),
        (1.0, "At 1.00 nothing hits"),
    ],
)
def test_the_title_describes_the_chosen_threshold(threshold: float | None, title: str) -> None:
    assert title_of(threshold_costs(PAIRS, threshold=threshold, **PRICES).axes[0]) == title


def test_free_calls_and_mistakes_can_be_drawn() -> None:
    assert threshold_costs(PAIRS, wrong_usd=0.0, call_usd=0.0).png().startswith(b"\x89PNG")


def test_charts_have_a_text_alternative() -> None:
    alt = threshold_costs(PAIRS, threshold=0.85, **PRICES).alt
    assert re.search(r"precision 50%.*USD per 1,000 questions", alt)
    assert "the cached answer would be wrong" in similarity_by_kind(PAIRS).alt
