"""Three accounts of the same calls, side by side: the providers' journal, LiteLLM's spend log, the traces.

Pure functions on the tables of `Gateway.calls`, `gateway.spend.logs`, `Providers.journal` and
`Tracing.observations`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway_kit.tracing.attempts import attempts_of_calls
from gateway_kit.tracing.observation_table import frame

if TYPE_CHECKING:
    import pandas as pd

RECONCILE_COLUMNS: Mapping[str, str] = {
    "request_id": "string",
    "started": "datetime64[ns, UTC]",
    "model": "string",
    "status": "Int64",
    "stream": "boolean",
    "cache_hit": "boolean",
    "attempts": "Int64",
    "failed_attempts": "Int64",
    "journal_tokens": "Int64",
    "call_tokens": "Int64",
    "spend_tokens": "Int64",
    "trace_tokens": "Int64",
    "call_usd": "float64",
    "spend_usd": "float64",
    "trace_usd": "float64",
    "difference": "string",
}

# Below this two amounts are the same: stores round to 12 decimal places.
_CENT_OF_NOTHING = 1e-9


def reconcile(
    calls: pd.DataFrame, spend: pd.DataFrame, journal: pd.DataFrame, observations: pd.DataFrame
) -> pd.DataFrame:
    """One row per call of `calls`, in their order, with what each account says of it, and why they differ.

    reconcile(gateway.calls.frame(), gateway.spend.wait_for(ids), providers.journal(), tracing.observations())

    column           dtype                 meaning
    request_id       string                LiteLLM's id of the call
    started          datetime64[ns, UTC]   as in the call record
    model            string                the name that was asked for
    status           Int64                 HTTP status that the caller got
    stream, cache_hit  boolean             as in the call record
    attempts         Int64                 requests that reached a simulated provider for this call
    failed_attempts  Int64                 those of them without an answer of status 200 to its end
    journal_tokens   Int64                 tokens of the answered attempts, by the provider's journal
    call_tokens      Int64                 total tokens by the answer's own usage (the call record)
    spend_tokens     Int64                 total tokens by LiteLLM's spend log
    trace_tokens     Int64                 total tokens by the trace
    call_usd, spend_usd, trace_usd  float64   US dollars by the same three
    difference       string                the reasons, "; " between them; "" where all agree

    A journal row belongs to the call whose answer carries its id; one without an answer, or of an embedding,
    to the only call that was under way then and had this prompt. Where several were, it belongs to none of them,
    and `frame.attrs["unmatched_attempts"]` counts it.
    """
    attempts = attempts_of_calls(calls, journal, observations)
    spends = _by_id(spend, "request_id")
    traces = _by_id(observations[observations["request_id"].notna()], "request_id")
    rows = []
    for index, call in enumerate(calls.to_dict("records")):
        key = call["request_id"]
        rows.append(_row(call, attempts.of_call[index], spends.get(key), traces.get(key)))
    made = frame(rows, RECONCILE_COLUMNS)
    made.attrs["unmatched_attempts"] = attempts.unmatched
    return made


def _by_id(table: pd.DataFrame, column: str) -> dict[Any, dict[Any, Any]]:
    """The rows by an id; of several (a retry inside the gateway) the last one counts, which is the outcome."""
    return {row[column]: row for row in table.sort_values("started", kind="stable").to_dict("records")}


def _row(
    call: Mapping[Any, Any],
    attempts: list[dict[Any, Any]],
    spend: Mapping[Any, Any] | None,
    trace: Mapping[Any, Any] | None,
) -> dict[str, Any]:
    answered = [one for one in attempts if one["outcome"] == "answered"]
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
    """Why the accounts differ; what none of the rules explains is called so."""
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
        reasons.append("stream without usage: the answer told no tokens")
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
    if amounts and not (failed and row["stream"]) and max(amounts) - min(amounts) > _CENT_OF_NOTHING:
        reasons.append("costs differ without a known reason")
    return reasons


def _known(value: Any) -> Any:
    import pandas as pd

    return None if pd.isna(value) else value
