"""Accounts of the same calls side by side, with the reason for each difference."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from gateway_kit.gateway.record import Call, CallRecord
from gateway_kit.gateway.simulator import JOURNAL
from gateway_kit.litellm_api.spend import SPEND
from gateway_kit.tracing.observations import OBSERVATIONS
from gateway_kit.tracing.reconcile import RECONCILE, reconcile

BEGIN = datetime(2026, 11, 25, 4, 43, tzinfo=UTC)
USD = 2.76e-05


class Books:
    """Calls and their rows in the other accounts."""

    def __init__(self) -> None:
        self.calls = CallRecord()
        self.tables: dict[str, list[dict[str, Any]]] = {"spend": [], "journal": [], "observations": []}

    def call(self, request_id: str, *, at_s: float = 0, **facts: Any) -> None:
        given = {
            "latency_s": 1.0,
            "status": 200,
            "total_tokens": 55,
            "cost_usd": USD,
            "request_id": request_id,
        }
        self.calls.add(
            Call(BEGIN + timedelta(seconds=at_s), "chat", model="gpt-4o-mini", **{**given, **facts})
        )

    def spend(self, request_id: str, tokens: int = 55, cost_usd: float = USD, *, at_s: float = 0) -> None:
        row = {"request_id": request_id, "total_tokens": tokens, "cost_usd": cost_usd}
        self.tables["spend"].append({"started": BEGIN + timedelta(seconds=at_s), "cache_hit": False, **row})

    def trace(self, request_id: str, response_id: str | None, tokens: int | None = 55, cost_usd: float | None = USD, *,
              at_s: float = 0, prompt: str = "hello", level: str = "DEFAULT") -> None:  # fmt: skip
        row = {
            "request_id": request_id,
            "response_id": response_id,
            "total_tokens": tokens,
            "cost_usd": cost_usd,
        }
        content = {"messages": [{"role": "user", "content": prompt}]}
        start = BEGIN + timedelta(seconds=at_s)
        self.tables["observations"].append({**row, "input": content, "level": level, "started": start})

    def journal(self, response_id: str, *, at_s: float, prompt: str = "hello", status: int = 200) -> None:
        ok = status == 200
        row = {"prompt_tokens": 12, "completion_tokens": 43 if ok else 0, "status": status, "prompt": prompt}
        outcome = "answered" if ok else "refused"
        started = BEGIN + timedelta(seconds=at_s)
        self.tables["journal"].append(
            {"response_id": response_id, "started": started, "outcome": outcome, **row}
        )

    def reconciled(self) -> pd.DataFrame:
        return reconcile(
            self.calls.frame(),
            SPEND.frame(self.tables["spend"]),
            JOURNAL.frame(self.tables["journal"]),
            OBSERVATIONS.frame(self.tables["observations"]),
        )


def test_nothing_differs() -> None:
    books = Books()
    books.call("c1")
    books.spend("c1")
    books.trace("c1", "r1")
    books.journal("r1", at_s=0.1)
    made = books.reconciled()
    assert {n: str(t) for n, t in made.dtypes.items()} == RECONCILE.dtypes
    (row,) = made.to_dict("records")
    assert [row[f"{who}_tokens"] for who in ("journal", "call", "spend", "trace")] == [55] * 4
    assert [row[f"{who}_usd"] for who in ("call", "spend", "trace")] == [USD] * 3
    assert (row["attempts"], row["failed_attempts"], row["difference"]) == (1, 0, "")


def test_a_cache_hit_repeats_its_tokens() -> None:
    books = Books()
    books.call("c1", cache_hit=True, cost_usd=0.0, latency_s=0.01)
    books.spend("c1", cost_usd=0.0)
    books.trace("c1", "r1", cost_usd=0.0)
    books.journal("r1", at_s=-5)  # the first answer, of a call that is not asked about
    (row,) = books.reconciled().to_dict("records")
    assert (row["attempts"], row["journal_tokens"], row["spend_tokens"]) == (0, 0, 55)
    assert row["difference"].startswith("cache hit:")
    assert "without a known reason" not in row["difference"]


def test_a_retry_is_several_journal_rows_for_one_call() -> None:
    books = Books()
    books.call("c1", retries=1)
    books.spend("c1")
    books.trace("c1", None, None, None, level="ERROR")
    books.trace("c1", "r2", at_s=0.5)
    books.journal("r1", at_s=0.1, status=500)
    books.journal("r2", at_s=0.5)
    (row,) = books.reconciled().to_dict("records")
    assert (row["attempts"], row["failed_attempts"], row["journal_tokens"], row["trace_tokens"]) == (
        2,
        1,
        55,
        55,
    )
    assert row["difference"] == "1 failed attempt reached a provider, at no cost"


def test_a_failure_charges_nothing() -> None:
    books = Books()
    books.call("c1", status=500, error="InternalServerError", total_tokens=None, cost_usd=None)
    books.spend("c1", 0, 0.0)
    books.trace("c1", None, None, None, level="ERROR")
    for n in range(3):
        books.journal(f"r{n}", at_s=0.1 * n, status=500)
    (row,) = books.reconciled().to_dict("records")
    assert (row["attempts"], row["failed_attempts"], row["journal_tokens"]) == (3, 3, 0)
    assert (
        row["difference"] == "failed: nothing was charged; 3 failed attempts reached a provider, at no cost"
    )


def test_simultaneous_calls_are_distinguished_by_their_prompts() -> None:
    books = Books()
    for name, prompt in (("c1", "one"), ("c2", "two")):
        books.call(name, status=500, error="InternalServerError", total_tokens=None, cost_usd=None)
        books.trace(name, None, None, None, prompt=prompt, level="ERROR")
        books.journal(f"r-{name}", at_s=0.5, status=500, prompt=prompt)
    made = books.reconciled()
    assert made["attempts"].tolist() == [1, 1]
    assert made.attrs["unmatched_attempts"] == 0


def test_an_attempt_that_could_belong_to_two_calls_belongs_to_neither() -> None:
    books = Books()
    for name in ("c1", "c2"):
        books.call(name)
        books.trace(name, f"r-{name}")
        books.journal(f"r-{name}", at_s=0.5)
    books.journal("lost", at_s=0.2, status=500)
    made = books.reconciled()
    assert made["attempts"].tolist() == [1, 1]
    assert made.attrs["unmatched_attempts"] == 1


@pytest.mark.parametrize(
    ("missing", "text"),
    [("spend", "gateway.spend.wait_for"), ("observations", "wait_for_trace"), ("journal", "journal row")],
)
def test_what_is_missing_is_named(missing: str, text: str) -> None:
    books = Books()
    books.call("c1")
    books.spend("c1")
    books.trace("c1", "r1")
    if missing != "journal":
        books.journal("r1", at_s=0.1)
    books.tables[missing].clear()
    (row,) = books.reconciled().to_dict("records")
    assert text in row["difference"]
    assert "without a known reason" not in row["difference"]


def test_a_stream_without_usage() -> None:
    books = Books()
    books.call("c1", stream=True, total_tokens=None, cost_usd=None)
    books.spend("c1")
    books.trace("c1", "r1")
    books.journal("r1", at_s=0.1)
    assert books.reconciled()["difference"][0] == "stream without usage: the answer had no token counts"


def test_a_broken_stream_is_charged_only_in_the_spend_log() -> None:
    books = Books()
    books.call("c1", stream=True, error="stream broke", total_tokens=None, cost_usd=None)
    books.spend("c1", 20, 1e-05)
    books.trace("c1", None, 0, 0.0, level="ERROR")
    books.journal("r1", at_s=0.1)
    books.tables["journal"][0]["outcome"] = "cut"
    difference = books.reconciled()["difference"][0]
    assert difference.startswith("stream broke: the spend log charges what had come")
    assert "without a known reason" not in difference


def test_differences_without_a_known_reason_are_named() -> None:
    books = Books()
    books.call("c1")
    books.spend("c1", 60, 2 * USD)
    books.trace("c1", "r1")
    books.journal("r1", at_s=0.1)
    assert books.reconciled()["difference"][0] == (
        "tokens differ without a known reason; costs differ without a known reason"
    )


def test_a_call_without_an_answer() -> None:
    books = Books()
    books.call(None, status=None, error="ConnectError", total_tokens=None, cost_usd=None)  # type: ignore[arg-type]
    assert "no id" in books.reconciled()["difference"][0]
