"""What every panel does: follow its model, tell errors, stand still where no widgets are shown, and end cleanly."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import ipywidgets
import pytest
import traitlets
from ipywidgets.widgets.widget import _instances

from gateway_kit.errors import KitError
from gateway_kit.widgets import panel as panel_module
from gateway_kit.widgets.markup import (
    Html,
    link_html,
    picture_html,
    shortened,
    status_html,
    table_html,
    text_html,
)
from gateway_kit.widgets.panel import Panel, PanelModel
from gateway_kit.widgets.undo import Undo
from gateway_kit.widgets.view import View
from tests.unit.widget_parts import Tags, find, parts_of

HOSTILE = '<img src=x onerror="alert(1)"></pre><script>alert(2)</script>'
PNG = b"\x89PNG not a picture"


class CounterModel(PanelModel):
    count = traitlets.Int(0)
    weights = traitlets.Dict()


class Counter(Panel):
    """The smallest panel there can be."""

    heading = "A counter"
    css_class = "gk-counter"
    model: CounterModel

    def __init__(self) -> None:
        super().__init__(CounterModel())
        self.turned = threading.Event()
        self.where: list[str] = []
        self.watch = self._new_worker("watch", tick=self.turn, every_s=0.01)

    def turn(self) -> None:
        self.turned.set()

    def count_up(self) -> None:
        with self._reporting("Counting…"):
            self.where.append(threading.current_thread().name)
            self.model.count += 1

    def fail(self) -> None:
        with self._reporting("Failing…"):
            raise KitError(HOSTILE)

    def crash(self) -> None:
        raise ZeroDivisionError("nobody expected this")

    def _parts(self, view: View) -> Sequence[ipywidgets.Widget]:
        self.watch.start()
        return (
            view.bind("count", ipywidgets.IntSlider(description="Count"), "gk-count"),
            view.bind_item("weights", "a", ipywidgets.IntSlider(description="a"), "gk-weight"),
            *(view.button(name, getattr(self, name), f"gk-{name}", tooltip=f"To {name}") for name in BUTTONS),
            view.picture(),
        )

    def _static_html(self) -> str:
        return f"<p>{self.model.count}</p>{self._picture_html()}"


BUTTONS = ("count_up", "fail", "crash")


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    before = set(_instances)
    yield
    assert set(_instances) == before, "widgets, layouts or styles are left"
    assert [t.name for t in threading.enumerate() if t.name.startswith("gateway-kit")] == []


@pytest.fixture
def counter() -> Iterator[Counter]:
    with Counter() as made:
        yield made


def test_the_view_follows_the_model_and_the_model_the_view(counter: Counter) -> None:
    slider = find(counter.widget, "gk-count")
    counter.model.count = 7
    assert slider.value == 7
    slider.value = 9
    assert counter.model.count == 9
    weight = find(counter.widget, "gk-weight")
    weight.value = 3
    assert counter.model.weights == {"a": 3}
    counter.model.weights = {"a": 5, "b": 1}
    assert weight.value == 5
    weight.value = 6
    assert counter.model.weights == {"a": 6, "b": 1}


def test_a_button_calls_its_method_in_the_panels_thread(counter: Counter) -> None:
    find(counter.widget, "gk-count_up").click()
    counter.wait()
    assert counter.model.count == 1
    assert counter.where == ["gateway-kit Counter jobs"]
    counter.count_up()
    assert counter.where[-1] == threading.current_thread().name, "called by a program it works at once"


def test_buttons_are_disabled_during_an_action(counter: Counter) -> None:
    button = find(counter.widget, "gk-count_up")
    seen = []
    counter.model.observe(lambda change: seen.append((change["new"], button.disabled)), "busy")
    counter.count_up()
    assert [busy for busy, _ in seen] == [True, False]
    assert button.disabled is False
    counter.model.busy = True
    assert button.disabled is True


@pytest.mark.parametrize(
    ("button", "said"), [("gk-fail", HOSTILE), ("gk-crash", "ZeroDivisionError: nobody expected this")]
)
def test_a_buttons_error_is_on_the_model_and_in_the_status_line(
    counter: Counter, button: str, said: str
) -> None:
    counter.model.status = "All was well."
    find(counter.widget, button).click()
    counter.wait()
    assert counter.model.error == said
    assert counter.model.busy is False
    line = Tags(find(counter.widget, "gk-status-line").value)
    assert [attrs["role"] for _, attrs in line.found if "role" in attrs] == ["status", "alert"]
    assert line.attributes("div")[0]["aria-live"] == "polite"
    assert {"img", "script"} & line.names() == set()
    for shown in (counter._repr_html_(), repr(counter)):
        assert "All was well." in shown
    assert "script" not in Tags(counter._repr_html_()).names()
    find(counter.widget, "gk-count_up").click()
    assert counter.wait().model.error == "", "the next thing that goes well clears it"


def test_a_method_raises_its_error(counter: Counter) -> None:
    with pytest.raises(KitError, match="onerror"):
        counter.fail()
    assert counter.model.error == HOSTILE


def test_every_part_can_be_found_and_every_control_has_a_label(counter: Counter) -> None:
    root = counter.widget
    assert {"gk-panel", "gk-counter"} <= set(root._dom_classes)
    heading = Tags(root.children[0].value)
    assert heading.found[0] == ("h3", {"class": "gk-heading", "style": "margin:0 0 8px"})
    for part in parts_of(root):
        if isinstance(part, ipywidgets.Button):
            assert part.description
            assert part.tooltip
        assert any(name.startswith("gk-") for name in part._dom_classes) or part is root


def test_the_figure_has_a_text_alternative(counter: Counter) -> None:
    picture = find(counter.widget, "gk-picture")
    assert picture.value == ""
    counter.model.alt = f"Bars {HOSTILE}"
    counter.model.png = PNG
    for html in (picture.value, counter._repr_html_()):
        images = [attrs for tag, attrs in Tags(html).found if tag == "img"]
        assert [image["alt"] for image in images] == [f"Bars {HOSTILE}"]
        assert str(images[0]["src"]).startswith("data:image/png;base64,")


def test_an_executed_notebook_gets_only_the_static_view(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = "application/vnd.jupyter.widget-view+json"
    bundle = counter._repr_mimebundle_()
    assert bundle[view]["model_id"] == counter.widget.model_id
    assert bundle["text/html"] == counter._repr_html_()
    assert bundle["text/plain"] == repr(counter)
    monkeypatch.setattr(panel_module, "is_batch_kernel", lambda: True)
    assert set(counter._repr_mimebundle_()) == {"text/html", "text/plain"}


def test_a_closed_panel_keeps_its_last_view() -> None:
    counter = Counter()
    root = counter.widget
    assert counter.turned.wait(120)
    counter.model.count = 5
    seen: list[Any] = []
    counter.model.observe(lambda change: seen.append(change["new"]), "count")
    counter.close()
    counter.close()
    assert root.comm is None
    assert set(counter._repr_mimebundle_()) == {"text/html", "text/plain"}
    assert "<p>5</p>" in counter._repr_html_()
    counter.model.count = 6
    assert seen == [6], "a program's own observers stay"
    with pytest.raises(KitError, match="closed"):
        _ = counter.widget


def test_closing_the_view_closes_the_panel() -> None:
    counter = Counter()
    counter.widget.close()
    assert counter.closed


def test_waiting_has_an_end(counter: Counter) -> None:
    gate = threading.Event()
    counter._begin(lambda: gate.wait(120))
    with pytest.raises(KitError, match="still busy after 0 s"):
        counter.wait(0.0)
    gate.set()
    counter.wait()


def test_changes_are_undone_once_in_reverse_order() -> None:
    undo, done = Undo(), []
    for name in ("one", "two", "three"):
        undo.add(name, lambda name=name: done.append(name))
    assert undo.run() == []
    assert done == ["three", "two", "one"]
    assert undo.run() == []
    assert done == ["three", "two", "one"]


def test_a_failed_step_does_not_stop_the_others_and_is_tried_again() -> None:
    undo, done, broken = Undo(), [], [KitError("not yet")]

    def stubborn() -> None:
        if broken:
            raise broken.pop()
        done.append("stubborn")

    undo.add("first", lambda: done.append("first"))
    undo.add("the stubborn one", stubborn)
    assert undo.run() == ["the stubborn one: not yet"]
    assert done == ["first"]
    assert len(undo) == 1
    assert undo.run() == []
    assert done == ["first", "stubborn"]


def test_an_interruption_loses_no_step() -> None:
    undo, done, interrupted = Undo(), [], [KeyboardInterrupt()]

    def slow() -> None:
        if interrupted:
            raise interrupted.pop()
        done.append("slow")

    undo.add("first", lambda: done.append("first"))
    undo.add("slow", slow)
    with pytest.raises(KeyboardInterrupt):
        undo.run()
    assert undo.run() == []
    assert done == ["slow", "first"]


def test_markup_escapes_everything_but_html() -> None:
    for html in (
        status_html(HOSTILE, HOSTILE),
        table_html(HOSTILE, [HOSTILE], [[HOSTILE, HOSTILE]]),
        text_html(HOSTILE, HOSTILE),
        picture_html(PNG, HOSTILE),
        link_html(f"http://127.0.0.1/{HOSTILE}", HOSTILE),
    ):
        tags = Tags(html)
        assert "script" not in tags.names()
        assert not any("onerror" in attrs for _, attrs in tags.found)
    assert "<b>" in table_html("", ["a"], [[Html("<b>x</b>")]])


def test_only_a_web_address_becomes_a_link() -> None:
    assert Tags(link_html("https://127.0.0.1/x", "x")).found[0][1]["rel"] == "noopener"
    assert link_html("javascript:alert(1)", "x & y") == "x &amp; y"


def test_a_long_text_says_what_was_left_out() -> None:
    assert shortened("abc", 3) == "abc"
    assert shortened("abcdef", 3) == "abc… (3 more characters)"
    assert shortened({"a": "ä", "b": {1, 2} - {2}}, 100) == '{\n "a": "ä",\n "b": "{1}"\n}'


def test_a_table_says_what_its_rows_and_columns_are() -> None:
    tags = Tags(table_html("Services", ["service", "state"], [["redis", "running"]]))
    assert [attrs.get("scope") for tag, attrs in tags.found if tag == "th"] == ["col", "col", "row"]
    assert "caption" in tags.names()
