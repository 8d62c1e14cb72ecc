"""The routing playground: weights, a strategy and faults, and who answers then; through the real gateway."""

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
    Wish,
    remove_leftovers,
    run,
    simulated_deployments,
)
from gateway_kit.widgets.undo import Undo
from gateway_kit.widgets.view import View, row

RUNS_SHOWN = 4
_NAME_LENGTH = 32
# Offered by LiteLLM, but it routes nothing without a service of its own.
_UNUSABLE = ("lar1",)


class PlaygroundModel(PanelModel):
    """What the next run tries, and what the last one found.

    weights   deployment → its share of the traffic under simple-shuffle, against the others'; 0 leaves it out
    faults    deployment → one of FAULTS, "none" among them
    strategy  how the router chooses
    calls     how many requests a run sends, 1 to 500
    seed      decides which prompts they are, and in which order
    last      what the last run found; None before the first
    """

    weights = traitlets.Dict()
    faults = traitlets.Dict()
    strategy = traitlets.Unicode("simple-shuffle")
    calls = traitlets.Int(48, min=1, max=500)
    seed = traitlets.Int(1)
    last = traitlets.Instance(RunResult, allow_none=True)


def outcome_rows(result: RunResult) -> list[tuple[str, ...]]:
    """A row a deployment: its weight, its fault, attempts that reached it (from the journal), answers, mean latency.

    An attempt is more than a call: the gateway tries a failed call again. The last row is what the callers saw.
    """
    rows = []
    for label in result.wish.labels:
        tried = result.journal[result.journal["deployment"] == label]
        answered = result.calls[(result.calls["deployment"] == label) & result.calls["error"].isna()]
        mean_s = "" if answered.empty else f"{answered['latency_s'].mean():.2f} s"
        facts = (result.wish.weights[label], result.wish.fault(label), len(tried), len(answered), mean_s)
        rows.append((label, *map(str, facts)))
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
    """`outcome_rows` as a table; empty before the first run."""
    if result is None:
        return ""
    columns = ("deployment", "weight", "fault", "attempts", "answers", "mean latency")
    return table_html(f"The last run: {result.wish.called()}", columns, outcome_rows(result))


def run_name(number: int, wish: Wish) -> str:
    """The run's name in the picture, which has room for 32 characters."""
    longest = f"{number}: {wish.called()}"
    if len(longest) <= _NAME_LENGTH:
        return longest
    return next(
        (name for name in (f"{number}: {wish.strategy} {wish.ratio}", f"{number}: {wish.strategy}")
         if len(name) <= _NAME_LENGTH), f"run {number}"
    )  # fmt: skip


def summary_text(result: RunResult) -> str:
    """Who answered most, and how many calls failed, in a sentence."""
    failed = int(result.calls["error"].notna().sum())
    answered = result.calls[result.calls["error"].isna()]["deployment"].value_counts()
    if answered.empty:
        return f"Nobody answered: {failed} of {len(result.calls)} calls failed."
    share = answered.iloc[0] / answered.sum()
    return f"{answered.index[0]} answered most, {share:.0%}; {failed} of {len(result.calls)} calls failed."


class RoutingPlayground(Panel):
    """Weights, a strategy and faults for up to three deployments, and a button that sends calls through the gateway.

    playground = RoutingPlayground(gateway, providers)           # the last line of a cell shows it
    playground.model.weights = {"openai": 8, "azure": 1, "anthropic": 1}
    playground.model.faults = {"azure": "slow by 1 s"}
    playground.send().calls                                      # the same as its button: waits, and gives the calls
    playground.close()

    Each run adds deployments of its own under a name of its own, and takes them, the strategy and the faults back
    when it ends, with an error too. A run that `close()`, the panel's deletion or the kernel's end interrupts is taken
    back then; what a killed kernel left is removed by the next playground. `deployments` maps up to three labels to
    LiteLLM's parameters without key and weight; by default they are simulated OpenAI, Azure and Anthropic. Needs the
    master key. Methods raise GatewayError, ProvidersError or KitError; what a button raises stands in the status line.
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
        # When nobody holds the panel any more, and at the kernel's end, a run under way is taken back too.
        weakref.finalize(self, _take_back, self._stop, self._undo)
        self.model.weights = dict.fromkeys(self._deployments, 1)
        self.model.faults = dict.fromkeys(self._deployments, "none")
        self.model.status = "Set weights, strategy and faults; then send."

    def send(self) -> RunResult:
        """Send the calls, and show who answered; gives the run's calls and journal."""
        if self.closed:
            raise KitError("This playground was closed. Make a new one.")
        wish = self._wish()
        self._number += 1
        with self._reporting(f"Sending {wish.calls} calls: {wish.called()}…"):
            result = run(
                self._gateway,
                self._providers,
                wish,
                self._undo,
                number=self._number,
                ended=lambda count: self._tell_progress(wish, count),
                stop=self._stop,
            )
            self._runs[run_name(self._number, wish)] = result
            for earlier in list(self._runs)[:-RUNS_SHOWN]:
                del self._runs[earlier]
            self._show(result)
        return result

    def forget(self) -> None:
        """Forget the runs so far; the next picture begins anew."""
        self._runs.clear()
        self.model.png, self.model.alt, self.model.last = b"", "", None
        self.model.status, self.model.error = "No run yet.", ""

    def close(self) -> None:
        """Stop a run under way, take back all it changed, and take the controls off the page. Can be called twice.

        Raises KitError where something could not be taken back; calling it again tries again.
        """
        self._stop.set()
        super().close()
        problems = _take_back(self._stop, self._undo)
        if problems:
            self.model.error = "Not taken back: " + " ".join(problems)
            raise KitError(self.model.error)

    def _wish(self) -> Wish:
        model = self.model
        return Wish(self._deployments, model.weights, model.faults, model.strategy, model.calls, model.seed)

    def _tell_progress(self, wish: Wish, count: int) -> None:
        if count % 4 == 0 or count == wish.calls:  # a message per call would be many
            self.model.status = f"{count} of {wish.calls} calls: {wish.called()}…"

    def _show(self, result: RunResult) -> None:
        runs = {name: found.calls for name, found in self._runs.items()}
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
                view.button("Forget runs", self.forget, "gk-forget", tooltip="Begin the picture anew"),
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
            options=list(FAULTS), description=f"{label}, fault", style=wide, tooltip="What goes wrong there"
        )
        return row(
            view.bind_item("weights", label, weight, f"gk-weight-{label}"),
            view.bind_item("faults", label, fault, f"gk-fault-{label}", default="none"),
        )

    def _static_html(self) -> str:
        return self._picture_html() + outcome_html(self.model.last)


def _take_back(stop: threading.Event, undo: Undo) -> list[str]:
    # A function, not a method: nothing that holds the panel may be held until nobody holds the panel.
    stop.set()
    return undo.run()
