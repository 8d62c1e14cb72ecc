"""The threshold slider: what a semantic cache's threshold does to right answers and costs.

Everything is computed from pairs that were measured before, without the gateway.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import ipywidgets
import traitlets

from gateway_kit.caching.thresholds import exact_cost_usd, threshold_table
from gateway_kit.charts.figure import ChartFigure
from gateway_kit.charts.semantic import threshold_costs
from gateway_kit.widgets.panel import Panel, PanelModel, error_text
from gateway_kit.widgets.view import View, row

if TYPE_CHECKING:
    import pandas as pd

_NEEDED = ("similarity", "same")
_DEAREST_USD = 1e6


class ThresholdModel(PanelModel):
    """The numbers of the slider. A value out of range raises TraitError.

    threshold  smallest cosine similarity for a cache hit, 0.5 to 1
    wrong_usd  US dollars that a wrong answer costs
    call_usd   US dollars of a call to the provider
    """

    threshold = traitlets.Float(0.9, min=0.5, max=1.0)
    wrong_usd = traitlets.Float(0.05, min=0.0, max=_DEAREST_USD)
    call_usd = traitlets.Float(0.002, min=0.0, max=_DEAREST_USD)


def status_line(pairs: pd.DataFrame, model: ThresholdModel) -> str:
    """What the threshold does with 1,000 questions like those of the pairs, in a sentence."""
    table = threshold_table(pairs, [model.threshold], wrong_usd=model.wrong_usd, call_usd=model.call_usd)
    row, exact_usd = table.iloc[0], exact_cost_usd(pairs, model.call_usd)
    right, wrong = row["right_per_1000"], row["wrong_per_1000"]
    return (
        f"At {model.threshold:.2f}, of 1,000 such questions {right:.0f} get a right answer from the cache, "
        f"{wrong:.0f} a wrong one, and {1000 - right - wrong:.0f} go to the provider: "
        f"{row['cost_usd']:.2f} USD in all, {exact_usd:.2f} with an exact cache."
    )


def costs_figure(pairs: pd.DataFrame, model: ThresholdModel) -> ChartFigure:
    """The chart of the model's numbers."""
    return threshold_costs(
        pairs, wrong_usd=model.wrong_usd, call_usd=model.call_usd, threshold=model.threshold
    )


class ThresholdSlider(Panel):
    """A slider for the threshold and fields for the two prices, above the chart of their effect.

    Args:
        pairs: Labelled pairs with the columns `similarity` and `same`.
        threshold: Smallest cosine similarity for a cache hit, 0.5 to 1.
        wrong_usd: US dollars that a wrong answer costs.
        call_usd: US dollars of a call to the provider.

    Raises:
        ValueError: `pairs` has no rows, or lacks a column.

    Example:
        >>> slider = ThresholdSlider(pairs)      # the last line of a cell shows it
        >>> slider.model.threshold = 0.95        # the same as moving it
        >>> slider.close()
    """

    heading: ClassVar[str] = "What the threshold does"
    css_class: ClassVar[str] = "gk-threshold"
    model: ThresholdModel

    def __init__(
        self, pairs: pd.DataFrame, *, threshold: float = 0.9, wrong_usd: float = 0.05, call_usd: float = 0.002
    ) -> None:
        missing = [name for name in _NEEDED if name not in pairs]
        if missing or pairs.empty:
            raise ValueError(
                f"pairs needs rows, and the columns {' and '.join(_NEEDED)}; missing: {', '.join(missing) or 'rows'}"
            )
        super().__init__(ThresholdModel(threshold=threshold, wrong_usd=wrong_usd, call_usd=call_usd))
        self.pairs = pairs.copy()
        self.model.observe(self._show, names=["threshold", "wrong_usd", "call_usd"])
        self._show()

    def _parts(self, view: View) -> Sequence[ipywidgets.Widget]:
        wide = {"description_width": "130px"}
        slider = ipywidgets.FloatSlider(
            min=0.5, max=1.0, step=0.01, description="threshold", readout_format=".2f", style=wide
        )
        slider.layout.width = "min(600px, 98%)"
        prices = [
            ipywidgets.BoundedFloatText(
                min=0, max=_DEAREST_USD, step=step, description=description, style=wide
            )
            for description, step in (("USD, wrong answer", 0.01), ("USD, provider call", 0.001))
        ]
        view.bind("threshold", slider, "gk-threshold-slider")
        view.bind("wrong_usd", prices[0], "gk-wrong-usd")
        view.bind("call_usd", prices[1], "gk-call-usd")
        return slider, row(*prices), view.picture()

    def _static_html(self) -> str:
        return self._picture_html()

    def _show(self, _: Any = None) -> None:
        model = self.model
        try:
            figure, status = costs_figure(self.pairs, model), status_line(self.pairs, model)
            model.alt, model.png = figure.alt, figure.png()
            model.status, model.error = status, ""
        except Exception as exc:  # an exception in a callback is not seen: show it
            model.error = error_text(exc)
