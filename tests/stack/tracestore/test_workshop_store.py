"""A workshop's reports in the real store: written, read page after page, written again, forged, refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from workshop_made import made_result, made_state, made_workshop

from gateway_kit.workshop.record import Store, Workshop
from gateway_kit.workshop.results import Report, Result, sign, to_score
from gateway_kit.workshop.store import (
    ReportRefusedError,
    StoreClient,
    StoreRefusesError,
    StoreUnreachableError,
)
from gateway_kit.workshop.verified import verified

from .store_program import StoreProgram


@pytest.fixture
def workshop(empty_store: StoreProgram) -> Workshop:
    return made_workshop(store=Store(empty_store.url + "/", empty_store.public_key, empty_store.secret_key))


def write(client: StoreClient, workshop: Workshop, report: Report, by: str | None = None) -> None:
    client.write(report, sign(report, workshop.seat_secret(by or report.seat)))


def test_reports_are_read_back_and_the_trace_names_seat_and_workshop(
    workshop: Workshop, empty_store: StoreProgram
) -> None:
    passed = made_result(workshop)
    failed = made_result(workshop, "seat-02", passed=False, missing=("`a` is set", "`b` ist größer"))
    states = [made_state(workshop, calls=n, spent_usd=n / 3, at=datetime.now(UTC)) for n in (1, 2)]
    with StoreClient(workshop.store) as client:
        client.check()
        for report in (passed, failed, passed, *states):
            write(client, workshop, report)
        found = verified(client.scores(), workshop)
        assert sorted(found.results, key=lambda result: result.seat) == [passed, failed]
        assert (found.states, found.forged) == ([states[1]], [])
        (state,) = client.scores(names=["seat"], session="team-a")
        assert state["metadata"]["calls"] == 2
        assert list(client.scores(names=["exercise-09.9"])) == []
    query = {"traceId": passed.trace_id, "fields": "core,basic,trace_context"}
    (span,) = empty_store.http.get("/api/public/v2/observations", params=query).json()["data"]
    assert (span["name"], span["userId"], span["sessionId"]) == ("exercise-01.1", "seat-01", "team-a")
    assert span["startTime"].startswith("2026-11-30T09:00:00")


def test_what_arrives_late_is_new_to_who_asks_since_then(workshop: Workshop) -> None:
    with StoreClient(workshop.store) as client:
        write(client, workshop, made_result(workshop))
        later = datetime.now(UTC)
        write(client, workshop, handed_in := made_result(workshop, at=later - timedelta(hours=3)))
        found = verified(client.scores(later), workshop)
    assert found.results == [handed_in]


def test_more_than_a_page_is_read_once_each(workshop: Workshop) -> None:
    results = [made_result(workshop, attempt=n) for n in range(1, 206)]
    with StoreClient(workshop.store) as client:
        for result in results:
            client._ask("POST", "scores", json=_score(result, workshop))
        read = list(client.scores())
    assert len({score["id"] for score in read}) == len(read) == 205
    assert len(verified(read, workshop).results) == 205


def test_forgeries_and_replays_in_the_store(workshop: Workshop) -> None:
    own, other = made_result(workshop), made_result(workshop, "seat-02")
    with StoreClient(workshop.store) as client:
        write(client, workshop, own)
        write(client, workshop, other, by="seat-01")
        client._ask("POST", "scores", json={**_score(own, workshop), "id": str(uuid.uuid4())})
        stored = list(client.scores())
    found = verified(stored, workshop)
    assert len(stored) == 3
    assert [(result.seat, result.at) for result in found.results] == [("seat-01", own.at)]
    assert [forged.score_id for forged in found.forged] == [other.id]


def test_keys_that_the_store_refuses(workshop: Workshop) -> None:
    store = Store(workshop.store.url, workshop.store.public_key, "sk-lf-other")
    with StoreClient(store) as client:
        attempts: list[Callable[[], Any]] = [
            client.check,
            lambda: list(client.scores()),
            lambda: write(client, workshop, made_result(workshop)),
        ]
        for attempt in attempts:
            with pytest.raises(StoreRefusesError, match="refuses the keys"):
                attempt()


def test_nobody_answers(workshop: Workshop) -> None:
    with (
        StoreClient(Store("http://127.0.0.1:9", "pk", "sk")) as client,
        pytest.raises(StoreUnreachableError, match="does not answer"),
    ):
        client.check()


@pytest.mark.parametrize(
    ("status", "text", "error"),
    [
        (500, "oops", StoreUnreachableError),
        (429, "{}", StoreUnreachableError),
        (404, "<html>", StoreUnreachableError),
        (200, "<html>", StoreUnreachableError),
        (400, '{"message": "Invalid"}', ReportRefusedError),
    ],
)
def test_answers_that_are_no_stored_report(workshop: Workshop, status: int, text: str, error: type) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(status, text=text))
    with StoreClient(workshop.store, transport=transport) as client, pytest.raises(error):
        write(client, workshop, made_result(workshop))


def _score(result: Result, workshop: Workshop) -> dict[str, Any]:
    return to_score(result, sign(result, workshop.seat_secret(result.seat)))
