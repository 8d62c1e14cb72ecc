"""Accounts of the same calls, side by side: providers' journal, spend log, traces. Pure functions. Internal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway_kit.common.tables import TIME, Column, Table
from gateway_kit.tracing.attempts import attempts_of_calls

if TYPE_CHECKING:
    import pandas as pd

RECONCILE = Table(
    Column("request_id", "string", "LiteLLM's id of the call"),
    Column("started", TIME, "as in the call record"),
    Column("model", "string", "the name that was asked for"),
    Column("status", "Int64", "the HTTP status that the caller got"),
    Column("stream", "boolean", "as in the call record"),
    Column("cache_hit", "boolean", "as in the call record"),
    Column("attempts", "Int64", "requests that reached a simulated provider for this call"),
    Column("failed_attempts", "Int64", "those without a complete answer of status 200"),
    Column("journal_tokens", "Int64", "tokens of the answered attempts, by the provider's journal"),
    Column("call_tokens", "Int64", "total tokens by the answer's own usage (the call record)"),
    Column("spend_tokens", "Int64", "total tokens by LiteLLM's spend log"),
    Column("trace_tokens", "Int64", "total tokens by the trace"),
    Column("call_usd", "float64", "US dollars by the call record"),
    Column("spend_usd", "float64", "US dollars by the spend log"),
    Column("trace_usd", "float64", "US dollars by the trace"),
    Column("difference", "string", 'the reasons, separated by "; "; empty if all agree'),
)

# Amounts this close are equal: stores round to 12 decimal places.
_EQUAL_USD = 1e-9


def reconcile(
    calls: pd.DataFrame, spend: pd.DataFrame, journal: pd.DataFrame, observations: pd.DataFrame
) -> pd.DataFrame:
    """One row per call of `calls`; see `Tracing.reconcile`."""
    attempts = attempts_of_calls(calls, journal, observations)
    spends = _by_id(spend, "request_id")
    traces = _by_id(observations[observations["request_id"].notna()], "request_id")
    rows = []
    for index, call in enumerate(calls.to_dict("records")):
        key = call["request_id"]
        rows.append(_row(call, attempts.of_call[index], spends.get(key), traces.get(key)))
    table = RECONCILE.frame(rows)
    table.attrs["unmatched_attempts"] = attempts.unmatched
    return table


def _by_id(table: pd.DataFrame, column: str) -> dict[Any, dict[Any, Any]]:
    """The rows by an id. If an id has several (a retry inside the gateway), the last one is the outcome."""
    return {row[column]: row for row in table.sort_values("started", kind="stable").to_dict("records")}


def _row(
    call: Mapping[Any, Any],
    attempts: list[dict[Any, Any]],
    spend: Mapping[Any, Any] | None,
    trace: Mapping[Any, Any] | None,
) -> dict[str, Any]:
    answered = [attempt for attempt in attempts if attempt["outcome"] == "answered"]
    row: dict[str, Any] = {
        **{name: call[name] for name in ("request_id", "started", "model", "status", "stream", "cache_hit")},
        "attempts": len(attempts),
        "failed_attempts": len(attempts) - len(answered),
        "journal_tokens": sum(int(a["prompt_tokens"]) + int(a["completion_tokens"]) for a in answered),
        "call_tokens": _known(call["total_tokens"]),
        "spend_tokens": _known(spend["total_tokens"]) if spend else None,
        "trace_tokens": _known(trace["total_tokens"]) if trace else None,
        "call_usd": _known(call["cost_usd"]),
        "spend_usd": _known(spend["cost_usd"]) if spend else None,
        "trace_usd": _known(trace["cost_usd"]) if trace else None,
    }
    reasons = _reasons(row, failed=_known(call["error"]) is not None, in_spend=spend is not None,
                       in_trace=trace is not None)  # fmt: skip
    return {**row, "difference": "; ".join(reasons)}


def _reasons(row: Mapping[str, Any], *, failed: bool, in_spend: bool, in_trace: bool) -> list[str]:
    """Why the accounts differ, including a reason for what no rule explains."""
    reasons = []
    if _known(row["request_id"]) is None:
        return ["no answer came, so the call has no id to find it by"]
    if not in_spend:
        reasons.append("not in the spend log (yet): gateway.spend.wait_for")
    if not in_trace:
        reasons.append("not in the trace store (yet, or kept out): tracing.wait_for_trace")
    if row["cache_hit"]:
        reasons.append("cache hit: no provider was asked; the first answer's tokens are repeated at no cost")
    elif failed and row["stream"] and row["spend_usd"]:
        reasons.append("stream broke: the spend log charges what had come, the trace does not")
    elif failed:
        reasons.append("failed: nothing was charged")
    elif not row["attempts"]:
        reasons.append("no journal row: a real provider or model, or the journal was cleared")
    if (count := row["failed_attempts"]) and not (failed and row["spend_usd"]):
        reasons.append(f"{count} failed attempt{'s' if count > 1 else ''} reached a provider, at no cost")
    if row["stream"] and row["call_tokens"] is None and not failed:
        reasons.append("stream without usage: the answer had no token counts")
    return reasons + _unexplained(row, failed=failed)


def _unexplained(row: Mapping[str, Any], *, failed: bool) -> list[str]:
    """Differences that remain between accounts that should agree."""
    reasons = []
    counted = [row[name] for name in ("call_tokens", "spend_tokens", "trace_tokens")]
    if not (row["cache_hit"] or failed) and row["attempts"]:
        counted.append(row["journal_tokens"])
    if len({value for value in counted if value is not None}) > 1 and not failed:
        reasons.append("tokens differ without a known reason")
    amounts = [row[name] for name in ("call_usd", "spend_usd", "trace_usd") if row[name] is not None]
    if amounts and not (failed and row["stream"]) and max(amounts) - min(amounts) > _EQUAL_USD:
        reasons.append("costs differ without a known reason")
    return reasons


def _known(value: Any) -> Any:
    import pandas as pd

    return None if pd.isna(value) else value
