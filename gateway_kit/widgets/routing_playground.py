"""The routing playground: weights, a strategy and faults, and which deployments answer."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets
import traitlets

from gateway_kit.charts import traffic_share
from gateway_kit.errors import KitError
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.widgets.markup import table_html
from gateway_kit.widgets.panel import Panel, PanelModel
from gateway_kit.widgets.playground_run import (
    FAULTS,
    RunResult,
    RunSettings,
    remove_leftovers,
    run,
    simulated_deployments,
)
from gateway_kit.widgets.undo import Undo
from gateway_kit.widgets.view import View, row

RUNS_SHOWN = 4
_NAME_LENGTH = 32
# Offered by LiteLLM, but it needs a service of its own.
_UNUSABLE = ("lar1",)


class PlaygroundModel(PanelModel):
    """The settings of the next run, and the result of the last one.

    weights   deployment → its relative share of the traffic under simple-shuffle; 0 leaves it out
    faults    deployment → one of FAULTS
    strategy  how the router chooses
    calls     number of requests in a run, 1 to 500
    seed      of the prompts
    last      the last result; None before the first
    """

    weights = traitlets.Dict()
    faults = traitlets.Dict()
    strategy = traitlets.Unicode("simple-shuffle")
    calls = traitlets.Int(48, min=1, max=500)
    seed = traitlets.Int(1)
    last = traitlets.Instance(RunResult, allow_none=True)


def outcome_rows(result: RunResult) -> list[tuple[str, ...]]:
    """A row per deployment: weight, fault, attempts (from the journal), answers, mean latency.

    There are more attempts than calls, since the gateway retries failed calls. The last row is what the callers saw.
    """
    rows = []
    for label in result.settings.labels:
        tried = result.journal[result.journal["deployment"] == label]
        answered = result.calls[(result.calls["deployment"] == label) & result.calls["error"].isna()]
        mean_s = "" if answered.empty else f"{answered['latency_s'].mean():.2f} s"
        cells = (
            result.settings.weights[label],
            result.settings.fault(label),
            len(tried),
            len(answered),
            mean_s,
        )
        rows.append((label, *map(str, cells)))
    failed = int(result.calls["error"].notna().sum())
    mean_s = f"{result.calls['latency_s'].mean():.2f} s"
    callers = (
        "the callers",
        "",
        "",
        str(len(result.journal)),
        f"{len(result.calls) - failed}, {failed} failed",
        mean_s,
    )
    return [*rows, callers]


def outcome_html(result: RunResult | None) -> str:
    """`outcome_rows` as HTML; empty before the first run."""
    if result is None:
        return ""
    columns = ("deployment", "weight", "fault", "attempts", "answers", "mean latency")
    return table_html(f"The last run: {result.settings.label()}", columns, outcome_rows(result))


def run_name(number: int, settings: RunSettings) -> str:
    """The run's name in the chart, at most 32 characters."""
    longest = f"{number}: {settings.label()}"
    if len(longest) <= _NAME_LENGTH:
        return longest
    return next(
        (name for name in (f"{number}: {settings.strategy} {settings.ratio}", f"{number}: {settings.strategy}")
         if len(name) <= _NAME_LENGTH), f"run {number}"
    )  # fmt: skip


def summary_text(result: RunResult) -> str:
    """Which deployment answered most, and how many calls failed, in a sentence."""
    failed = int(result.calls["error"].notna().sum())
    answered = result.calls[result.calls["error"].isna()]["deployment"].value_counts()
    if answered.empty:
        return f"No deployment answered: {failed} of {len(result.calls)} calls failed."
    share = answered.iloc[0] / answered.sum()
    return f"{answered.index[0]} answered most, {share:.0%}; {failed} of {len(result.calls)} calls failed."


class RoutingPlayground(Panel):
    """Weights, a strategy and faults for up to three deployments, and a button that sends calls through the gateway.

    Args:
        gateway: The gateway; it needs a master key.
        providers: The simulated providers; by default the gateway's.
        deployments: Up to three labels → LiteLLM's parameters without key and weight. By default simulated OpenAI,
            Azure and Anthropic.
        calls: Requests in a run, 1 to 500.
        seed: Of the prompts.

    Raises:
        KitError: There are no deployments, or more than three.

    Example:
        >>> playground = RoutingPlayground(gateway)                      # the last line of a cell shows it
        >>> playground.model.weights = {"openai": 8, "azure": 1, "anthropic": 1}
        >>> playground.model.faults = {"azure": "slow by 1 s"}
        >>> playground.send().calls                                      # the same as its button
        >>> playground.close()

    A run has deployments of its own, and undoes all its changes when it ends, also with an error. `close()`, the
    panel's deletion and the kernel's end undo an interrupted run. The next playground deletes what a killed kernel
    left.
    """

    heading = "Routing playground"
    css_class = "gk-playground"
    model: PlaygroundModel

    def __init__(
        self,
        gateway: Gateway,
        providers: Providers | None = None,
        *,
        deployments: Mapping[str, Mapping[str, Any]] | None = None,
        calls: int = 48,
        seed: int = 1,
    ) -> None:
        super().__init__(PlaygroundModel(calls=calls, seed=seed))
        self._gateway = gateway
        self._providers = providers or gateway.providers
        self._deployments = deployments or simulated_deployments(self._providers.url)
        if not 1 <= len(self._deployments) <= 3:
            raise KitError(f"A playground has one to three deployments, not {len(self._deployments)}.")
        self._strategies = [name for name in gateway.router.strategies() if name not in _UNUSABLE]
        remove_leftovers(gateway)
        self._runs: dict[str, RunResult] = {}
        self._number = 0
        self._undo = Undo()
        self._stop = threading.Event()
        # A run in progress is undone also when the panel is deleted, and at the kernel's end.
        weakref.finalize(self, _undo_run, self._stop, self._undo)
        self.model.weights = dict.fromkeys(self._deployments, 1)
        self.model.faults = dict.fromkeys(self._deployments, "none")
        self.model.status = "Set weights, strategy and faults, then send."

    def send(self) -> RunResult:
        """Send the calls and show which deployments answered; returns the calls and the journal."""
        if self.closed:
            raise KitError("This playground was closed. Make a new one.")
        settings = self._settings()
        self._number += 1
        with self._reporting(f"Sending {settings.calls} calls: {settings.label()}…"):
            result = run(
                self._gateway,
                self._providers,
                settings,
                self._undo,
                number=self._number,
                on_progress=lambda count: self._tell_progress(settings, count),
                stop=self._stop,
            )
            self._runs[run_name(self._number, settings)] = result
            for earlier in list(self._runs)[:-RUNS_SHOWN]:
                del self._runs[earlier]
            self._show(result)
        return result

    def forget(self) -> None:
        """Forget the runs so far."""
        self._runs.clear()
        self.model.png, self.model.alt, self.model.last = b"", "", None
        self.model.status, self.model.error = "No run yet.", ""

    def close(self) -> None:
        """Stop a run in progress, undo its changes, and remove the controls from the page. Can be called twice.

        Raises KitError if a change could not be undone; calling it again tries again.
        """
        self._stop.set()
        super().close()
        problems = _undo_run(self._stop, self._undo)
        if problems:
            self.model.error = "Not undone: " + " ".join(problems)
            raise KitError(self.model.error)

    def _settings(self) -> RunSettings:
        model = self.model
        return RunSettings(
            self._deployments, model.weights, model.faults, model.strategy, model.calls, model.seed
        )

    def _tell_progress(self, settings: RunSettings, count: int) -> None:
        if count % 4 == 0 or count == settings.calls:  # not a message per call
            self.model.status = f"{count} of {settings.calls} calls: {settings.label()}…"

    def _show(self, result: RunResult) -> None:
        runs = {name: run_result.calls for name, run_result in self._runs.items()}
        figure = traffic_share(runs, title=f"Run {self._number}: {summary_text(result)}".rstrip("."))
        self.model.alt, self.model.png = figure.alt, figure.png()
        self.model.last = result
        self.model.status = summary_text(result)

    def _parts(self, view: View) -> Sequence[ipywidgets.Widget]:
        strategy = ipywidgets.Dropdown(
            options=self._strategies, description="Strategy", tooltip="How the router chooses a deployment"
        )
        calls = ipywidgets.BoundedIntText(min=1, max=500, description="Calls", tooltip="Requests in a run")
        seed = ipywidgets.IntText(description="Seed", tooltip="Decides which prompts are sent")
        return (
            *(self._deployment_row(view, label) for label in self._deployments),
            row(
                view.bind("strategy", strategy, "gk-strategy"),
                view.bind("calls", calls, "gk-calls"),
                view.bind("seed", seed, "gk-seed"),
            ),
            row(
                view.button("Send", self.send, "gk-send", tooltip="Send the calls through the gateway"),
                view.button("Forget runs", self.forget, "gk-forget", tooltip="Start with an empty chart"),
            ),
            view.picture(),
            view.text("last", outcome_html, "gk-outcome"),
        )

    def _deployment_row(self, view: View, label: str) -> ipywidgets.HBox:
        wide = {"description_width": "130px"}
        weight = ipywidgets.IntSlider(
            min=0, max=10, description=f"{label}, weight", style=wide, tooltip="0 leaves it out"
        )
        weight.layout.width = "min(400px, 98%)"
        fault = ipywidgets.Dropdown(
            options=list(FAULTS), description=f"{label}, fault", style=wide, tooltip="The fault to inject"
        )
        return row(
            view.bind_item("weights", label, weight, f"gk-weight-{label}"),
            view.bind_item("faults", label, fault, f"gk-fault-{label}", default="none"),
        )

    def _static_html(self) -> str:
        return self._picture_html() + outcome_html(self.model.last)


def _undo_run(stop: threading.Event, undo: Undo) -> list[str]:
    # A function, not a method: a reference to the panel would keep it alive.
    stop.set()
    return undo.run()
