"""Signed reports: what a seat writes is read back as it was; what another writes in its name is a forgery."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from workshop_made import BEGIN, made_result, made_state, made_workshop, stored

from gateway_kit.workshop.results import Result, SeatState, from_score, now, sign, to_score, verify
from gateway_kit.workshop.verified import Verifier, verified

WORKSHOP = made_workshop()
MISSING = made_result(
    WORKSHOP, passed=False, missing=("`steady` is a function", "Überall antwortet „claude“"), attempt=3
)


@pytest.mark.parametrize("report", [made_result(WORKSHOP), MISSING, made_state(WORKSHOP)])
def test_a_report_is_read_back_from_its_score(report: Result | SeatState) -> None:
    through_the_wire = json.loads(json.dumps(stored(report, WORKSHOP)))
    read = from_score(through_the_wire)
    assert read is not None
    assert read[0] == report
    assert verify(*read, WORKSHOP.seat_secret("seat-01"))
    assert not verify(*read, WORKSHOP.seat_secret("seat-02"))


def test_a_name_of_digits_that_came_back_as_a_number_still_verifies() -> None:
    workshop = made_workshop(name="2026")
    score = stored(made_result(workshop, exercise="10.1"), workshop)
    # Langfuse reads text that looks like JSON as JSON.
    score["metadata"] |= {"workshop": 2026, "exercise": 10.1}
    assert [result.exercise for result in verified([score], workshop).results] == ["10.1"]


def test_the_score_is_on_a_trace_of_its_own_and_a_state_on_the_session() -> None:
    result, state = made_result(WORKSHOP), made_state(WORKSHOP)
    assert to_score(result, "")["traceId"] == result.id.replace("-", "")
    assert to_score(state, "")["sessionId"] == "team-a"
    assert made_state(WORKSHOP, calls=8).id == state.id != made_state(WORKSHOP, kernel="k2").id
    assert state.id != made_state(WORKSHOP, seat="seat-02").id


CHANGES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "the value": lambda score: score.update(value=1),
    "the value beyond 1": lambda score: score.update(value=2),
    "the comment": lambda score: score.update(comment="another"),
    "the exercise": lambda score: score.update(name="exercise-02.1"),
    "the seat": lambda score: score["metadata"].update(seat="seat-02"),
    "a seat that is none": lambda score: score["metadata"].update(seat="seat-99"),
    "the attempt": lambda score: score["metadata"].update(attempt=1),
    "the time": lambda score: score["metadata"].update(at=now().isoformat()),
    "what is missing": lambda score: score["metadata"].update(missing=[]),
    "the solution": lambda score: score["metadata"].update(solution_shown=True),
    "no signature": lambda score: score["metadata"].pop("signature"),
    "a field gone": lambda score: score["metadata"].pop("attempt"),
    "a signature that is no hex": lambda score: score["metadata"].update(signature="ü"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_whoever_changes_a_result_has_forged_it(change: str) -> None:
    score = stored(MISSING, WORKSHOP)
    CHANGES[change](score)
    found = verified([score], WORKSHOP)
    assert (found.results, found.states) == ([], [])
    assert [forged.score_id for forged in found.forged] == [MISSING.id]


def test_a_seat_cannot_write_for_another() -> None:
    result, state = made_result(WORKSHOP, "seat-02"), made_state(WORKSHOP, "seat-02")
    found = verified([stored(report, WORKSHOP, by="seat-01") for report in (result, state)], WORKSHOP)
    assert (found.results, found.states) == ([], [])
    assert [(forged.seat, forged.name) for forged in found.forged] == [
        ("seat-02", "exercise-01.1"), ("seat-02", "seat"),
    ]  # fmt: skip


def test_a_replayed_score_counts_once_under_any_id() -> None:
    score = stored(made_result(WORKSHOP), WORKSHOP)
    copy = {**score, "id": "6d0f6a3c-0000-4c0e-9d62-6f3d0c6f1c11"}
    found = verified([score, copy, score], WORKSHOP)
    assert (len(found.results), found.forged) == (1, [])


def test_what_was_seen_before_is_not_new() -> None:
    verifier = Verifier(WORKSHOP)
    first, forgery = stored(made_result(WORKSHOP), WORKSHOP), stored(MISSING, WORKSHOP, by="seat-02")
    assert len(verifier.new([first, forgery]).results) == 1
    later = stored(made_result(WORKSHOP, at=BEGIN + timedelta(minutes=1)), WORKSHOP)
    again = verifier.new([later, first, forgery])
    assert ([result.at for result in again.results], again.forged) == ([BEGIN + timedelta(minutes=1)], [])


def test_other_scores_of_the_store_are_none_of_the_workshop() -> None:
    other = made_workshop(name="team-b")
    scores: list[dict[str, Any]] = [
        {"id": "1", "name": "helpful", "value": 1, "metadata": {}},
        {"id": "2", "name": "exercise-01.1", "value": 1, "metadata": None},
        {"id": "3", "name": "quality", "value": 1, "metadata": {"workshop": "team-a", "seat": "seat-01"}},
        stored(made_result(other), other),
    ]
    found = verified(scores, WORKSHOP)
    assert (found.results, found.states, found.forged) == ([], [], [])


def test_results_come_in_order_and_only_the_newest_state_of_a_kernel() -> None:
    late, early = made_result(WORKSHOP, at=BEGIN + timedelta(hours=1)), made_result(WORKSHOP)
    states = [made_state(WORKSHOP, calls=n, at=BEGIN + timedelta(minutes=n)) for n in (9, 8)]
    found = verified([stored(report, WORKSHOP) for report in (late, early, *states)], WORKSHOP)
    assert [result.at for result in found.results] == [early.at, late.at]
    assert [state.calls for state in found.states] == [9]


def test_the_signature_covers_what_the_contract_names() -> None:
    """Another program can check it: HMAC-SHA256 over the sorted, compact JSON of facts, name, value and comment."""
    import hashlib
    import hmac

    secret = WORKSHOP.seat_secret("seat-01")
    said = {**MISSING.facts(), "name": "exercise-01.1", "value": 0.0, "comment": "\n".join(MISSING.missing)}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    assert sign(MISSING, secret) == hmac.new(bytes.fromhex(secret), text.encode(), hashlib.sha256).hexdigest()
