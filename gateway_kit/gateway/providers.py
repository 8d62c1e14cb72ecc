"""Control of the simulated providers: faults, latency profiles, and the journal of what reached them.

providers = Providers()                        # PROVIDERS_URL, or the local stack's
with providers.fault("openai", kind="rate_limit", retry_after_s=2):
    ...                                        # every call to openai is answered with 429
providers.journal(provider="openai")           # one row a request
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, Self

import httpx
import pandas as pd

from gateway_kit.common.local_stack import read_local_stack
from gateway_kit.errors import ProvidersError

FaultKind = Literal["rate_limit", "server_error", "timeout", "slow", "cut_stream"]

FAULT_COLUMNS: Mapping[str, str] = {
    "id": "Int64",
    "kind": "string",
    "provider": "string",
    "model": "string",
    "deployment": "string",
    "retry_after_s": "Float64",
    "hold_s": "Float64",
    "latency_s": "Float64",
    "after_chunks": "Int64",
    "probability": "Float64",
    "count": "Int64",
    "seconds": "Float64",
    "hits": "Int64",
    "remaining": "Int64",
    "expires_in_s": "Float64",
}
PROFILE_COLUMNS: Mapping[str, str] = {
    "provider": "string",
    "model": "string",
    "kind": "string",
    "context_window": "Int64",
    "dimensions": "Int64",
    "ttft_s": "Float64",
    "tokens_per_s": "Float64",
    "jitter": "Float64",
}
MODEL_COLUMNS: Mapping[str, str] = {
    name: PROFILE_COLUMNS[name] for name in ("provider", "model", "kind", "context_window", "dimensions")
}
JOURNAL_COLUMNS: Mapping[str, str] = {
    "id": "Int64",
    "ts": "datetime64[ns, UTC]",
    "provider": "string",
    "model": "string",
    "deployment": "string",
    "route": "string",
    "stream": "boolean",
    "prompt": "string",
    "prompt_tokens": "Int64",
    "completion_tokens": "Int64",
    "status": "Int64",
    "outcome": "string",
    "fault": "string",
    "source": "string",
    "ttft_s": "Float64",
    "latency_s": "Float64",
    "request_id": "string",
}


class Fault:
    """A fault that is on. `off()`, or the end of a `with` block, switches it off; both may be repeated."""

    def __init__(self, owner: Providers, row: Mapping[str, Any]) -> None:
        self._owner = owner
        self.id: int = int(row["id"])
        self.kind: str = str(row["kind"])
        self._scope = {name: row[name] for name in ("provider", "model", "deployment") if row.get(name)}

    def off(self) -> None:
        """Switches the fault off, also where its count or its time has run out already."""
        self._owner._request("DELETE", f"/_sim/faults/{self.id}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.off()

    def __repr__(self) -> str:
        where = " ".join(f"{name}={value}" for name, value in self._scope.items()) or "every provider"
        return f"<Fault {self.id}: {self.kind} at {where}>"


class Providers:
    """A client of the provider simulator's control API.

    Every method raises ProvidersError where the simulator is unreachable or refuses the request; the
    message is the simulator's own sentence.
    """

    def __init__(
        self, url: str | None = None, *, timeout_s: float = 5.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.url = (
            url or os.environ.get("PROVIDERS_URL") or read_local_stack().variables["PROVIDERS_URL"]
        ).rstrip("/")
        # The simulator is on this machine: a proxy of the environment would only be in the way.
        # Without TLS there are no certificates to load, which takes longer than many requests.
        self._client = httpx.Client(
            base_url=self.url,
            timeout=timeout_s,
            transport=transport,
            trust_env=False,
            verify=self.url.startswith("https:"),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connection. Faults and profiles stay as they are: see `reset`."""
        self._client.close()

    def __repr__(self) -> str:
        return f"Providers({self.url!r})"

    def fault(
        self,
        provider: str | None = None,
        *,
        kind: FaultKind,
        model: str | None = None,
        deployment: str | None = None,
        retry_after_s: int | None = None,
        hold_s: float | None = None,
        latency_s: float | None = None,
        after_chunks: int | None = None,
        probability: float | None = None,
        count: int | None = None,
        seconds: float | None = None,
        seed: int | None = None,
    ) -> Fault:
        """A fault that is on from now; use it in a `with` block, or call its `off()`.

        What it strikes: requests to `provider` and `model` (the name that reaches the provider) and
        `deployment`; None means any. A deployment is named by its key (`sim-openai-east` has the name
        `openai-east`) or by its address (`http://127.0.0.1:4010/d/openai-east/v1`).

        What it does, by kind:
          rate_limit    429 with `Retry-After: retry_after_s` (default 1)
          server_error  500
          timeout       no answer for `hold_s` seconds (default 60), then the connection drops
          slow          the answer comes `latency_s` seconds later (default 2)
          cut_stream    a stream breaks after `after_chunks` chunks (default 3); other requests pass

        How often: `probability` in [0, 1] per request, repeatable by `seed`; the next `count` requests
        only; for `seconds` from now. None means always.
        """
        wish = {
            "kind": kind,
            "provider": provider,
            "model": model,
            "deployment": deployment,
            "retry_after_s": retry_after_s,
            "hold_s": hold_s,
            "latency_s": latency_s,
            "after_chunks": after_chunks,
            "probability": probability,
            "count": count,
            "seconds": seconds,
            "seed": seed,
        }
        given = {name: value for name, value in wish.items() if value is not None}
        return Fault(self, self._request("POST", "/_sim/faults", json=given))

    def faults(self) -> pd.DataFrame:
        """The faults that are on, one a row: FAULT_COLUMNS.

        `retry_after_s`, `hold_s`, `latency_s`, `seconds` and `expires_in_s` are seconds; `hits` counts the
        requests struck, `remaining` those still to be struck (missing: no limit).
        """
        return _frame(self._request("GET", "/_sim/faults")["faults"], FAULT_COLUMNS)

    def clear_faults(self) -> int:
        """Switches all faults off and lets go of the requests they hold; returns how many faults were on."""
        return int(self._request("DELETE", "/_sim/faults")["removed"])

    def profile(
        self,
        model: str,
        *,
        provider: str | None = None,
        ttft_s: float | None = None,
        tokens_per_s: float | None = None,
        jitter: float | None = None,
        context_window: int | None = None,
    ) -> pd.DataFrame:
        """The changed profiles, as `profiles` has them; what is None stays as it was.

        `model` is the name that reaches the provider, "*" for all; without `provider` every provider's
        model of that name changes. `ttft_s` is seconds to the first token, `jitter` the relative spread
        of the times in [0, 0.9], `context_window` tokens.
        """
        wish: dict[str, Any] = {
            "model": model,
            "provider": provider,
            "ttft_s": ttft_s,
            "tokens_per_s": tokens_per_s,
            "jitter": jitter,
            "context_window": context_window,
        }
        given = {name: value for name, value in wish.items() if value is not None}
        return _frame(self._request("PATCH", "/_sim/profiles", json=given)["profiles"], PROFILE_COLUMNS)

    def profiles(self) -> pd.DataFrame:
        """How each simulated model behaves, one a row: PROFILE_COLUMNS.

        `ttft_s` seconds, `tokens_per_s` output rate (missing for embedding models), `jitter` relative
        spread, `context_window` tokens, `dimensions` width of a vector (missing for chat models).
        """
        return _frame(self._request("GET", "/_sim/profiles")["profiles"], PROFILE_COLUMNS)

    def reset_profiles(self) -> None:
        """Puts every profile back to what the simulator starts with."""
        self._request("DELETE", "/_sim/profiles")

    def models(self) -> pd.DataFrame:
        """The simulated models, one a row: MODEL_COLUMNS. `kind` is "chat" or "embedding"."""
        return _frame(self._request("GET", "/_sim/models")["models"], MODEL_COLUMNS)

    def prompts(self) -> list[str]:
        """Prompts that the simulator answers from its bank, the same each time; any other goes to a real model."""
        return [str(prompt) for prompt in self._request("GET", "/_sim/prompts")["prompts"]]

    def journal(
        self,
        *,
        since: float | datetime | None = None,
        provider: str | None = None,
        model: str | None = None,
        deployment: str | None = None,
        status: int | None = None,
        fault: FaultKind | None = None,
        limit: int | None = None,
    ) -> pd.DataFrame:
        """What reached the providers, one finished request a row, oldest first: JOURNAL_COLUMNS.

        `since` is a time (seconds since 1970, or a datetime with a zone), `limit` keeps the newest rows;
        the simulator remembers 10,000. `ts` is the request's arrival; `ttft_s` the seconds to the first
        byte of the answer, `latency_s` to its end. `status` is missing where no answer was begun.
        `outcome`: answered, refused (an error answer), cut (a stream broken by the simulator), no_answer
        (dropped unanswered), client_left. `fault` is the fault that struck, `source` who wrote the
        answer: bank, chat_model or embeddings_model. `prompt` is the last message, shortened to 200
        characters. Keys are never in the journal.
        """
        # A datetime without a zone would be read as local time by some and as UTC by others.
        if isinstance(since, datetime) and since.tzinfo is None:
            raise ProvidersError("`since` has no time zone; use datetime.now(timezone.utc), or time.time().")
        moment = since.timestamp() if isinstance(since, datetime) else since
        wish = {
            "since": moment,
            "provider": provider,
            "model": model,
            "deployment": deployment,
            "status": status,
            "fault": fault,
            "limit": limit,
        }
        given = {name: value for name, value in wish.items() if value is not None}
        return _frame(self._request("GET", "/_sim/journal", params=given)["rows"], JOURNAL_COLUMNS)

    def clear_journal(self) -> int:
        """Empties the journal; returns how many rows it had."""
        return int(self._request("DELETE", "/_sim/journal")["cleared"])

    def reset(self) -> None:
        """Faults off, profiles as at the start, journal empty."""
        self._request("POST", "/_sim/reset")

    def _request(self, method: str, path: str, **options: Any) -> dict[str, Any]:
        try:
            response = self._client.request(method, path, **options)
            body = response.json()
        except UnicodeEncodeError as exc:
            found = f"{exc.object[exc.start : exc.end]!a} at position {exc.start}"
            raise ProvidersError(
                f"{method} {path} was not sent: {found} is no character ({exc.reason})"
            ) from exc
        except httpx.HTTPError as exc:
            raise ProvidersError(
                f"The provider simulator at {self.url} does not answer ({type(exc).__name__}). "
                "Start it with: gateway-kit up"
            ) from exc
        except ValueError as exc:
            raise ProvidersError(
                f"What answers at {self.url} is not the provider simulator. Check PROVIDERS_URL: gateway-kit env"
            ) from exc
        if response.is_success and isinstance(body, dict):
            return body
        why = body.get("error") if isinstance(body, dict) else None
        if not isinstance(why, str):
            raise ProvidersError(
                f"What answers at {self.url} is not the provider simulator. Check PROVIDERS_URL: gateway-kit env"
            )
        raise ProvidersError(f"The provider simulator refused {method} {path}: {why}")


def _frame(rows: list[dict[str, Any]], columns: Mapping[str, str]) -> pd.DataFrame:
    """A DataFrame with exactly these columns and dtypes, also where there are no rows."""
    frame = (
        pd.DataFrame.from_records(rows, columns=list(columns))
        if rows
        else pd.DataFrame(columns=list(columns))
    )
    if "ts" in columns:
        # Whole milliseconds: a float of seconds would bring its rounding noise along.
        milliseconds = (frame["ts"].astype("Float64") * 1000).round().astype("Int64")
        frame["ts"] = pd.to_datetime(milliseconds, unit="ms", utc=True).astype("datetime64[ns, UTC]")
    return frame.astype(dict(columns))
