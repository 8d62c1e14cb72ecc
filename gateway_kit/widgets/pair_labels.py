"""Labels for pairs of questions: is the answer to the first right for the second? By keyboard, saved at once."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import ipywidgets
import traitlets

from gateway_kit.common.words import counted
from gateway_kit.rehearsal.study.cache_study import CacheStudy
from gateway_kit.rehearsal.study.precision import verdict
from gateway_kit.rehearsal.study.text import threshold_rows
from gateway_kit.widgets.markup import WRAP, table_html
from gateway_kit.widgets.panel import Panel, PanelModel, error_text
from gateway_kit.widgets.view import View, html_part, row

SAME, DIFFERENT, NONE = "same answer", "different", "not labelled"

# Which button a key presses.
_KEYS = {
    "s": "gk-same",
    "d": "gk-different",
    "u": "gk-undo",
    "ArrowRight": "gk-next",
    "ArrowDown": "gk-next",
    "ArrowLeft": "gk-previous",
    "ArrowUp": "gk-previous",
}
# In a field, since JupyterLab takes the keys of all else for itself: D twice would delete the cell. ipywidgets tells
# Python of no key, so the field presses the buttons of its own panel.
_BUTTON_OF = ",".join(f"{key}:'{part}'" for key, part in _KEYS.items())
_PRESS = (
    "if(event.ctrlKey||event.metaKey||event.altKey)return;"
    f"const part={{{_BUTTON_OF}}}[event.key.length===1?event.key.toLowerCase():event.key];"
    "if(part){event.preventDefault();event.stopPropagation();"
    "this.closest('.gk-panel').querySelector('button.'+part).click()}"
)
_KEYS_HTML = (
    '<label>Keys: <input type="text" class="gk-key-field" size="24" value="" autocomplete="off" '
    'placeholder="click here, then type" aria-label="Keys: S same answer, D different, U undo, arrows to move" '
    f'oninput="this.value=\'\'" onkeydown="{_PRESS}"></label> S same answer · D different · U undo · arrows'
)


class PairLabelsModel(PanelModel):
    """The pair that is shown.

    place      its place among the pairs, from 1; 0 if there is none
    first      the question whose answer was kept
    second     the later question
    note       similarity, how many calls it decides, what is not shown
    label      SAME, DIFFERENT or NONE
    labelled   pairs that have a label
    total      all pairs
    precision  the table by threshold, from the labels so far, as HTML
    """

    place = traitlets.Int(0, min=0)
    first = traitlets.Unicode("")
    second = traitlets.Unicode("")
    note = traitlets.Unicode("")
    label = traitlets.Unicode(NONE)
    labelled = traitlets.Int(0)
    total = traitlets.Int(0)
    precision = traitlets.Unicode("")


def questions_html(model: PairLabelsModel) -> str:
    """Both questions side by side, or below each other on a narrow page, and the label."""
    if not model.total:
        return "<p>No two questions of the log come near enough to label.</p>"
    box = f"flex:1 1 16em;min-width:0;border:1px solid currentColor;border-radius:4px;padding:8px;{WRAP}"
    parts = "".join(
        f'<section aria-label="{name}" style="{box}"><b>{name}</b><br>{escape(text)}</section>'
        for name, text in (
            ("First: its answer was kept", model.first),
            ("Second: would get this answer", model.second),
        )
    )
    return (
        f'<div style="display:flex;flex-wrap:wrap;gap:8px" aria-live="polite">{parts}</div>'
        f'<p class="gk-label" style="margin:8px 0 0"><b>{escape(model.label)}</b> · {escape(model.note)}</p>'
    )


class PairLabels(Panel):
    """Two questions side by side, and whether the answer to the first is right for the second.

    Args:
        study: A study of a semantic cache, or its folder.
        wrong_usd: What a wrong answer costs, in US dollars, for the verdict below.

    Raises:
        RehearsalError: The folder has no study.

    Example:
        >>> labels = PairLabels("out/cache-study")       # the last line of a cell shows it
        >>> labels.same()                                # the same as the key S
        >>> labels.undo()
        >>> labels.close()

    Keys, once its field is clicked: S same answer, D different, U undo, arrows to move. Each label is saved at once in
    the study's folder; after it the next pair without one is shown.
    """

    heading: ClassVar[str] = "Would this answer be right?"
    css_class: ClassVar[str] = "gk-pairs"
    model: PairLabelsModel

    def __init__(self, study: CacheStudy | str | Path, *, wrong_usd: float = 0.05) -> None:
        super().__init__(PairLabelsModel())
        self.study = study if isinstance(study, CacheStudy) else CacheStudy.read(study)
        self._wrong_usd, self._at = wrong_usd, -1
        self._pairs = self.study.pairs.drop(columns="same").to_dict("records")
        self.model.total = len(self._pairs)
        self._show(self._next_without_label(0))
        self.model.observe(self._moved, "place")

    def same(self) -> None:
        """Label the pair: the answer to the first is right for the second."""
        self._label(True)

    def different(self) -> None:
        """Label the pair: the answer to the first is wrong for the second."""
        self._label(False)

    def undo(self) -> None:
        """Take the last label back, and show its pair."""
        self.model.error = ""
        taken_back = self.study.labels.undo()
        at = next((n for n, pair in enumerate(self._pairs) if pair["id"] == taken_back), None)
        self._show(max(self.model.place - 1, 0) if at is None else at)
        if taken_back is None:
            self.model.status = f"Nothing to undo. {self.model.status}"

    def next(self) -> None:
        """Show the next pair."""
        self.move(1)

    def previous(self) -> None:
        """Show the pair before."""
        self.move(-1)

    def move(self, by: int) -> None:
        """Show the pair that is `by` places further on."""
        self.model.error = ""
        self._show(min(max(self.model.place - 1 + by, 0), max(self.model.total - 1, 0)))

    def close(self) -> None:
        """Remove the controls from the page; the last pair stays. Can be called twice."""
        if not self.closed:  # unobserving twice raises
            self.model.unobserve(self._moved, "place")
        super().close()

    def _label(self, same: bool) -> None:
        if not self.model.total:
            return
        self.model.error = ""
        at = self.model.place - 1
        self.study.labels.set(str(self._pairs[at]["id"]), same)
        self._show(self._next_without_label(at + 1))

    def _next_without_label(self, start: int) -> int:
        """The place, from 0, of the next pair without a label, from the beginning if need be; else the last one's."""
        order = [*range(start, self.model.total), *range(min(start, self.model.total))]
        waiting = (n for n in order if self._pairs[n]["id"] not in self.study.labels)
        return next(waiting, max(min(start, self.model.total) - 1, 0))

    def _show(self, at: int) -> None:
        model = self.model
        model.labelled = sum(pair["id"] in self.study.labels for pair in self._pairs)
        table = self.study.thresholds(wrong_usd=self._wrong_usd)
        heads, cells = threshold_rows(table)
        model.precision = table_html("What the labels say so far", heads, cells)
        if model.total:
            pair = self._pairs[at]
            label = self.study.labels.get(str(pair["id"]))
            self._at = at
            with model.hold_trait_notifications():
                model.first, model.second = str(pair["first"]), str(pair["second"])
                model.label = NONE if label is None else SAME if label else DIFFERENT
                hidden = (
                    f", the {pair['context']:,} characters before are the same" if pair["context"] else ""
                )
                model.note = (
                    f"similarity {pair['similarity']:.3f}, decides {counted(pair['calls'], 'call')}{hidden}"
                )
                model.place = at + 1
        where = f"Pair {model.place} of {model.total}, {model.labelled} labelled. " if model.total else ""
        model.status = where + verdict(table, self._wrong_usd)

    def _moved(self, change: Any) -> None:
        """Show the pair whose place was typed."""
        if change["new"] - 1 == self._at:
            return
        try:
            self._show(min(max(change["new"] - 1, 0), max(self.model.total - 1, 0)))
        except Exception as exc:  # an exception in a callback is not seen: show it
            self.model.error = error_text(exc)

    def _parts(self, view: View) -> Sequence[ipywidgets.Widget]:
        shown = html_part("gk-questions")
        for name in ("place", "label", "first", "second", "total"):
            view.follow(name, shown, "value", lambda _: questions_html(self.model))
        place = ipywidgets.BoundedIntText(
            min=min(1, self.model.total),
            max=max(self.model.total, 1),
            description="Pair",
            tooltip="Go to a pair",
        )
        place.layout.width = "150px"
        buttons = (
            ("Same answer (S)", self.same, "gk-same", "The answer to the first is right for the second"),
            (
                "Different (D)",
                self.different,
                "gk-different",
                "The answer to the first is wrong for the second",
            ),
            ("Undo (U)", self.undo, "gk-undo", "Take the last label back"),
            ("Previous", self.previous, "gk-previous", "The pair before"),
            ("Next", self.next, "gk-next", "The next pair"),
        )
        return (
            shown,
            row(*(self._button(*button) for button in buttons), view.bind("place", place, "gk-place")),
            html_part("gk-keys", _KEYS_HTML),
            view.text("precision", str, "gk-precision"),
        )

    def _button(self, description: str, method: Any, css_class: str, tooltip: str) -> ipywidgets.Button:
        """A button that is never disabled: a key that is typed while a label is saved counts too."""
        made = ipywidgets.Button(description=description, tooltip=tooltip).add_class(css_class)
        made.on_click(lambda _: self._begin(method))
        return made

    def _static_html(self) -> str:
        return questions_html(self.model) + self.model.precision
