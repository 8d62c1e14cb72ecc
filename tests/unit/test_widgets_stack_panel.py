"""The stack panel on a state folder in which nothing runs, and on a stack that only says what it would do."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ipywidgets.widgets.widget import _instances

from gateway_kit.common.processes import birth
from gateway_kit.errors import ServiceError, SettingsError
from gateway_kit.stack.options import Options
from gateway_kit.stack.stack import Progress, Stack
from gateway_kit.stack.supervisor.process import ProcessRecord
from gateway_kit.stack.supervisor.record import ServiceRecord, StackRecord
from gateway_kit.widgets import StackPanel
from gateway_kit.widgets.quiet_watch import QuietWatch
from gateway_kit.widgets.stack_panel import services_html, summary_text, uptime_text
from tests.unit.widget_parts import Tags, find

HOSTILE = "<script>alert(1)</script>"
Notify = Callable[[Progress], None]


class Telling(Stack):
    """A stack that writes down what it is asked to do, and does nothing; `broken` is what it raises."""

    def __init__(self, home: Path) -> None:
        super().__init__({"GATEWAY_HOME": str(home)})
        self.asked: list[tuple[Any, ...]] = []
        self.threads: list[str] = []
        self.broken: Exception | None = None
        # As after `up --port-offset 300`: a process that has ended is a service that is dead.
        gone = ServiceRecord(ProcessRecord(2**22 + 1, "never"), 6679, "redis://127.0.0.1:6679/0", "8", "id")
        self.kept = StackRecord(port_offset=300, workers=2, answers="/a/file.jsonl", services={"redis": gone})

    def record(self) -> StackRecord:
        return self.kept

    def _do(self, *what: Any, notify: Notify, steps: tuple[Progress, ...] = ()) -> None:
        self.asked.append(what)
        self.threads.append(threading.current_thread().name)
        for step in steps:
            notify(step)
        if self.broken:
            raise self.broken

    def up(self, options: Options, notify: Notify = lambda _: None) -> None:
        self._do(
            "up",
            options,
            notify=notify,
            steps=(Progress("redis", "starting"), Progress("redis", "ready", 0.25)),
        )

    def down(self, notify: Notify = lambda _: None, *, keep: Collection[str] = ()) -> list[str]:
        self._do("down", tuple(keep), notify=notify, steps=(Progress("redis", "stopped", 0.5),))
        self.kept = StackRecord()
        return []

    def stop(self, name: str, notify: Notify = lambda _: None) -> None:
        self._do("stop", name, notify=notify)

    def restart(self, name: str, notify: Notify = lambda _: None) -> None:
        self._do("restart", name, notify=notify)


@pytest.fixture
def stack(tmp_path: Path) -> Telling:
    return Telling(tmp_path)


@pytest.fixture
def panel(stack: Telling) -> Iterator[StackPanel]:
    before = set(_instances)
    with StackPanel(stack) as made:
        yield made
    assert set(_instances) == before
    assert not [t for t in threading.enumerate() if t.name.startswith("gateway-kit")]


AGAIN = Options(
    port_offset=300, tracing="embedded", workers=2, semantic=False, answers="/a/file.jsonl", replicas=1
)


def test_each_service_has_a_row(panel: StackPanel) -> None:
    table = Tags(find(panel.widget, "gk-services").value)
    assert table.rows[0] == ["service", "state", "address", "up for", "memory"]
    rows = {row[0]: row for row in table.rows[1:]}
    assert list(rows) == ["gateway", "redis", "postgres", "tracing", "providers", "chat-model", "embeddings",
                          "semantic", "lab"]  # fmt: skip
    assert rows["redis"][1:3] == ["dead", "redis://127.0.0.1:6679/0"]
    assert rows["gateway"][1:3] == ["stopped", "http://127.0.0.1:4300"]
    assert "http://127.0.0.1:4300" in [link["href"] for link in table.attributes("a")]
    assert panel.model.status == (
        "0 services run; stopped: gateway, postgres, tracing, providers, chat-model, embeddings; dead: redis."
    )
    assert "redis" in Tags(panel._repr_html_()).words


def test_a_stop_needs_a_confirmation(panel: StackPanel, stack: Telling) -> None:
    root = panel.widget
    question = find(root, "gk-question")
    chosen = find(root, "gk-service")
    chosen.value = "redis"
    find(root, "gk-stop").click()
    panel.wait()
    assert stack.asked == []
    assert "Stop redis? Its data stays." in question.value
    find(root, "gk-stop-no").click()
    panel.wait()
    find(root, "gk-stop-yes").click()
    panel.wait()
    assert stack.asked == [], "no is no"
    find(root, "gk-stop").click()
    panel.wait()
    find(root, "gk-stop-yes").click()
    panel.wait()
    assert stack.asked == [("stop", "redis")]
    assert panel.model.asking == ""


def test_choosing_another_service_cancels_the_question(panel: StackPanel, stack: Telling) -> None:
    root = panel.widget
    find(root, "gk-stop").click()
    panel.wait()
    assert "the whole stack" in panel.model.asking
    find(root, "gk-service").value = "redis"
    assert panel.model.asking == ""
    find(root, "gk-stop-yes").click()
    panel.wait()
    assert stack.asked == []


def test_the_question_is_visible_only_while_it_is_asked(panel: StackPanel) -> None:
    box = next(part for part in panel.widget.children if find_in(part, "gk-stop-yes"))
    assert box.layout.display == "none"
    panel.ask_stop()
    assert box.layout.display is None
    panel.cancel_stop()
    assert box.layout.display == "none"


def find_in(part: Any, css_class: str) -> bool:
    return any(css_class in child._dom_classes for child in getattr(part, "children", ()))


def test_the_buttons_act_on_the_chosen_service_and_keep_the_stacks_options(
    panel: StackPanel, stack: Telling
) -> None:
    root = panel.widget
    find(root, "gk-start").click()
    panel.wait()
    find(root, "gk-restart").click()
    panel.wait()
    find(root, "gk-service").value = "redis"
    find(root, "gk-restart").click()
    panel.wait()
    assert stack.asked == [("up", AGAIN), ("down", ("lab",)), ("up", AGAIN), ("restart", "redis")]
    assert set(stack.threads) == {"gateway-kit StackPanel jobs"}


def test_the_list_follows_the_replicas_that_there_are(panel: StackPanel, stack: Telling) -> None:
    chosen = find(panel.widget, "gk-service")
    assert "gateway" in dict(chosen.options)
    stack.kept = replace(stack.kept, replicas=2)
    panel.refresh()
    names = [name for _, name in chosen.options]
    assert names[:4] == ["", "balancer", "gateway-1", "gateway-2"]
    assert "gateway" not in names
    assert not {"lab"} & {*names}
    chosen.value = "gateway-2"
    panel.refresh()
    assert panel.model.service == "gateway-2", "the same replicas change nothing"


def test_a_stack_that_was_stopped_here_starts_as_the_same(panel: StackPanel, stack: Telling) -> None:
    panel.stop("")
    assert stack.record().port_offset == 0, "`down` forgets"
    panel.start()
    assert stack.asked == [("down", ("lab",)), ("up", AGAIN)]


def test_progress_is_shown_per_service(panel: StackPanel, stack: Telling) -> None:
    seen: list[dict[str, str]] = []
    panel.model.observe(lambda change: seen.append(change["new"]), "progress")
    panel.start()
    assert seen == [{}, {"redis": "starting"}, {"redis": "ready after 0.2 s"}]
    assert Tags(find(panel.widget, "gk-progress").value).rows == [
        ["service", "state"],
        ["redis", "ready after 0.2 s"],
    ]


def test_an_error_of_an_action_stays_until_the_next_one(panel: StackPanel, stack: Telling) -> None:
    root = panel.widget
    stack.broken = ServiceError("redis", "ended during its start", log_path=Path("/log"), log_tail=HOSTILE)
    find(root, "gk-start").click()
    panel.wait()
    assert panel.model.error.startswith("redis ended during its start.")
    panel._look()
    assert panel.model.error, "looking again does not take it away"
    shown = Tags(find(root, "gk-status-line").value)
    assert HOSTILE in shown.words
    with pytest.raises(ServiceError):
        panel.start()
    stack.broken = None
    panel.start()
    assert panel.model.error == ""


def test_a_refresh_error_is_shown_until_the_next_success(stack: Telling, tmp_path: Path) -> None:
    class Blind(Telling):
        blind = True

        def record(self) -> StackRecord:
            if self.blind:
                raise SettingsError("GATEWAY_HOME", "x", "cannot be read")
            return super().record()

    blind = Blind(tmp_path)
    with StackPanel(blind) as panel:
        assert panel.model.error == "GATEWAY_HOME='x': cannot be read"
        panel._look()
        blind.blind = False
        panel._look()
        assert panel.model.error == ""
        assert panel.model.rows


def test_the_chosen_services_last_lines_are_shown(panel: StackPanel, stack: Telling) -> None:
    log = stack.settings().log_path("redis")
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("".join(f"line {n}\n" for n in range(50)) + HOSTILE + "\n")
    assert panel.model.log == ""
    panel.model.service = "redis"
    panel.refresh()
    assert panel.model.log.splitlines() == [*(f"line {n}" for n in range(31, 50)), HOSTILE]
    shown = find(panel.widget, "gk-log").value
    assert "script" not in Tags(shown).names()
    assert Tags(shown).attributes("div")[0]["aria-label"] == "Last lines of redis's log"
    panel.model.service = ""
    panel.refresh()
    assert find(panel.widget, "gk-log").value == ""


def test_choosing_a_service_reads_its_log_in_the_thread(panel: StackPanel, stack: Telling) -> None:
    log = stack.settings().log_path("redis")
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("here\n")
    read = threading.Event()
    panel.model.observe(lambda _: read.set(), "log")
    find(panel.widget, "gk-service").value = "redis"
    assert read.wait(120)
    assert panel.model.log == "here"


def test_a_real_stack_does_not_stop_what_it_did_not_start(tmp_path: Path) -> None:
    with StackPanel(Stack({"GATEWAY_HOME": str(tmp_path)})) as panel:
        for act in (panel.stop, panel.restart):
            with pytest.raises(SettingsError, match="was not started by the kit"):
                act("redis")
            assert "was not started by the kit" in panel.model.error
        panel.stop("")
        assert panel.model.error == ""


@pytest.mark.parametrize(
    ("uptime_s", "said"),
    [
        (None, ""),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h 00 min"),
        (90_061, "25 h 01 min"),
    ],
)
def test_an_uptime_in_words(uptime_s: float | None, said: str) -> None:
    assert uptime_text(uptime_s) == said


def test_a_row_says_what_runs_and_in_how_much_memory() -> None:
    row = {"service": "gateway", "state": "running", "url": "javascript:x", "uptime_s": 61.0, "rss_mb": 403.4}
    table = Tags(services_html([row]))
    assert table.rows[1] == ["gateway", "running", "javascript:x", "1 min", "403 MB"]
    assert table.attributes("a") == []
    assert "Services, 403 MB in all" in table.words
    assert summary_text([row]) == "1 service runs."


def test_it_can_be_closed_twice(panel: StackPanel) -> None:
    panel.close()
    panel.close()
    assert panel.closed


def test_a_panel_looks_closely_again_when_a_process_begins_or_ends(
    panel: StackPanel, stack: Telling, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []
    clock = [0.0]
    monkeypatch.setattr(panel, "_look", lambda: looks.append(clock[0]))
    monkeypatch.setattr(panel, "_quiet", QuietWatch(lambda: clock[0]))

    def look_at(now_s: float) -> bool:
        looks.clear()
        clock[0] = now_s
        panel._tick()
        return bool(looks)

    assert [look_at(now_s) for now_s in (1.0, 61.0, 63.0, 65.0)] == [True, True, False, False]
    with subprocess.Popen(["sleep", "600"]) as started:
        process = ProcessRecord(started.pid, birth(started.pid))
        running = ServiceRecord(process, 4300, "http://127.0.0.1:4300", "1", "id")
        stack.kept = stack.kept.with_service("gateway", running)
        assert [look_at(now_s) for now_s in (67.0, 127.0, 129.0)] == [True, True, False]
        started.kill()
    assert look_at(131.0)
