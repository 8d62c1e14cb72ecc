"""The live dashboard: where its calls come from, its controls, pausing, errors; its process is tested in `stack`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import pytest
import traitlets
from ipywidgets.widgets.widget import _instances

from gateway_kit.gateway import Call, CallRecord
from gateway_kit.widgets import LiveDashboard
from gateway_kit.widgets import panel as panel_module
from gateway_kit.widgets.dashboard import panel as dashboard_panel
from gateway_kit.widgets.dashboard.renderer import DashboardRenderer
from gateway_kit.widgets.dashboard.sources import FunctionSource, RecordSource, TableSource, source_of
from tests.unit.widget_parts import Tags, find


def call(**more: Any) -> Call:
    facts = {"model": "a", "provider": "p", "status": 200, "latency_s": 0.5, "cost_usd": 0.25}
    return Call(**{"started": datetime.now(UTC), "kind": "chat", **facts, **more})


def record(*calls: Call, capacity: int = 100) -> CallRecord:
    made = CallRecord(capacity)
    for one in calls:
        made.add(one)
    return made


class InPlace(LiveDashboard):
    """A dashboard that draws where it is, so that these tests need no process."""

    def _go_live(self) -> None:
        self._watch.start()


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    before = set(_instances)
    yield
    assert set(_instances) == before
    assert not [t for t in threading.enumerate() if t.name.startswith("gateway-kit")]


def test_each_call_of_a_record_is_an_update_once() -> None:
    calls = record(call(model="a"))
    source = source_of(calls)
    assert isinstance(source, RecordSource)
    first = source.poll()
    assert first is not None
    assert (first.replaces_all, first.calls["model"].to_list()) == (True, ["a"])
    assert source.poll() is None
    calls.add(call(model="b"))
    second = source.poll()
    assert second is not None
    assert (second.replaces_all, second.calls["model"].to_list()) == (False, ["b"])
    calls.clear()
    calls.add(call(model="c"))
    third = source.poll()
    assert third is not None
    assert (third.replaces_all, third.calls["model"].to_list()) == (True, ["c"]), (
        "what was cleared is gone here too"
    )
    source.restart()
    again = source.poll()
    assert again is not None
    assert (again.replaces_all, len(again.calls)) == (True, 1)


def test_a_table_is_an_update_once() -> None:
    source = source_of(record(call()).frame())
    assert isinstance(source, TableSource)
    assert source.poll() is not None
    assert source.poll() is None
    source.restart()
    assert source.poll() is not None


def test_a_function_is_asked_each_time_and_is_an_update_if_its_table_changed() -> None:
    calls = record(call())
    source = source_of(calls.frame)
    assert isinstance(source, FunctionSource)
    assert source.poll() is not None
    assert source.poll() is None, "another table with the same rows"
    calls.add(call())
    update = source.poll()
    assert update is not None
    assert (update.replaces_all, len(update.calls)) == (True, 2)


def test_other_sources_raise_an_error_with_the_reason() -> None:
    with pytest.raises(
        ValueError, match=r"A dashboard needs gateway\.calls, a DataFrame of calls, or a function"
    ):
        source_of(42)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="These are not calls"):
        source_of(pd.DataFrame({"x": [1]}))


def test_it_draws_at_once_and_again_when_asked() -> None:
    calls = record(call())
    with LiveDashboard(calls) as dash:
        assert dash.model.shown == 1
        assert (
            dash.model.status
            == "1 call in all, too few for a p95, 0.250000 USD, 0.0% failed, 0% from the cache."
        )
        picture = dash.model.png
        calls.add(call(latency_s=2.0, error="boom"))
        dash.model.by, dash.model.percentile = "provider", 99
        assert dash.model.png == picture, "a trait asks nobody and draws nothing"
        dash.refresh()
        assert dash.model.shown == 2
        assert dash.model.png != picture
        assert "too few for a p99" in dash.model.status
        assert "50.0% failed" in dash.model.status
        assert "p99" in dash.model.alt


def test_a_window_ends_now_and_for_a_table_at_its_newest_call() -> None:
    old = datetime(2026, 1, 1, tzinfo=UTC)
    table = record(call(started=old), call(started=old.replace(hour=1))).frame()
    with LiveDashboard(record(call(started=old), call()), window_s=60.0) as dash:
        assert dash.model.shown == 1
    with LiveDashboard(table, window_s=60.0) as dash:
        assert dash.model.shown == 1


def test_invalid_choices_raise_an_error() -> None:
    with LiveDashboard(record()) as dash:
        for name, value in (("window_s", 7.0), ("percentile", 42), ("by", "colour")):
            with pytest.raises(traitlets.TraitError):
                setattr(dash.model, name, value)


def test_an_error_is_shown_until_the_next_success() -> None:
    with LiveDashboard(record(call()), by="tag") as dash:
        assert "needs the column tags" in dash.model.error
        assert "needs the column tags" in Tags(dash._repr_html_()).words
        with pytest.raises(ValueError, match="needs the column tags"):
            dash.refresh()
        dash.model.by = "model"
        dash.refresh()
        assert (dash.model.error, dash.model.shown) == ("", 1)


def waiting_for(dash: LiveDashboard, shown: int) -> None:
    """Until the picture has so many calls."""
    seen = threading.Event()
    dash.model.observe(lambda _: dash.model.shown >= shown and seen.set(), "png")
    if dash.model.shown < shown:
        assert seen.wait(120), dash
    assert dash.model.shown == shown


def test_on_the_page_it_follows_the_record_by_itself() -> None:
    calls = record(call())
    with InPlace(calls) as dash:
        root = dash.widget
        calls.add(call())
        waiting_for(dash, 2)
        assert Tags(find(root, "gk-picture").value).attributes("img")[0]["alt"] == dash.model.alt
        drawn = threading.Event()
        dash.model.observe(lambda _: drawn.set(), "png")
        find(root, "gk-percentile").value = 99
        assert drawn.wait(120)
        assert "p99" in dash.model.status
        status = Tags(find(root, "gk-status-line").value).attributes("div")[0]
        assert status["aria-live"] == "off", "nobody wants to hear each call"


def test_a_rendering_error_is_shown_until_it_is_fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dashboard_panel, "RENDER_S", 0.0)
    with InPlace(record(call())) as dash:
        control, told = find(dash.widget, "gk-by"), threading.Event()
        dash.model.observe(lambda _: told.set(), "error")
        control.value = "tag"
        assert told.wait(120)
        for _ in range(3):
            dash._watch.wake()
            assert dash._watch.wait(120)
            assert "needs the column tags" in dash.model.error
        told.clear()
        control.value = "key"
        assert told.wait(120)
        assert dash.model.error == ""


def test_while_paused_it_stands_still_and_then_catches_up() -> None:
    calls = record(call())
    with InPlace(calls) as dash:
        button = find(dash.widget, "gk-pause")
        button.value = True
        assert (dash.model.paused, button.description) == (True, "Resume")
        dash._watch.wait(120)
        calls.add(call())
        dash._watch.wake()
        dash._watch.wait(120)
        assert dash.model.shown == 1
        dash.resume()
        assert button.description == "Pause"
        waiting_for(dash, 2)


def test_an_error_of_the_function_is_shown_while_it_lasts() -> None:
    calls, broken = record(call()), [False]

    def give() -> pd.DataFrame:
        if broken[0]:
            raise OSError("the cable is out")
        return calls.frame()

    with InPlace(give) as dash:
        _ = dash.widget
        broken[0] = True
        told = threading.Event()
        dash.model.observe(lambda change: told.set(), "error")
        assert told.wait(120)
        assert dash.model.error == "OSError: the cable is out"
        assert dash.model.shown == 1, "the last picture stays"
        told.clear()
        broken[0] = False
        calls.add(call())
        waiting_for(dash, 2)
        assert told.wait(120)
        assert dash.model.error == ""


def test_an_executed_notebook_shows_the_calls_when_the_cell_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panel_module, "is_batch_kernel", lambda: True)
    calls = record(call())
    with LiveDashboard(calls) as dash:
        calls.add(call())
        bundle = dash._repr_mimebundle_()
        assert set(bundle) == {"text/html", "text/plain"}
        assert "2 calls in all" in bundle["text/html"]
        assert isinstance(dash._renderer, DashboardRenderer), "no process for a picture"


def test_it_can_be_closed_twice() -> None:
    dash = LiveDashboard(record(call()))
    dash.close()
    dash.close()
    assert dash.closed
