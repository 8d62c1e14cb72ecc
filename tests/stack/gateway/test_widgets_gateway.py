"""The panels on a real gateway: the routing playground takes all back, the dashboard follows, the explorer finds."""

from __future__ import annotations

import gc
import os
import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pandas as pd
import psutil
import pytest
from ipywidgets.widgets.widget import _instances

from gateway_kit import observe, propagate_attributes
from gateway_kit.errors import KitError, RequestRefusedError
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.tracing.client import Tracing, connect_tracing
from gateway_kit.widgets import LiveDashboard, RoutingPlayground, TraceExplorer, WhatIfCalculator
from gateway_kit.widgets.dashboard.process import ChildProcess
from gateway_kit.widgets.playground_run import owner, remove_leftovers, simulated_deployments
from tests.stack.notebook_kernel import kernel
from tests.unit.widget_parts import Tags, find

PATIENCE_S = 30.0


@pytest.fixture
def unchanged(gateway: Gateway, providers: Providers) -> Iterator[Callable[[], None]]:
    """Whether deployments, routing groups and faults are as they were; asked by the test, and at its end."""
    before = state(gateway, providers)

    def check() -> None:
        assert state(gateway, providers) == before

    yield check
    check()
    assert not [t for t in threading.enumerate() if t.name.startswith("gateway-kit")]
    assert not _instances


def state(gateway: Gateway, providers: Providers) -> tuple[Any, ...]:
    groups = gateway.router.settings().get("routing_groups") or []
    return (
        set(gateway.models.list()["deployment"]),
        [dict(group) for group in groups],
        len(providers.faults()),
    )


def playground(gateway: Gateway, providers: Providers, calls: int = 16, **weights: int) -> RoutingPlayground:
    made = RoutingPlayground(gateway, providers, calls=calls)
    made.model.weights = {"openai": 0, "azure": 0, "anthropic": 0, **weights}
    return made


def test_who_has_all_the_weight_gets_all_the_calls(
    gateway: Gateway, providers: Providers, unchanged: Callable[[], None]
) -> None:
    with playground(gateway, providers, anthropic=3) as panel:
        found = panel.send()
        assert found.calls["deployment"].to_list() == ["anthropic"] * 16
        assert found.calls["provider"].unique().tolist() == ["anthropic"]
        assert found.journal["deployment"].to_list() == ["anthropic"] * 16
        unchanged()
        assert panel.model.status == "anthropic answered most, 100%; 0 of 16 calls failed."
        assert panel.model.png.startswith(b"\x89PNG")
        assert "1: simple-shuffle 0:0:3" in panel.model.alt
        page = Tags(panel._repr_html_())
        assert page.rows[1][:5] == ["anthropic", "3", "none", "16", "16"]


def test_the_same_seed_sends_the_same_prompts(
    gateway: Gateway, providers: Providers, unchanged: Callable[[], None]
) -> None:
    with playground(gateway, providers, calls=12, openai=1) as panel:
        prompts = []
        for seed in (1, 1, 2):
            panel.model.seed = seed
            prompts.append(sorted(panel.send().journal["prompt"]))
    assert prompts[0] == prompts[1] != prompts[2]


def test_a_fault_strikes_its_deployment_alone(
    gateway: Gateway, providers: Providers, unchanged: Callable[[], None]
) -> None:
    with playground(gateway, providers, openai=1, azure=1) as panel:
        panel.model.faults = {"azure": "rate limit 429"}
        found = panel.send()
        refused = found.journal[found.journal["fault"].notna()]
        assert set(refused["deployment"]) == {"azure"}
        assert set(refused["status"]) == {429}
        assert set(found.calls["deployment"].dropna()) == {"openai"}
        assert found.calls["error"].isna().all(), "the other one answered in its place"


def test_strategies_are_the_gateways_and_another_is_refused(
    gateway: Gateway, providers: Providers, unchanged: Callable[[], None]
) -> None:
    # Among those that it knows no price of LiteLLM takes the first: the cheaper one is last.
    ours = dict(reversed(simulated_deployments(providers.url).items()))
    with RoutingPlayground(gateway, providers, deployments=ours, calls=16) as panel:
        strategies = find(panel.widget, "gk-strategy").options
        assert {"simple-shuffle", "least-busy", "cost-based-routing"} <= set(strategies)
        panel.model.strategy = "cost-based-routing"
        panel.model.weights = {"openai": 1, "azure": 0, "anthropic": 9}
        found = panel.send()
        assert set(found.calls["deployment"]) == {"openai"}, "the cheaper one, whatever the weights"
    with playground(gateway, providers, openai=1) as panel:
        panel.model.strategy = "by-the-stars"
        with pytest.raises(RequestRefusedError, match="There is no routing strategy 'by-the-stars'"):
            panel.send()
        unchanged()


def test_the_button_shows_progress_and_its_error_in_the_status_line(
    gateway: Gateway, providers: Providers, unchanged: Callable[[], None]
) -> None:
    with playground(gateway, providers, calls=8, openai=1) as panel:
        root = panel.widget
        said: list[str] = []
        panel.model.observe(lambda change: said.append(change["new"]), "status")
        find(root, "gk-send").click()
        panel.wait()
        assert "8 of 8 calls: simple-shuffle 1:0:0…" in said
        assert find(root, "gk-picture").value
        find(root, "gk-weight-openai").value = 0
        find(root, "gk-send").click()
        panel.wait()
        assert panel.model.error == "Every weight is 0, so no deployment can answer. Increase one of them."
        assert "Every weight is 0" in Tags(find(root, "gk-status-line").value).words


class Begun:
    """Says when a run has sent its first calls."""

    def __init__(self, panel: RoutingPlayground) -> None:
        self._event = threading.Event()
        panel.model.observe(lambda change: " of " in change["new"] and self._event.set(), "status")

    def wait(self) -> None:
        assert self._event.wait(PATIENCE_S)


def test_closing_stops_a_run_and_takes_it_back(
    gateway: Gateway, providers: Providers, unchanged: Callable[[], None]
) -> None:
    panel = playground(gateway, providers, calls=400, openai=1, azure=1)
    panel.model.faults = {"openai": "slow by 1 s"}
    begun = Begun(panel)
    find(panel.widget, "gk-send").click()
    begun.wait()
    assert len(providers.faults()) == 1
    panel.close()
    unchanged()
    assert panel.model.error == "The run was stopped."
    with pytest.raises(KitError, match="was closed"):
        panel.send()


def test_deleting_the_view_closes_the_playground(
    gateway: Gateway, providers: Providers, unchanged: Callable[[], None]
) -> None:
    panel = playground(gateway, providers, calls=400, openai=1)
    panel.model.faults = {"openai": "slow by 1 s"}
    begun = Begun(panel)
    find(panel.widget, "gk-send").click()
    begun.wait()
    panel.widget.close()
    unchanged()


def test_what_an_interruption_left_is_taken_back_when_nobody_holds_the_panel_any_more(
    gateway: Gateway, providers: Providers, unchanged: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    panel = playground(gateway, providers, openai=1)
    panel.model.faults = {"openai": "slow by 1 s"}
    # As if the Stop button was pressed twice: in the calls, and while they were taken back.
    monkeypatch.setattr("gateway_kit.widgets.playground_run._send", interrupted)
    undo, run_undo = panel._undo, panel._undo.run
    monkeypatch.setattr(undo, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        panel.send()
    monkeypatch.setattr(undo, "run", run_undo)
    assert len(providers.faults()) == 1
    assert [name for name in gateway.models.list()["deployment"] if name.startswith("playground-")]
    del panel
    gc.collect()
    unchanged()


def test_what_a_killed_program_left_is_removed_and_what_a_living_one_has_is_not(
    gateway: Gateway, own_model: Callable[..., str], stack_env: dict[str, str], unchanged: Callable[[], None]
) -> None:
    boot, ticks, pid = owner().split("-")
    params = {
        "model": "openai/gpt-4o-mini",
        "api_base": f"{stack_env['PROVIDERS_URL']}/v1",
        "api_key": "sim-x",
    }
    living = f"playground-{boot}-{ticks}-{pid}-1-openai"
    dead = f"playground-{boot}-{int(ticks) + 1}-{pid}-1-openai"
    elsewhere = f"playground-{'0' * 8}-{ticks}-{pid}-1-openai"
    for deployment in (living, dead, elsewhere):
        gateway.models.add("left-over", params, {"id": deployment})
    assert remove_leftovers(gateway) == 1
    left = set(gateway.models.list()["deployment"])
    assert {living, elsewhere} <= left
    assert dead not in left
    for deployment in (living, elsewhere):
        gateway.models.delete(deployment)


BEGIN_A_RUN = """
import threading
from gateway_kit import connect
from gateway_kit.widgets import RoutingPlayground

playground = RoutingPlayground(connect(), calls=400)
playground.model.faults = {"openai": "slow by 1 s"}
begun = threading.Event()
playground.model.observe(lambda change: " of " in change["new"] and begun.set(), "status")
playground._begin(playground.send)
assert begun.wait(120)
"""


def test_a_kernel_that_is_shut_down_takes_a_run_back(
    stack_env: dict[str, str], providers: Providers, unchanged: Callable[[], None]
) -> None:
    with kernel({**os.environ, **stack_env}) as notebook:
        notebook.run(BEGIN_A_RUN)
        assert len(providers.faults()) == 1
    unchanged()


def shown(dash: LiveDashboard, count: int) -> None:
    """Until the picture has so many calls."""
    seen = threading.Event()
    dash.model.observe(lambda _: dash.model.shown >= count and seen.set(), "png")
    if dash.model.shown < count:
        assert seen.wait(PATIENCE_S), dash


def test_the_dashboard_follows_the_calls_and_draws_in_a_process_of_its_own(
    gateway: Gateway, own_cache: dict[str, Any], unchanged: Callable[[], None]
) -> None:
    gateway.ask("What is a fallback?", **own_cache)
    with LiveDashboard(gateway.calls, by="cache") as dash:
        root = dash.widget
        gateway.ask("What is a fallback?", **own_cache)
        shown(dash, 2)
        assert isinstance(dash._renderer, ChildProcess)
        process = psutil.Process(dash._renderer.pid)
        assert process.pid != psutil.Process().pid
        assert "50% from the cache" in dash.model.status
        assert "hit" in dash.model.alt
        assert Tags(find(root, "gk-picture").value).attributes("img")[0]["alt"] == dash.model.alt
        # Its process is killed: it says so, and goes on with a new one.
        told: list[str] = []
        dash.model.observe(lambda change: told.append(change["new"]), "error")
        process.kill()
        gateway.ask("What is a fallback?", **own_cache)
        shown(dash, 3)
        assert any("has ended" in text for text in told)
        assert dash.model.error == ""
        last = psutil.Process(dash._renderer.pid)
        assert last.pid != process.pid
    assert not last.is_running()


def test_the_dashboard_of_the_spend_log(
    gateway: Gateway, fresh: dict[str, Any], unchanged: Callable[[], None]
) -> None:
    call = gateway.ask("What is a fallback?", **fresh).call
    with LiveDashboard(lambda: gateway.spend.wait_for([call.request_id]), by="key") as dash:
        assert dash.model.shown == 1
        assert f"{call.cost_usd:.6f} USD" in dash.model.status
        assert (dash.model.error, "n=1" in dash.model.alt) == ("", True)


def test_the_calculator_begins_with_the_gateways_prices(gateway: Gateway) -> None:
    with WhatIfCalculator(gateway.models.list(), models=["gpt-4o-mini", "claude-haiku-4-5"], prompt_tokens=1e6,
                          completion_tokens=0, calls_per_day=1) as calculator:  # fmt: skip
        known = gateway.models.list().drop_duplicates("model").set_index("model")
        price = known.loc["gpt-4o-mini", "input_usd_per_million"]
        assert calculator.model.input_usd["gpt-4o-mini"] == price
        costs = calculator.model.costs
        assert isinstance(costs, pd.DataFrame)
        assert costs["cost_usd"].sum() == pytest.approx(30 * price)


@pytest.fixture
def tracing(stack_env: dict[str, str]) -> Iterator[Tracing]:
    with connect_tracing(stack_env) as client:
        yield client


def test_the_explorer_finds_an_applications_trace_with_its_call(
    gateway: Gateway, tracing: Tracing, stack_env: dict[str, str], unchanged: Callable[[], None]
) -> None:
    tag, user = uuid.uuid4().hex, "<b>ann</b>"

    @observe(name="desk")
    def desk(question: str) -> str:
        with propagate_attributes(user_id=user, session_id=f"s-{tag}", tags=[tag], trace_name="help desk"):
            metadata = tracing.gateway_metadata()
            gateway.ask(question, extra_body={"cache": {"no-cache": True}, "metadata": metadata})
        return str(tracing.current_trace_id())

    trace_ids = [desk(question) for question in ("What is a fallback?", "What is a token?")]
    for trace_id in trace_ids:
        tracing.wait_for_trace(trace_id, observations=2)
    with TraceExplorer(tracing) as explorer:
        root = explorer.widget
        find(root, "gk-filter-tag").value = tag
        find(root, "gk-search").click()
        explorer.wait()
        assert [row["trace_id"] for row in explorer.model.rows] == trace_ids[::-1]
        assert explorer.model.error == ""
        find(root, "gk-trace-list").value = trace_ids[0]
        explorer.wait()
        page = Tags(find(root, "gk-tree").value)
        assert "What is a fallback?" in page.words
        assert page.deepest == 2, "the call hangs under the application's span"
        assert "b" not in {tag for tag, attrs in page.found if attrs}, "a user's name is text"
        link = page.attributes("a")[0]["href"]
        assert link == tracing.trace_url(trace_ids[0]) == tracing.client.get_trace_url(trace_id=trace_ids[0])
        assert explorer.search(user=user, session=f"s-{tag}", name="desk", tag="")
        assert explorer.search(level="ERROR", tag=tag, user="", session="", name="") == []
