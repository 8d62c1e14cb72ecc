"""A store in memory, for the tests of who reads one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from workshop_made import STORE, stored

from gateway_kit.workshop.record import Workshop
from gateway_kit.workshop.results import Report


class Shelf:
    """A store in memory, of which the scores' times of arrival and the answers can be chosen."""

    def __init__(self) -> None:
        self.url = STORE.url
        self.scores_kept: list[dict[str, Any]] = []
        self.asked: list[tuple[datetime | None, tuple[str, ...], str | None]] = []
        self.breaks: Exception | None = None
        self.breaks_after = 0

    def take(self, workshop: Workshop, report: Report, arrived: datetime, by: str | None = None) -> None:
        self.scores_kept.append({**stored(report, workshop, by=by), "createdAt": arrived.isoformat()})

    def scores(
        self, since: datetime | None = None, *, names: Any = (), session: str | None = None
    ) -> Iterator[dict[str, Any]]:
        self.asked.append((since, tuple(names), session))
        found = [
            score
            for score in self.scores_kept
            if score["name"] in names
            and (since is None or datetime.fromisoformat(score["createdAt"]) >= since)
        ]
        for place, score in enumerate(sorted(found, key=lambda score: score["createdAt"], reverse=True)):
            if self.breaks and place >= self.breaks_after:
                raise self.breaks
            yield score
        if self.breaks:
            raise self.breaks

    def close(self) -> None:
        pass

    def results_asked(self) -> list[datetime | None]:
        return [since for since, names, _ in self.asked if "seat" not in names]
