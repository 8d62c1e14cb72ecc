"""The provider simulator's control API by HTTP, and its answers as tables. Internal."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx

from gateway_kit.common.certificates import certificates_for
from gateway_kit.common.owners import Owner
from gateway_kit.common.tables import TIME, Column, Table
from gateway_kit.errors import ProvidersError

if TYPE_CHECKING:
    import pandas as pd

_PROVIDER = Column("provider", "string", "openai, azure, anthropic, …")
_MODEL = Column("provider_model", "string", "the provider's name of the model")

FAULTS = Table(
    Column("id", "Int64", "its number"),
    Column("kind", "string", "as in `fault`"),
    Column("provider", "string", "which it strikes; missing: any"),
    Column("provider_model", "string", "which it strikes; missing: any"),
    Column("deployment", "string", "which it strikes; missing: any"),
    Column("retry_after_s", "Float64", "rate_limit: seconds in the `Retry-After` header"),
    Column("hold_s", "Float64", "timeout: seconds until the connection drops"),
    Column("latency_s", "Float64", "slow: seconds that an answer is late"),
    Column("after_chunks", "Int64", "cut_stream, stream_error: chunks before the stream breaks"),
    Column("probability", "Float64", "of striking a request; missing: always"),
    Column("count", "Int64", "requests that it strikes in all; missing: no limit"),
    Column("seconds", "Float64", "how long it is on; missing: no limit"),
    Column("hits", "Int64", "requests struck so far"),
    Column("remaining", "Int64", "requests still to be struck; missing: no limit"),
    Column("expires_in_s", "Float64", "seconds until it ends; missing: no limit"),
    Column("set_by", "string", "the process that it ends with; missing: it stays until it is cleared"),
)
ANSWERS = Table(
    Column("id", "Int64", "its number"),
    Column("pattern", "string", "a text that the prompt contains, or a regular expression between slashes"),
    Column("answer", "string", "the text; JSON and tool calls as JSON"),
    Column("provider", "string", "which it is for; missing: any"),
    Column("provider_model", "string", "which it is for; missing: any"),
    Column("hits", "Int64", "requests answered so far"),
    Column("from_file", "boolean", "from the file that the simulator was started with"),
    Column("set_by", "string", "the process that it ends with; missing: it stays until it is cleared"),
)
SIMULATED = Table(
    _PROVIDER,
    _MODEL,
    Column("kind", "string", "chat or embedding"),
    Column("context_window", "Int64", "tokens"),
    Column("dimensions", "Int64", "width of a vector; missing for chat models"),
)
PROFILES = Table(
    *SIMULATED,
    Column("ttft_s", "Float64", "seconds to the first token"),
    Column("tokens_per_s", "Float64", "output rate; missing for embedding models"),
    Column("jitter", "Float64", "relative spread of the times"),
)
JOURNAL = Table(
    Column("id", "Int64", "number of the row"),
    Column("started", TIME, "when the request arrived"),
    _PROVIDER,
    _MODEL,
    Column("deployment", "string", "known by its key or its address"),
    Column("call", "Int64", "number of the rehearsed call that it belongs to; missing outside of rehearsals"),
    Column("route", "string", "the path that was asked"),
    Column("stream", "boolean", "was a stream asked for"),
    Column("prompt", "string", "the last message, shortened to 200 characters"),
    Column("prompt_tokens", "Int64", "tokens read"),
    Column("completion_tokens", "Int64", "tokens written"),
    Column("status", "Int64", "HTTP status; missing if no answer was begun"),
    Column("outcome", "string", "answered, refused, cut (a broken stream), no_answer or client_left"),
    Column("fault", "string", "kind of the fault that struck; missing: none"),
    Column(
        "source",
        "string",
        "what the answer comes from: own, help_desk, judge, tool, tool_result, bank, made_up, planned (a rehearsal's) "
        "or embeddings_model",
    ),
    Column("ttft_s", "Float64", "seconds to the first byte of the answer"),
    Column("latency_s", "Float64", "seconds to its end"),
    Column("response_id", "string", "the answer's id"),
)
LATENCIES = Table(
    Column("deployment", "string", "which it is for; missing: any"),
    Column("provider", "string", "which it is for; missing: any"),
    Column("provider_model", "string", "which it is for; missing: any"),
    Column("whole_p50_s", "Float64", "median seconds to the end, no streams"),
    Column("whole_p95_s", "Float64", "their 95th percentile"),
    Column("ttft_p50_s", "Float64", "median seconds to a stream's first token"),
    Column("ttft_p95_s", "Float64", "their 95th percentile"),
    Column("stream_p50_s", "Float64", "median seconds to a stream's end"),
    Column("stream_p95_s", "Float64", "their 95th percentile"),
    Column("answers", "Int64", "times drawn so far"),
    Column("set_by", "string", "the process that it ends with; missing: it stays until it is cleared"),
)
# The simulator's names of the columns, as far as they differ.
_NAMES = {"provider_model": "model", "started": "ts", "response_id": "request_id", "set_by": "lease"}


class SimulatorApi:
    """Requests to the simulator; its refusals are ProvidersErrors, with its own sentence."""

    def __init__(self, url: str, transport: httpx.BaseTransport | None, *, timeout_s: float) -> None:
        self.url = url.rstrip("/")
        self._transport, self._timeout_s = transport, timeout_s
        self._open()

    def _open(self) -> None:
        self._pid = os.getpid()
        # The simulator is on this machine: a proxy of the environment would only be in the way.
        self._http = httpx.Client(
            base_url=self.url,
            timeout=self._timeout_s,
            transport=self._transport,
            trust_env=False,
            verify=certificates_for(self.url),
        )

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def request(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        """The JSON answer; of `json` and `params` those that are None are left out."""
        if self._pid != os.getpid():  # a fork shares the parent's connections, and two cannot speak on one
            self._open()
        for name in ("json", "params"):
            if name in options:
                options[name] = {key: value for key, value in options[name].items() if value is not None}
        try:
            response = self._http.request(method, path, **options)
            body = response.json()
        except UnicodeEncodeError as exc:
            part = f"{exc.object[exc.start : exc.end]!a} at position {exc.start}"
            raise ProvidersError(
                f"{method} {path} was not sent: {part} is no character ({exc.reason})"
            ) from exc
        except httpx.HTTPError as exc:
            raise ProvidersError(
                f"The provider simulator at {self.url} does not answer ({type(exc).__name__}). "
                "Start it with: gateway-kit up"
            ) from exc
        except ValueError:
            body = None
        if response.is_success and isinstance(body, dict):
            return body
        why = body.get("error") if isinstance(body, dict) else None
        if isinstance(why, str):
            raise ProvidersError(f"The provider simulator refused {method} {path}: {why}")
        raise ProvidersError(
            f"What answers at {self.url} is not the provider simulator. Check PROVIDERS_URL: gateway-kit env"
        )


def simulator_frame(table: Table, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """The simulator's rows as one of the tables above."""
    return table.frame(simulator_rows(table, rows))


def simulator_rows(table: Table, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The same with a dict for each row, None where a value is missing."""
    return [{name: _value(name, _entry(name, row)) for name in table.columns} for row in rows]


def _entry(name: str, row: Mapping[str, Any]) -> Any:
    if name == "answer":
        return next(row[kind] for kind in ("text", "json", "tool_calls") if kind in row)
    return row.get(_NAMES.get(name, name))


def _value(name: str, value: Any) -> Any:
    if name == "set_by":
        return None if value is None else str(Owner.read(value["owner"]) or "a client without a name")
    if name == "answer":
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if name == "started":
        # Whole milliseconds: a float of seconds would bring its rounding noise along.
        return None if value is None else datetime.fromtimestamp(round(value * 1000) / 1000, UTC)
    return value
