"""The rehearsal panel: choices of files, a run that is followed and stopped, and its results side by side."""

from __future__ import annotations

import inspect
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ipywidgets
import pytest
from ipywidgets.widgets.widget import _instances

from gateway_kit import rehearsal as rehearsal_room
from gateway_kit.common.polling import poll_until
from gateway_kit.errors import KitError
from gateway_kit.rehearsal import run
from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.result import Rehearsal
from gateway_kit.rehearsal.run_folder import Progress
from gateway_kit.widgets import RehearsalPanel
from gateway_kit.widgets.rehearsal_files import choices_in, rehearsals_in
from gateway_kit.widgets.rehearsal_model import speed_of
from gateway_kit.widgets.rehearsal_view import duration_text, progress_text
from tests.unit.rehearsal_made import Made, made_rehearsal
from tests.unit.widget_parts import Tags, find


class Rehearsed:
    """In place of `rehearse`: writes the folder of a run, and says how far it is until it may end."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.go = threading.Event()
        self.go.set()
        self.fails: Exception | None = None
        self.begun = True

    def __call__(
        self, config: str, traffic: str, *, out: Path, progress: Callable[..., None], **options: Any
    ) -> Any:
        # The real one takes these arguments.
        inspect.signature(run.rehearse).bind(config, traffic, out=out, progress=progress, **options)
        self.asked.append((config, traffic, options))
        if self.fails is not None:
            raise self.fails
        ended = "complete"
        try:
            progress(Progress("candidate", "replaying the calls", 120, 3, 300, 130.0, 9.0))
            while not self.go.wait(0.01):
                progress(Progress("candidate", "replaying the calls", 121, 3, 300, None, 9.0))
        except KeyboardInterrupt:
            if not self.begun:
                raise
            ended = "interrupted"
        against = Made(60) if options["against"] else None
        made_rehearsal(out, Made(60, failing=0.2, ended=ended), against)
        (out / "report.html").write_text("<h1>A report</h1>")
        return Rehearsal.read(out)


@pytest.fixture
def rehearsed(monkeypatch: pytest.MonkeyPatch) -> Rehearsed:
    made = Rehearsed()
    monkeypatch.setattr(rehearsal_room, "rehearse", made, raising=False)
    return made


@pytest.fixture
def panel(rehearsed: Rehearsed, tmp_path: Path) -> Iterator[RehearsalPanel]:
    before = set(_instances)
    with RehearsalPanel("new.yaml", "calls.jsonl", folder=tmp_path, out=tmp_path / "out", limit=60) as made:
        yield made
    assert set(_instances) == before, "widgets are left on the page"
    assert not [thread for thread in threading.enumerate() if "RehearsalPanel" in thread.name]


def press(panel: RehearsalPanel, css_class: str) -> None:
    find(panel.widget, css_class).click()


def wait_for(condition: Callable[[], bool]) -> None:
    _, happened = poll_until(condition, timeout_s=120, pause_s=0.01)
    assert happened


def test_what_is_chosen_is_rehearsed_and_shown(panel: RehearsalPanel, rehearsed: Rehearsed) -> None:
    find(panel.widget, "gk-against").value = "production.yaml"
    find(panel.widget, "gk-speed").value = "60"
    press(panel, "gk-rehearse")
    panel.wait()
    assert panel.model.error == ""
    assert rehearsed.asked == [
        (
            "new.yaml",
            "calls.jsonl",
            {"speed": 60.0, "against": ["production.yaml"], "story": None, "limit": 60},
        )
    ]
    assert "is shown. Its report: " in panel.model.status
    tags = Tags(panel.model.groups)
    assert tags.rows[0][:5] == [
        "model",
        "candidate, calls",
        "baseline, calls",
        "candidate, failed",
        "baseline, failed",
    ]
    assert {row[0] for row in tags.rows[1:]} == {"gpt-4o", "mini", "claude"}
    assert sum(int(row[1]) for row in tags.rows[1:]) == sum(int(row[2]) for row in tags.rows[1:]) == 60
    assert "failed calls" in Tags(panel.model.comparison).words
    assert [row[1] for row in Tags(panel.model.result).rows] == [
        "configuration",
        "candidate.yaml",
        "against.yaml",
    ]
    assert "More calls fail than with the baseline" in Tags(panel.model.result).words
    assert panel.model.png


def test_progress_is_shown_and_not_read_aloud(panel: RehearsalPanel, rehearsed: Rehearsed) -> None:
    assert panel.widget is not None
    rehearsed.go.clear()
    press(panel, "gk-rehearse")
    wait_for(lambda: panel.model.progress is not None and panel.model.progress.made == 121)
    assert panel.model.status.startswith("candidate: replaying the calls, 121 of 300 calls, 3 failed")
    shown = find(panel.widget, "gk-progress").value
    assert '<progress value="121" max="300" aria-label="calls made"' in shown
    assert panel.model.status in shown
    assert panel.model.quiet
    assert find(panel.widget, "gk-config").disabled
    assert find(panel.widget, "gk-rehearse").disabled
    assert not find(panel.widget, "gk-stop").disabled
    rehearsed.go.set()
    panel.wait()
    assert not panel.model.quiet
    assert find(panel.widget, "gk-progress").value == ""
    assert find(panel.widget, "gk-stop").disabled
    assert not find(panel.widget, "gk-config").disabled


def test_stop_keeps_what_was_made(panel: RehearsalPanel, rehearsed: Rehearsed) -> None:
    rehearsed.go.clear()
    press(panel, "gk-rehearse")
    wait_for(lambda: panel.model.progress is not None)
    press(panel, "gk-stop")
    panel.wait()
    assert "which was broken off: it shows what was made until then" in panel.model.status
    assert panel.model.png
    # The next one runs to its end.
    rehearsed.go.set()
    press(panel, "gk-rehearse")
    panel.wait()
    assert "broken off" not in panel.model.status


def test_stop_before_the_first_call_says_so(panel: RehearsalPanel, rehearsed: Rehearsed) -> None:
    rehearsed.go.clear()
    rehearsed.begun = False
    press(panel, "gk-rehearse")
    wait_for(lambda: panel.model.progress is not None)
    press(panel, "gk-stop")
    panel.wait()
    assert panel.model.error == "The rehearsal was stopped before its first call, so nothing came out"
    assert not panel.model.busy


def test_closing_ends_a_rehearsal(panel: RehearsalPanel, rehearsed: Rehearsed) -> None:
    rehearsed.go.clear()
    press(panel, "gk-rehearse")
    wait_for(lambda: panel.model.progress is not None)
    panel.close()
    assert not panel.model.busy
    with pytest.raises(KitError, match="was closed"):
        panel.rehearse()


def test_an_error_is_shown_and_by_code_raised(panel: RehearsalPanel, rehearsed: Rehearsed) -> None:
    rehearsed.fails = RehearsalError("config.yaml:7 has a mistake")
    press(panel, "gk-rehearse")
    panel.wait()
    assert panel.model.error == "config.yaml:7 has a mistake"
    assert "config.yaml:7 has a mistake" in panel._repr_html_()
    with pytest.raises(RehearsalError, match=r"config\.yaml:7"):
        panel.rehearse()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [("config", " ", "Choose a configuration first"), ("traffic", "", "Choose a log of calls first"),
     ("speed", "fast", "The speed 'fast' is none: a number above 0, as logged or max")],
)  # fmt: skip
def test_what_is_missing_is_named_before_anything_starts(
    panel: RehearsalPanel, rehearsed: Rehearsed, field: str, value: str, said: str
) -> None:
    find(panel.widget, f"gk-{field}").value = value
    press(panel, "gk-rehearse")
    panel.wait()
    assert said in panel.model.error
    assert rehearsed.asked == []


def test_runs_of_several_rehearsals_are_compared_and_shown_again(panel: RehearsalPanel) -> None:
    shown = find(panel.widget, "gk-shown")
    panel.rehearse()
    first = panel.model.shown
    assert panel.model.rehearsals == ""
    panel.model.against = "old.yaml"
    panel.rehearse()
    rows = Tags(panel.model.rehearsals).rows
    assert [row[1] for row in rows] == ["run", "candidate", "candidate", "baseline"]
    assert shown.value == panel.model.shown != first
    assert [value for _, value in shown.options] == ["", panel.model.shown, first]
    shown.value = first
    panel.wait()
    assert "baseline" not in panel.model.groups
    assert Path(first).name in panel.model.status


def test_a_chart_and_a_table_are_chosen(panel: RehearsalPanel) -> None:
    assert panel.widget is not None
    panel.rehearse()
    chart, by = find(panel.widget, "gk-chart"), find(panel.widget, "gk-by")
    assert chart.value == panel.model.chart
    earlier = panel.model.png
    chart.value = "Why calls failed"
    assert panel.model.png != earlier
    assert panel.model.alt.startswith("Failed calls: candidate ")
    by.value = "team"
    assert {row[0] for row in Tags(panel.model.groups).rows[1:]} == {"shop", "support", "search"}
    by.value = "cause"
    assert Tags(panel.model.groups).rows[1][0] == "key_limit"
    kept = panel.model.chart
    panel.open(panel.model.shown)
    assert panel.model.chart == kept


def test_the_report_opens_in_a_frame_that_runs_nothing(panel: RehearsalPanel) -> None:
    press(panel, "gk-open-report")
    panel.wait()
    assert panel.model.error == "There is no report yet. Rehearse first"
    panel.rehearse()
    press(panel, "gk-open-report")
    panel.wait()
    (frame,) = Tags(find(panel.widget, "gk-report").value).attributes("iframe")
    assert frame["sandbox"] == ""
    assert find(panel.widget, "gk-open-report").description == "Close the report"
    assert frame["title"] == "report of the rehearsal"
    assert frame["srcdoc"] == (Path(panel.model.shown) / "report.html").read_text()
    press(panel, "gk-open-report")
    panel.wait()
    assert find(panel.widget, "gk-report").value == ""
    assert find(panel.widget, "gk-open-report").description == "Open the report"


def test_without_widgets_the_choice_and_the_results_are_shown(panel: RehearsalPanel) -> None:
    panel.rehearse()
    html = panel._repr_html_()
    assert "config: new.yaml · traffic: calls.jsonl · speed: as logged" in Tags(html).words
    assert panel.model.groups in html
    assert 'alt="' in html
    assert "<iframe" not in html
    assert repr(panel).startswith("RehearsalPanel: rehearsal-")


def test_earlier_rehearsals_of_the_folder_can_be_opened(rehearsed: Rehearsed, tmp_path: Path) -> None:
    made_rehearsal(tmp_path / "out" / "rehearsal-1", Made(30))
    with RehearsalPanel(out=tmp_path / "out") as panel:
        assert find(panel.widget, "gk-shown").value == ""
        find(panel.widget, "gk-shown").value = str(tmp_path / "out" / "rehearsal-1")
        panel.wait()
        assert panel.model.status.startswith("rehearsal-1 is shown")
        press(panel, "gk-open-report")
        panel.wait()
        assert "report.html" in panel.model.error
        with pytest.raises(RehearsalError, match=r"There is no folder"):
            panel.open(tmp_path / "nowhere")


def test_the_files_of_a_folder_are_offered_by_what_they_are(panel: RehearsalPanel, tmp_path: Path) -> None:
    (tmp_path / "day").mkdir()
    for name, text in {
        "config.yaml": "# ours\nmodel_list:\n", "story.yml": '- at: "00:10"\n  fault: slow\n', "other.yaml": "a: 1\n",
        "calls.jsonl": "", "day/old.csv.gz": "", "notes.txt": "", ".hidden.yaml": "model_list:",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text)
    found = choices_in(tmp_path)
    assert found.configs == (str(tmp_path / "config.yaml"),)
    assert found.stories == (str(tmp_path / "story.yml"),)
    assert found.traffic == (str(tmp_path / "calls.jsonl"), str(tmp_path / "day" / "old.csv.gz"))
    assert choices_in(tmp_path / "nowhere").configs == ()
    config = find(panel.widget, "gk-config")
    assert isinstance(config, ipywidgets.Combobox)
    find(panel.widget, "gk-folder").value = str(tmp_path / "day")
    assert config.options == ()
    assert find(panel.widget, "gk-traffic").options == (str(tmp_path / "day" / "old.csv.gz"),)
    find(panel.widget, "gk-folder").value = str(tmp_path)
    assert config.options == (str(tmp_path / "config.yaml"),)


def test_the_newest_rehearsals_come_first(tmp_path: Path) -> None:
    import os

    for number in range(3):
        made_rehearsal(tmp_path / f"r{number}", Made(2))
        os.utime(tmp_path / f"r{number}", (number, number))
    assert [path.name for path in rehearsals_in(tmp_path, most=2)] == ["r2", "r1"]


@pytest.mark.parametrize(
    ("text", "speed"), [("", None), ("as logged", None), (" max ", "max"), ("60", 60.0), ("0.5", 0.5)]
)
def test_a_speed_is_a_number_or_a_word(text: str, speed: Any) -> None:
    assert speed_of(text) == speed


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "fast"])
def test_another_speed_is_refused(text: str) -> None:
    with pytest.raises(RehearsalError, match="is none: a number above 0"):
        speed_of(text)


def test_progress_in_words() -> None:
    assert (
        progress_text(Progress("against", "starting Redis", 0, 0, 0, None, 1.0)) == "against: starting Redis"
    )
    assert progress_text(Progress("candidate", "calling", 5, 0, 1200, 300.0, 1.0)) == (
        "candidate: calling, 5 of 1,200 calls, 5 min left"
    )
    assert [duration_text(seconds) for seconds in (4, 89, 200, 8000)] == [
        "4 s",
        "89 s",
        "3 min",
        "2 h 13 min",
    ]
