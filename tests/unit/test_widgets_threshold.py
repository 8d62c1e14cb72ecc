"""The threshold slider: model, sentence and picture move together, with and without widgets."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
import traitlets
from ipywidgets.widgets.widget import _instances

from gateway_kit.caching.thresholds import threshold_table
from gateway_kit.errors import KitError
from gateway_kit.widgets import ThresholdSlider
from gateway_kit.widgets import panel as panel_module
from gateway_kit.widgets.threshold import status_line

PAIRS = pd.DataFrame({"similarity": [0.95, 0.9, 0.6, 0.1], "same": [True, False, True, False]})


@pytest.fixture
def slider() -> Iterator[ThresholdSlider]:
    before = set(_instances)
    with ThresholdSlider(PAIRS, threshold=0.8, wrong_usd=2.0, call_usd=0.5) as made:
        yield made
    assert set(_instances) == before, "widgets are left on the page"


def part(slider: ThresholdSlider, css_class: str) -> Any:
    """The control of that class."""
    found = [w for w in _walk(slider.widget) if css_class in w._dom_classes]
    assert len(found) == 1
    return found[0]


def _walk(widget: Any) -> Iterator[Any]:
    yield widget
    for child in getattr(widget, "children", ()):
        yield from _walk(child)


def test_the_sentence_counts_thousand_questions(slider: ThresholdSlider) -> None:
    assert slider.model.status == (
        "At 0.80, of 1,000 such questions 250 get a right answer from the cache, 250 a wrong one, and 500 go to the "
        "provider: 750.00 USD in all, 500.00 with an exact cache."
    )
    assert slider.model.status == status_line(PAIRS, slider.model)
    assert repr(slider) == f"ThresholdSlider: {slider.model.status}"


def test_setting_the_model_is_moving_the_slider(slider: ThresholdSlider) -> None:
    control = part(slider, "gk-threshold-slider")
    earlier = slider.model.png
    slider.model.threshold = 0.92
    assert control.value == 0.92
    assert slider.model.status.startswith("At 0.92, of 1,000 such questions 250 get a right answer")
    assert slider.model.png != earlier
    control.value = 0.5
    assert slider.model.threshold == 0.5
    assert "500 get a right answer" in slider.model.status


@pytest.mark.parametrize(("css_class", "name"), [("gk-wrong-usd", "wrong_usd"), ("gk-call-usd", "call_usd")])
def test_a_price_in_the_field_changes_the_sum(slider: ThresholdSlider, css_class: str, name: str) -> None:
    earlier = slider.model.png
    part(slider, css_class).value = 3.25
    assert getattr(slider.model, name) == 3.25
    paid = {"wrong_usd": slider.model.wrong_usd, "call_usd": slider.model.call_usd}
    cost_usd = threshold_table(PAIRS, [0.8], **paid)["cost_usd"].iloc[0]
    assert f"{cost_usd:.2f} USD in all" in slider.model.status
    assert slider.model.png != earlier


def test_the_view_shows_sentence_and_picture(slider: ThresholdSlider) -> None:
    slider.model.threshold = 0.66
    shown = " ".join(str(w.value) for w in _walk(slider.widget) if isinstance(getattr(w, "value", None), str))
    assert "At 0.66, of 1,000 such questions" in shown
    assert base64.b64encode(slider.model.png).decode() in shown


def test_weights_and_a_guard_count() -> None:
    with ThresholdSlider(PAIRS.assign(weight=[7.0, 1.0, 1.0, 1.0]), threshold=0.8) as weighed:
        assert "700 get a right answer from the cache, 100 a wrong one" in weighed.model.status
    with ThresholdSlider(PAIRS.assign(accepted=[True, False, True, True]), threshold=0.8) as guarded:
        assert "250 get a right answer from the cache, 0 a wrong one" in guarded.model.status


def test_without_widgets_figure_and_status_are_shown(
    slider: ThresholdSlider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel_module, "is_batch_kernel", lambda: True)
    bundle = slider._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html"}
    png = re.search(r'src="data:image/png;base64,([^"]+)"', bundle["text/html"])
    assert png is not None
    assert base64.b64decode(png[1]) == slider.model.png
    assert "At 0.80, of 1,000 such questions" in bundle["text/html"]
    assert 'alt="At 0.80: precision 50%, recall 50%' in bundle["text/html"]


def test_the_live_view_has_a_static_alternative(slider: ThresholdSlider) -> None:
    bundle = slider._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in bundle
    assert "data:image/png" in bundle["text/html"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threshold", 0.4),
        ("threshold", 1.01),
        ("threshold", "high"),
        ("wrong_usd", -1.0),
        ("call_usd", -0.001),
        ("call_usd", 1e9),
    ],
)
def test_an_invalid_number_raises_an_error_and_changes_nothing(
    slider: ThresholdSlider, name: str, value: object
) -> None:
    earlier = getattr(slider.model, name)
    with pytest.raises(traitlets.TraitError):
        setattr(slider.model, name, value)
    assert getattr(slider.model, name) == earlier
    assert slider.model.error == ""


def test_a_drawing_error_is_shown_until_the_next_valid_number(
    slider: ThresholdSlider,
) -> None:
    slider.model.wrong_usd = math.nan  # no trait refuses it
    assert "wrong_usd=nan" in slider.model.error
    assert "wrong_usd=nan" in slider._repr_html_()
    slider.model.wrong_usd = 1.0
    assert slider.model.error == ""


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        (PAIRS.head(0), "missing: rows"),
        (PAIRS.drop(columns="same"), "missing: same"),
        (pd.DataFrame({"text": ["a"]}), "missing: similarity, same"),
    ],
)
def test_pairs_without_rows_or_columns_raise_an_error(pairs: pd.DataFrame, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ThresholdSlider(pairs)


def test_it_copies_the_pairs() -> None:
    pairs = PAIRS.copy()
    with ThresholdSlider(pairs, threshold=0.8) as made:
        pairs["similarity"] = 0.0
        made.model.threshold = 0.81
        assert "250 get a right answer" in made.model.status


def test_closed_it_shows_its_last_figure_without_controls(slider: ThresholdSlider) -> None:
    assert slider.widget is not None
    slider.close()
    slider.close()
    assert set(slider._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert slider.model.status in slider._repr_html_()
    with pytest.raises(KitError, match="was closed"):
        _ = slider.widget
