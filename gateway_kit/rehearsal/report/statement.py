"""One sentence of a report's beginning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["fails", "worse", "warns", "better", "holds", "tells"]


@dataclass(frozen=True)
class Statement:
    """One sentence, and what it means for the reader.

    fails          a condition of --fail-if that must not hold does
    worse, better  than the baseline, by more than chance
    warns, holds   what to keep in mind; a check that came out well
    tells          a fact
    """

    kind: Kind
    text: str
