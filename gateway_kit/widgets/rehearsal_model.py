"""What the rehearsal panel shows and is asked to rehearse."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Literal

import traitlets

from gateway_kit.rehearsal.errors import RehearsalError
from gateway_kit.rehearsal.run_folder import Progress
from gateway_kit.widgets.panel import PanelModel
from gateway_kit.widgets.rehearsal_view import GROUPS

AS_LOGGED = "as logged"
AS_FAST: Literal["max"] = "max"
SPEEDS = (AS_LOGGED, "10", "60", "600", AS_FAST)
FILES = ("config", "against", "traffic", "story")


class RehearsalPanelModel(PanelModel):
    """What to rehearse, how far it is, and what came out.

    folder    where files are looked for
    config    the configuration; against: what it is compared with, traffic: the log, story: trouble; "" is none
    speed     AS_LOGGED, AS_FAST, or how many times as fast as the log
    progress  how far the run is; None while nothing runs
    shown     the folder of the rehearsal that is shown; "" for none
    known     the folders of rehearsals to choose from
    chart     the caption of the chart that is shown; charts: all of them
    by        what the calls are grouped by, one of GROUPS
    result, comparison, groups, rehearsals   parts of the view, as HTML
    report    the report in a frame, as HTML; "" while it is not open
    """

    folder = traitlets.Unicode(".")
    config = traitlets.Unicode("")
    against = traitlets.Unicode("")
    traffic = traitlets.Unicode("")
    story = traitlets.Unicode("")
    speed = traitlets.Unicode(AS_LOGGED)
    progress = traitlets.Instance(Progress, allow_none=True)
    shown = traitlets.Unicode("")
    known: traitlets.List[Any] = traitlets.List()
    chart = traitlets.Unicode("")
    charts: traitlets.List[Any] = traitlets.List()
    by = traitlets.Enum(GROUPS, default_value="model")
    result = traitlets.Unicode("")
    comparison = traitlets.Unicode("")
    groups = traitlets.Unicode("")
    rehearsals = traitlets.Unicode("")
    report = traitlets.Unicode("")


def speed_of(text: str) -> float | Literal["max"] | None:
    """The speed that a field names, as `rehearse` takes it. Raises RehearsalError for what is none."""
    words = text.strip()
    if words in ("", AS_LOGGED):
        return None
    if words == AS_FAST:
        return AS_FAST
    with suppress(ValueError):
        if 0 < (speed := float(words)) < float("inf"):
            return speed
    raise RehearsalError(f"The speed {text!r} is none: a number above 0, {AS_LOGGED} or {AS_FAST}")
