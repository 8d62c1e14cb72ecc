"""The panel of pairs: each control, labels that are saved at once, and the same without widgets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from ipywidgets.widgets.widget import _instances

from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.study import CacheStudy, study_cache
from gateway_kit.widgets import PairLabels
from gateway_kit.widgets.pair_labels import DIFFERENT, NONE, SAME
from tests.unit.rehearsal_log import Embedder, log
from tests.unit.widget_parts import Tags, find

TEXTS = ("refund", "refund 0.95 a", "refund 0.85 b", "parcel", "parcel 0.75 <b>c</b>")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = study_cache(log(*TEXTS), out=tmp_path / "study", thresholds=(0.7, 0.8, 0.9), embed=Embedder())
    return made.folder


@pytest.fixture
def panel(folder: Path) -> Iterator[PairLabels]:
    before = set(_instances)
    with PairLabels(folder) as made:
        yield made
    assert set(_instances) == before, "widgets are left on the page"


def kept(folder: Path) -> list[bool]:
    return [json.loads(line)["same"] for line in (folder / "labels.jsonl").read_text().splitlines()]


def press(panel: PairLabels, css_class: str) -> None:
    find(panel.widget, css_class).click()
    panel.wait()


def test_a_label_is_saved_and_the_next_pair_shown(panel: PairLabels, folder: Path) -> None:
    # One pair lies between each two thresholds, so the order is theirs.
    assert panel.model.second == "parcel 0.75 <b>c</b>"
    assert panel.model.status.startswith("Pair 1 of 3, 0 labelled. No pair is labelled yet")
    press(panel, "gk-same")
    assert kept(folder) == [True]
    assert (panel.model.place, panel.model.second) == (2, "refund 0.85 b")
    press(panel, "gk-different")
    assert kept(folder) == [True, False]
    assert panel.model.status.startswith("Pair 3 of 3, 2 labelled. ")
    press(panel, "gk-same")
    assert "Pair 3 of 3, 3 labelled. 0.9 pays if a wrong answer costs 0.05 USD" in panel.model.status
    assert "100% (100% to 100%)" in panel.model.precision


def test_undo_shows_the_pair_again(panel: PairLabels) -> None:
    press(panel, "gk-same")
    press(panel, "gk-different")
    press(panel, "gk-undo")
    assert (panel.model.place, panel.model.label, panel.model.labelled) == (2, NONE, 1)
    press(panel, "gk-undo")
    assert (panel.model.place, panel.model.label, panel.model.labelled) == (1, NONE, 0)
    press(panel, "gk-undo")
    assert panel.model.status.startswith("Nothing to undo. Pair 1 of 3")


def test_arrows_and_the_number_move_and_show_the_label(panel: PairLabels) -> None:
    press(panel, "gk-same")
    press(panel, "gk-previous")
    assert (panel.model.place, panel.model.label) == (1, SAME)
    press(panel, "gk-previous")
    assert panel.model.place == 1
    find(panel.widget, "gk-place").value = 3
    assert panel.model.second == "refund 0.95 a"
    press(panel, "gk-next")
    assert panel.model.place == 3
    # A label can be given anew.
    find(panel.widget, "gk-place").value = 1
    press(panel, "gk-different")
    find(panel.widget, "gk-place").value = 1
    assert panel.model.label == DIFFERENT


def test_another_kernel_goes_on_where_this_one_stopped(panel: PairLabels, folder: Path) -> None:
    press(panel, "gk-same")
    with PairLabels(CacheStudy.read(folder)) as later:
        assert (later.model.place, later.model.labelled) == (2, 1)
        later.undo()
        assert (later.model.place, later.model.labelled) == (1, 0)


def test_every_key_has_its_button_and_the_field_a_name(panel: PairLabels) -> None:
    (field,) = Tags(find(panel.widget, "gk-keys").value).attributes("input")
    assert field["aria-label"] == "Keys: S same answer, D different, U undo, arrows to move"
    pressed = str(field["onkeydown"])
    for key, part in (("s", "gk-same"), ("d", "gk-different"), ("u", "gk-undo"), ("ArrowLeft", "gk-previous"),
                      ("ArrowRight", "gk-next")):  # fmt: skip
        assert f"{key}:'{part}'" in pressed
        find(panel.widget, part)


def test_without_widgets_the_pair_and_the_table_are_shown_and_texts_stay_text(panel: PairLabels) -> None:
    html = panel._repr_html_()
    tags = Tags(html)
    assert "parcel 0.75 <b>c</b>" in tags.words
    assert "similarity 0.750, decides 1 call" in tags.words
    assert "What the labels say so far" in tags.words
    assert "<script" not in html
    assert "onkeydown" not in html
    assert find(panel.widget, "gk-questions").value in html


def test_the_live_view_follows_the_pair(panel: PairLabels) -> None:
    shown = find(panel.widget, "gk-questions")
    assert "parcel 0.75" in shown.value
    press(panel, "gk-next")
    assert "refund 0.85" in shown.value
    assert find(panel.widget, "gk-place").value == 2


def test_a_full_disk_is_told_and_nothing_counts_as_labelled(
    panel: PairLabels, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "labels.jsonl")

    monkeypatch.setattr("gateway_kit.rehearsal.study.labels.os.open", full)
    press(panel, "gk-same")
    assert "No space left on device" in panel.model.error
    assert (panel.model.place, panel.model.labelled) == (1, 0)


def test_a_log_without_near_questions_says_so(tmp_path: Path) -> None:
    made = study_cache(log("refund", "parcel"), out=tmp_path / "study", embed=Embedder())
    with PairLabels(made) as panel:
        assert "No threshold from 0.6 on adds a hit" in panel.model.status
        assert "No two questions of the log come near enough" in panel._repr_html_()
        panel.same()
        panel.undo()
        panel.next()
        assert panel.model.place == 0
        assert find(panel.widget, "gk-place").max == 1


def test_a_folder_without_a_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match="is no study of a cache"):
        PairLabels(tmp_path)
