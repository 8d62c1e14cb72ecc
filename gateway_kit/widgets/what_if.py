"""The what-if calculator: a month's bill by prices, volume, tokens, hit rate and mix of models.

Everything is computed from the numbers on the panel, without the gateway.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import ipywidgets
import pandas as pd
import traitlets

from gateway_kit.charts.monthly import monthly_costs
from gateway_kit.metrics.whatif import monthly_cost, observed_mix
from gateway_kit.widgets.markup import table_html
from gateway_kit.widgets.panel import Panel, PanelModel, error_text
from gateway_kit.widgets.view import View, row

# More would make the panel confusing; `models` chooses.
MOST_MODELS = 5
_INPUTS = (
    "calls_per_day", "prompt_tokens", "completion_tokens", "hit_rate", "shares", "input_usd", "output_usd",
)  # fmt: skip
_PRICES = ("input_usd_per_million", "output_usd_per_million")


class WhatIfModel(PanelModel):
    """The inputs and the result. A value out of range raises TraitError.

    calls_per_day       all models together
    prompt_tokens       mean per call
    completion_tokens   mean per call
    hit_rate            share of the calls that the cache answers, 0 to 1
    shares              model → its part of the calls, in any unit
    input_usd           model → US dollars per million prompt tokens
    output_usd          model → US dollars per million completion tokens
    baseline_usd        the bill to compare with, in US dollars a month
    costs               `metrics.monthly_cost`, a row per model; None for invalid numbers
    """

    calls_per_day = traitlets.Float(10_000.0, min=0.0, max=1e9)
    prompt_tokens = traitlets.Float(500.0, min=0.0, max=1e7)
    completion_tokens = traitlets.Float(200.0, min=0.0, max=1e7)
    hit_rate = traitlets.Float(0.0, min=0.0, max=1.0)
    shares = traitlets.Dict()
    input_usd = traitlets.Dict()
    output_usd = traitlets.Dict()
    baseline_usd = traitlets.Float(None, allow_none=True)
    costs = traitlets.Instance(pd.DataFrame, allow_none=True)


def price_table(prices: pd.DataFrame, models: Iterable[str] = ()) -> pd.DataFrame:
    """One row per model name of `gateway.models.list()`, the mean of its deployments; none for a model without price.

    `models` chooses and orders them; by default models that charge for output, which embeddings do not. Raises
    ValueError for a name without a price.
    """
    known = prices.groupby("model", sort=False)[list(_PRICES)].mean().dropna()
    wanted = list(models)
    unknown = [name for name in wanted if name not in known.index]
    if unknown:
        raise ValueError(
            f"There is no price for {', '.join(unknown)}. Models with a price: {', '.join(known.index)}"
        )
    return known.loc[wanted] if wanted else known[known["output_usd_per_million"] > 0].head(MOST_MODELS)


def month_costs(model: WhatIfModel) -> pd.DataFrame:
    """`metrics.monthly_cost` of the numbers on the panel. Raises ValueError for invalid numbers."""
    rows = [
        {
            "model": name,
            "share": share,
            "input_usd_per_million": model.input_usd[name],
            "output_usd_per_million": model.output_usd[name],
        }
        for name, share in model.shares.items()
    ]
    return monthly_cost(
        pd.DataFrame(rows),
        calls_per_day=model.calls_per_day,
        prompt_tokens=model.prompt_tokens,
        completion_tokens=model.completion_tokens,
        hit_rate=model.hit_rate,
    )


def bill_text(costs: pd.DataFrame, baseline_usd: float | None = None) -> str:
    """The month's bill in a sentence, compared with the baseline."""
    total_usd, saved_usd = float(costs["cost_usd"].sum()), float(costs["saved_usd"].sum())
    text = f"{total_usd:,.2f} USD a month"
    if saved_usd:
        text += f"; the cache saves {saved_usd:,.2f} USD"
    if baseline_usd is not None and abs(total_usd - baseline_usd) >= 0.005:
        more = total_usd - baseline_usd
        part = f" ({abs(more) / baseline_usd:.0%})" if baseline_usd else ""
        than = f"{'more' if more > 0 else 'less'} than the baseline of {baseline_usd:,.2f} USD"
        text += f"; {abs(more):,.2f} USD{part} {than}"
    return f"{text}."


def costs_html(costs: pd.DataFrame | None) -> str:
    """The month as a table, a row per model; empty for None."""
    if costs is None:
        return ""
    rows = [
        (
            str(month["model"]), f"{month['share']:.0%}", f"{month['calls']:,.0f}", f"{month['hits']:,.0f}",
            f"{month['prompt_tokens'] + month['completion_tokens']:,.0f}", f"{month['cost_usd']:,.2f}",
        )
        for _, month in costs.iterrows()
    ]  # fmt: skip
    columns = ("model", "share", "calls", "from the cache", "tokens paid for", "US dollars")
    return table_html("A month of 30 days", columns, rows)


class WhatIfCalculator(Panel):
    """What a month would cost, with controls for prices, volume, tokens, hit rate and the mix of models.

    Args:
        prices: `gateway.models.list()`.
        calls: Whatever `metrics.normalize_calls` takes: tokens, hit rate and mix start as in these calls.
        models: Names to compare; by default those of the calls, and others up to five.
        numbers: calls_per_day, prompt_tokens, completion_tokens or hit_rate.

    Raises:
        ValueError: A model has no price.

    Example:
        >>> calculator = WhatIfCalculator(gateway.models.list(), gateway.calls.frame())
        >>> calculator.model.hit_rate = 0.4                                          # the same as moving its slider
        >>> calculator.model.costs["cost_usd"].sum()
        >>> calculator.close()

    The model is linear, without discounts or tiers: see `metrics.monthly_cost`. Invalid numbers are reported in the
    status line.
    """

    heading = "What would a month cost?"
    css_class = "gk-what-if"
    model: WhatIfModel

    def __init__(
        self,
        prices: pd.DataFrame,
        calls: pd.DataFrame | None = None,
        *,
        models: Iterable[str] = (),
        **numbers: Any,
    ) -> None:
        wanted = list(models)
        mix = observed_mix(calls, prices) if calls is not None and len(calls) else None
        if mix is not None and not mix.empty:
            # The models that were called first, then others to compare with.
            others = [str(name) for name in price_table(prices).index]
            wanted = wanted or list(dict.fromkeys([*mix["model"], *others]))[:MOST_MODELS]
            numbers = {**_observed_means(mix), **numbers}
        table = price_table(prices, wanted)
        if table.empty:
            raise ValueError("No model has a price. Give gateway.models.list().")
        shares = {} if mix is None else mix.set_index("model")["share"].mul(100).round(1).to_dict()
        super().__init__(WhatIfModel(**numbers))
        self.model.shares = {name: float(shares.get(name, 0 if shares else 100 if place == 0 else 0))
                             for place, name in enumerate(table.index)}  # fmt: skip
        for trait, column in zip(("input_usd", "output_usd"), _PRICES, strict=True):
            self.model.set_trait(
                trait, {str(name): round(float(usd), 6) for name, usd in table[column].items()}
            )
        self.model.observe(self._show, names=[*_INPUTS, "baseline_usd"])
        self.set_baseline()

    def set_baseline(self) -> None:
        """Use the current bill as the baseline."""
        self._show()
        if self.model.costs is not None:
            self.model.baseline_usd = float(self.model.costs["cost_usd"].sum())

    def close(self) -> None:
        """Remove the controls from the page; the last view stays. Can be called twice."""
        if not self.closed:  # unobserving twice raises
            self.model.unobserve(self._show, names=[*_INPUTS, "baseline_usd"])
        super().close()

    def _show(self, _: Any = None) -> None:
        model = self.model
        try:
            costs = month_costs(model)
            figure = monthly_costs(costs)
            png = figure.png()
        except Exception as exc:  # an exception in a callback is not seen: show it
            model.costs, model.png, model.status, model.error = None, b"", "", error_text(exc)
            return
        model.costs, model.error = costs, ""
        model.alt, model.png = figure.alt, png
        model.status = bill_text(costs, model.baseline_usd)

    def _parts(self, view: View) -> Sequence[ipywidgets.Widget]:
        wide = {"description_width": "150px"}

        def number(name: str, description: str, most: float, step: float) -> ipywidgets.Widget:
            control = ipywidgets.BoundedFloatText(
                min=0, max=most, step=step, description=description, style=wide
            )
            return view.bind(name, control, f"gk-{name.replace('_', '-')}")

        hit_rate = ipywidgets.FloatSlider(
            min=0, max=1, step=0.01, description="cache hit rate", readout_format=".0%", style=wide,
            continuous_update=False,
        )  # fmt: skip
        hit_rate.layout.width = "min(400px, 98%)"
        return (
            row(
                number("calls_per_day", "calls a day", 1e9, 1000),
                number("prompt_tokens", "prompt tokens", 1e7, 50),
                number("completion_tokens", "completion tokens", 1e7, 50),
                view.bind("hit_rate", hit_rate, "gk-hit-rate"),
            ),
            *(self._model_row(view, name) for name in self.model.shares),
            view.button(
                "Set as baseline",
                self.set_baseline,
                "gk-baseline",
                tooltip="Compare other numbers with this bill",
            ),
            view.picture(),
            view.text("costs", costs_html, "gk-costs"),
        )

    def _model_row(self, view: View, name: str) -> ipywidgets.HBox:
        wide = {"description_width": "150px"}
        share = ipywidgets.FloatSlider(
            min=0, max=100, step=1, description=f"{name}, share", readout_format=".0f", style=wide,
            continuous_update=False, tooltip="In any unit: the ratio to the sum counts",
        )  # fmt: skip
        share.layout.width = "min(400px, 98%)"
        prices = [
            view.bind_item(
                trait, name,
                ipywidgets.BoundedFloatText(min=0, max=1e6, step=0.05, description=f"USD/M {kind}", style=wide,
                                            tooltip=f"{name}: US dollars per million {kind} tokens"),
                f"gk-{kind}-price",
            )
            for trait, kind in (("input_usd", "prompt"), ("output_usd", "completion"))
        ]  # fmt: skip
        return row(view.bind_item("shares", name, share, "gk-share"), *prices)

    def _static_html(self) -> str:
        return self._picture_html() + costs_html(self.model.costs)


def _observed_means(mix: pd.DataFrame) -> dict[str, float]:
    """Tokens per call and hit rate of the observed mix, all models together."""
    weight = mix["calls"] / mix["calls"].sum()
    means = {
        name: round(float((mix[name].fillna(0.0) * weight).sum()), 1)
        for name in ("prompt_tokens", "completion_tokens")
    }
    return {**means, "hit_rate": float((mix["hit_rate"] * weight).sum())}
