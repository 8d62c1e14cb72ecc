"""What a seat reports: the result of a check, and the seat's state; signed, so that no seat can write for another."""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# How the scores are named in the store.
EXERCISE = "exercise-"
STATE = "seat"
CLOSED = "closed"

_STATES = uuid.UUID("6d0f6a3c-5b58-4c0e-9d62-6f3d0c6f1c11")


@dataclass(frozen=True)
class Result:
    """One check of an exercise by a seat; `missing` says which criteria were not met, empty if it passed.

    `attempt` counts the seat's checks of this exercise from 1; `at` has a zone.
    """

    id: str
    workshop: str
    seat: str
    exercise: str
    attempt: int
    at: datetime
    passed: bool
    missing: tuple[str, ...] = ()
    solution_shown: bool = False

    @property
    def score_name(self) -> str:
        """The score's name in the store, such as `exercise-01.1`."""
        return EXERCISE + self.exercise

    @property
    def value(self) -> float:
        """1 for passed, else 0."""
        return float(self.passed)

    @property
    def comment(self) -> str:
        """One line for each criterion that was not met."""
        return "\n".join(self.missing)

    @property
    def trace_id(self) -> str:
        """The trace that the score is on. It is the same for the same result, so that sending twice is harmless."""
        return uuid.UUID(self.id).hex

    def facts(self) -> dict[str, Any]:
        """The score's metadata, without its signature."""
        return {
            "workshop": self.workshop,
            "seat": self.seat,
            "exercise": self.exercise,
            "attempt": self.attempt,
            "at": self.at.isoformat(),
            "missing": list(self.missing),
            "solution_shown": self.solution_shown,
        }


@dataclass(frozen=True)
class SeatState:
    """Where a seat is: the lesson of a kernel, since when, and what its calls have cost so far, in US dollars.

    `lesson` is a notebook's name such as `01_routing`, or its number, or empty; `failed` are calls that failed.
    """

    workshop: str
    seat: str
    kernel: str
    lesson: str
    since: datetime
    at: datetime
    calls: int
    failed: int
    spent_usd: float

    score_name = STATE
    comment = ""

    @property
    def id(self) -> str:
        """One per seat and kernel, so that a later state replaces the earlier one in the store."""
        return str(uuid.uuid5(_STATES, f"{self.workshop}/{self.seat}/{self.kernel}"))

    @property
    def value(self) -> float:
        """What the kernel's calls have cost, in US dollars."""
        return self.spent_usd

    def facts(self) -> dict[str, Any]:
        """The score's metadata, without its signature."""
        return {
            "workshop": self.workshop,
            "seat": self.seat,
            "kernel": self.kernel,
            "lesson": self.lesson,
            "since": self.since.isoformat(),
            "at": self.at.isoformat(),
            "calls": self.calls,
            "failed": self.failed,
            "spent_usd": self.spent_usd,
        }


@dataclass(frozen=True)
class Closing:
    """The facilitator's word to a seat that the workshop is closed, signed with the seat's own secret."""

    workshop: str
    seat: str
    at: datetime

    score_name = CLOSED
    value = 1.0
    comment = ""

    @property
    def id(self) -> str:
        """One per seat."""
        return str(uuid.uuid5(_STATES, f"{self.workshop}/{self.seat}"))

    def facts(self) -> dict[str, Any]:
        """The score's metadata, without its signature."""
        return {"workshop": self.workshop, "seat": self.seat, "at": self.at.isoformat()}


Report = Result | SeatState | Closing


def now() -> datetime:
    """The time, in UTC: a time that went through the store reads the same."""
    return datetime.now(UTC)


def sign(report: Report, secret: str) -> str:
    """HMAC-SHA256 over all that the report says, with the seat's secret, in hex."""
    said = {
        **report.facts(),
        "name": report.score_name,
        "value": report.value,
        "comment": report.comment,
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hmac.digest(bytes.fromhex(secret), text.encode(), hashlib.sha256).hex()


def verify(report: Report, signature: str, secret: str) -> bool:
    """Whether the seat with this secret has signed exactly this report."""
    return hmac.compare_digest(sign(report, secret).encode(), signature.encode())


def to_score(report: Report, signature: str) -> dict[str, Any]:
    """The body of `POST scores`. A result is about a trace, all else about the workshop's session."""
    about = {"traceId": report.trace_id} if isinstance(report, Result) else {"sessionId": report.workshop}
    return {
        "id": report.id,
        **about,
        "name": report.score_name,
        "value": report.value,
        "dataType": "NUMERIC",
        "comment": report.comment,
        "metadata": {**report.facts(), "signature": signature},
    }


def from_score(score: Mapping[str, Any]) -> tuple[Report, str] | None:
    """The report and its signature, of a score of `GET v3/scores?fields=details`; None if the kit wrote no such score.

    Langfuse keeps metadata as text and reads text that looks like JSON as JSON: a name of digits comes back as a
    number. So every field is brought to its type. Raises ValueError for a score that claims to be of a workshop and is
    not as the kit writes it.
    """
    facts, name = score.get("metadata"), score.get("name")
    if not isinstance(facts, Mapping) or not isinstance(name, str) or not {"workshop", "seat"} <= set(facts):
        return None
    try:
        if name == STATE:
            return _state(facts, score), str(facts["signature"])
        if name == CLOSED:
            closing = Closing(str(facts["workshop"]), str(facts["seat"]), _time(facts["at"]))
            return closing, str(facts["signature"])
        if name.startswith(EXERCISE):
            return _result(facts, score, name.removeprefix(EXERCISE)), str(facts["signature"])
    except (KeyError, TypeError, OverflowError) as exc:
        raise ValueError(f"{type(exc).__name__}: {exc}") from exc
    return None


def _result(facts: Mapping[str, Any], score: Mapping[str, Any], exercise: str) -> Result:
    value, missing = float(score["value"]), tuple(map(str, facts["missing"]))
    if value not in (0, 1) or "\n".join(missing) != (score.get("comment") or ""):
        raise ValueError("not as the kit writes it")
    return Result(
        id=str(uuid.UUID(str(score["id"]))),
        workshop=str(facts["workshop"]),
        seat=str(facts["seat"]),
        exercise=exercise,
        attempt=int(facts["attempt"]),
        at=_time(facts["at"]),
        passed=value == 1,
        missing=missing,
        solution_shown=facts["solution_shown"] is True,
    )


def _state(facts: Mapping[str, Any], score: Mapping[str, Any]) -> SeatState:
    if not math.isclose(float(score["value"]), float(facts["spent_usd"]), abs_tol=1e-9) or score.get(
        "comment"
    ):
        raise ValueError("not as the kit writes it")
    return SeatState(
        workshop=str(facts["workshop"]),
        seat=str(facts["seat"]),
        kernel=str(facts["kernel"]),
        lesson=str(facts["lesson"]),
        since=_time(facts["since"]),
        at=_time(facts["at"]),
        calls=int(facts["calls"]),
        failed=int(facts["failed"]),
        spent_usd=float(facts["spent_usd"]),
    )


def _time(text: Any) -> datetime:
    time = datetime.fromisoformat(str(text))
    if time.tzinfo is None:
        raise ValueError("a time without a zone")
    return time
