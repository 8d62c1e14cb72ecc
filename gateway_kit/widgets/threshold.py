"""The threshold slider: what a semantic cache's threshold makes of labelled pairs, in right answers and in money.

Three layers: `ThresholdModel` holds the numbers, pure functions make text and picture of them, `ThresholdSlider` shows
them. A change asks no gateway: everything is computed from the pairs that were measured before.
"""

from __future__ import annotations

import base64
from io import BytesIO
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from gateway_kit.caching import threshold_table
from gateway_kit.charts import threshold_costs

if TYPE_CHECKING:
    import pandas as pd

_NEEDED = ("similarity", "same")


class ThresholdModel(traitlets.HasTraits):
    """The numbers behind the slider; each can be set from a program as well. A value that cannot be raises TraitError.

    threshold  cosine similarity from which on a kept answer is taken, 0.5 to 1
    wrong_usd  US dollars that a wrong answer costs
    call_usd   US dollars of a call to the provider
    """

    threshold = traitlets.Float(0.9, min=0.5, max=1.0)
    wrong_usd = traitlets.Float(0.05, min=0.0, max=1e6)
    call_usd = traitlets.Float(0.002, min=0.0, max=1e6)
    error = traitlets.Unicode("", help="What went wrong in the last drawing; empty where nothing did.")


def status_line(pairs: pd.DataFrame, model: ThresholdModel) -> str:
    """What the model's threshold does with the pairs, in a sentence."""
    table = threshold_table(pairs, [model.threshold], wrong_usd=model.wrong_usd, call_usd=model.call_usd)
    row = table.iloc[0]
    return (
        f"At {model.threshold:.2f}, of {len(pairs)} questions "
        f"{row['right_hits']:.0f} get a right answer from the cache, "
        f"{row['wrong_hits']:.0f} a wrong one, and {len(pairs) - row['hits']:.0f} go to the provider: "
        f"{row['cost_usd']:.2f} USD per 1,000 questions, {1000 * model.call_usd:.2f} without a cache."
    )


def picture_png(pairs: pd.DataFrame, model: ThresholdModel) -> bytes:
    """The picture for the model's numbers, as PNG."""
    figure = threshold_costs(
        pairs, wrong_usd=model.wrong_usd, call_usd=model.call_usd, threshold=model.threshold
    )
    buffer = BytesIO()
    figure.savefig(buffer, format="png")
    return buffer.getvalue()


class ThresholdSlider:
    """A slider for the threshold and fields for the two prices, above the picture of what they do.

    slider = ThresholdSlider(pairs)      # the last line of a cell shows it
    slider.model.threshold = 0.95        # the same as moving it
    slider.close()                       # takes it off the page

    `pairs` has the columns `similarity` and `same`. Where no widgets can be shown (a page on the web, a
    terminal), the picture and the sentence are. Raises ValueError for pairs without these columns.
    """

    def __init__(
        self, pairs: pd.DataFrame, *, threshold: float = 0.9, wrong_usd: float = 0.05, call_usd: float = 0.002
    ) -> None:
        missing = [name for name in _NEEDED if name not in pairs]
        if missing or pairs.empty:
            raise ValueError(
                f"pairs needs rows, and the columns {' and '.join(_NEEDED)}; missing: {missing or 'rows'}"
            )
        self.pairs = pairs.copy()
        self.model = ThresholdModel(threshold=threshold, wrong_usd=wrong_usd, call_usd=call_usd)
        self._view: ipywidgets.VBox | None = None
        self._image = ipywidgets.Image(format="png")
        self._status = ipywidgets.HTML()
        self._links: list[traitlets.link] = []
        self.model.observe(self._redraw, names=["threshold", "wrong_usd", "call_usd"])

    def __repr__(self) -> str:
        return f"ThresholdSlider: {status_line(self.pairs, self.model)}"

    @property
    def widget(self) -> ipywidgets.VBox:
        """The ipywidgets view, made when it is first asked for."""
        if self._view is None:
            wide = {"description_width": "130px"}
            slider = ipywidgets.FloatSlider(
                min=0.5, max=1.0, step=0.01, description="threshold", style=wide, readout_format=".2f"
            )
            wrong = ipywidgets.BoundedFloatText(
                min=0, max=1e6, step=0.01, description="USD, wrong answer", style=wide
            )
            call = ipywidgets.BoundedFloatText(
                min=0, max=1e6, step=0.001, description="USD, provider call", style=wide
            )
            for control, name in ((slider, "threshold"), (wrong, "wrong_usd"), (call, "call_usd")):
                self._links.append(traitlets.link((self.model, name), (control, "value")))
            self._view = ipywidgets.VBox([slider, ipywidgets.HBox([wrong, call]), self._status, self._image])
            self._redraw()
        return self._view

    def close(self) -> None:
        """Take the view off the page and let everything go; the model stays. Can be called twice."""
        for link in self._links:
            link.unlink()
        self._links.clear()
        self.model.unobserve_all()
        if self._view is not None:
            for part in (*self._view.children[1].children, *self._view.children, self._view):
                part.close()
            self._view = None

    def _redraw(self, _: Any = None) -> None:
        try:
            self._image.value = picture_png(self.pairs, self.model)
            self._status.value = status_line(self.pairs, self.model)
            self.model.error = ""
        except Exception as exc:  # nobody reads what a callback raises: it belongs where the eyes are
            self.model.error = f"{type(exc).__name__}: {exc}"
            self._status.value = f"<b>This cannot be drawn</b>: {self.model.error}"

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        bundle: dict[str, Any] = self.widget._repr_mimebundle_()
        return {**bundle, "text/plain": repr(self), "text/html": self._repr_html_()}

    def _repr_html_(self) -> str:
        png = base64.b64encode(picture_png(self.pairs, self.model)).decode()
        said = status_line(self.pairs, self.model)
        return f'<p>{said}</p><img alt="{said}" src="data:image/png;base64,{png}">'
