"""A workshop and reports of its seats, for tests."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway_kit.workshop.record import Store, Workshop, new_workshop
from gateway_kit.workshop.results import Report, Result, SeatState, sign, to_score

STORE = Store("http://127.0.0.1:3001", "pk-lf-1", "sk-lf-very-secret")
BEGIN = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


def made_workshop(seats: int = 3, store: Store = STORE, *, days: float = 2, name: str = "team-a") -> Workshop:
    return new_workshop(name, seats, store=store, until=datetime.now(UTC) + timedelta(days=days))


def made_result(workshop: Workshop, seat: str = "seat-01", exercise: str = "01.1", **fields: Any) -> Result:
    given = {"attempt": 1, "at": BEGIN, "passed": True, **fields}
    return Result(str(uuid.uuid4()), workshop.name, seat, exercise, **given)


def made_state(workshop: Workshop, seat: str = "seat-01", **fields: Any) -> SeatState:
    given = {
        "kernel": "k1", "lesson": "01_routing", "since": BEGIN, "at": BEGIN, "calls": 7, "failed": 1,
        "spent_usd": 0.0012345, **fields,
    }  # fmt: skip
    return SeatState(workshop.name, seat, **given)


def stored(report: Report, workshop: Workshop, *, by: str | None = None) -> dict[str, Any]:
    """The score as v3/scores answers it, signed by the report's own seat or by another."""
    score = to_score(report, sign(report, workshop.seat_secret(by or report.seat)))
    return {**score, "comment": score["comment"] or None}
