"""The providers client: its requests, its tables and its errors."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pandas as pd
import pytest

from gateway_kit.errors import KitError, ProvidersError
from gateway_kit.gateway.providers import Providers
from gateway_kit.gateway.simulator import JOURNAL

URL = "http://127.0.0.1:4010"


class Recorder:
    """A control API that answers from a table and records the requests."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.requests: list[tuple[str, str, Any]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else dict(request.url.params)
        self.requests.append((request.method, request.url.path, body))
        return httpx.Response(200, json=self.answers[f"{request.method} {request.url.path}"])


def client(handler: Callable[[httpx.Request], httpx.Response]) -> Providers:
    return Providers(URL, transport=httpx.MockTransport(handler))


LEASE = {"id": "l-1", "client": "c-1"}
OFF = {"removed": 1, "in_force": True}
NOTHING_LEFT: dict[str, Any] = {"holds": {"faults": [], "profiles": []}}


def test_a_fault_is_on_at_once_and_off_after_the_block() -> None:
    row = {"id": 7, "kind": "rate_limit", "provider": "openai", "model": None, "deployment": None}
    answers = {
        "POST /_sim/faults": row | {"lease": LEASE},
        "DELETE /_sim/faults/7": OFF,
        "POST /_sim/leases/renew": NOTHING_LEFT,
    }
    recorder = Recorder(answers)
    with client(recorder) as providers:
        with providers.fault("openai", kind="rate_limit", retry_after_s=2, count=3) as fault:
            assert fault.id == 7
            assert repr(fault) == "<Fault 7: rate_limit at provider=openai>"
            assert len(recorder.requests) == 1
        fault.off()
    sent = {"kind": "rate_limit", "provider": "openai", "retry_after_s": 2, "count": 3}
    (_, _, first), *rest = recorder.requests
    lease = first.pop("lease")
    assert first == sent
    assert (lease["lease_s"], lease["owner"]["pid"]) == (30.0, os.getpid())
    assert rest == [
        ("DELETE", "/_sim/faults/7", {"lease": "l-1"}),
        ("POST", "/_sim/leases/renew", {"client": lease["client"]}),
    ]


def test_closing_gives_back_what_is_leased() -> None:
    row = {"id": 1, "kind": "slow", "lease": LEASE}
    recorder = Recorder({"POST /_sim/faults": row, "DELETE /_sim/leases": {"ended": True}})
    with client(recorder) as providers:
        fault = providers.fault(kind="slow")
    fault.off()  # it is off already
    assert [request[:2] for request in recorder.requests] == [
        ("POST", "/_sim/faults"),
        ("DELETE", "/_sim/leases"),
    ]


def test_a_fault_that_is_kept_has_no_lease() -> None:
    row = {"id": 7, "kind": "slow", "lease": None}
    recorder = Recorder({"POST /_sim/faults": row, "DELETE /_sim/faults/7": OFF})
    with client(recorder) as providers:
        providers.fault(kind="slow", keep=True).off()
    assert recorder.requests == [
        ("POST", "/_sim/faults", {"kind": "slow"}),
        ("DELETE", "/_sim/faults/7", {}),
    ]


def test_a_fault_also_ends_when_the_block_raises() -> None:
    row = {"id": 1, "kind": "slow", "lease": LEASE}
    answers = {
        "POST /_sim/faults": row,
        "DELETE /_sim/faults/1": OFF,
        "POST /_sim/leases/renew": NOTHING_LEFT,
    }
    recorder = Recorder(answers)
    with client(recorder) as providers:
        with pytest.raises(ZeroDivisionError), providers.fault(kind="slow"):
            raise ZeroDivisionError
        assert recorder.requests[1][:2] == ("DELETE", "/_sim/faults/1")


def test_journal_rows_have_their_dtypes() -> None:
    row = {
        "id": 1, "ts": 1_795_455_881.837, "provider": "openai", "model": "m", "deployment": "", "route": "/v1/x",
        "stream": True, "prompt": "p", "prompt_tokens": 3, "completion_tokens": 0, "status": None,
        "outcome": "client_left", "fault": None, "source": None, "ttft_s": None, "latency_s": 1.5, "request_id": "r",
    }  # fmt: skip
    frame = client(lambda _: httpx.Response(200, json={"rows": [row, row | {"status": 200}]})).journal()
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == JOURNAL.dtypes
    assert frame.started[0] == pd.Timestamp("2026-11-23 17:44:41.837", tz="UTC")
    assert frame.iloc[0][["provider_model", "response_id"]].to_list() == ["m", "r"]
    assert frame.status.isna().tolist() == [True, False]


def test_journal_filters_are_sent_and_none_values_are_omitted() -> None:
    recorder = Recorder({"GET /_sim/journal": {"rows": []}})
    providers = client(recorder)
    providers.journal(since=datetime(2026, 1, 1, tzinfo=UTC), provider="azure", status=429, limit=5)
    assert recorder.requests[0][2] == {
        "since": "1767225600.0",
        "provider": "azure",
        "status": "429",
        "limit": "5",
    }
    with pytest.raises(ProvidersError, match="no time zone"):
        providers.journal(since=datetime(2026, 1, 1))


def test_a_profile_sends_only_changed_values_including_zero() -> None:
    recorder = Recorder({"PATCH /_sim/profiles": {"profiles": [], "lease": None}})
    client(recorder).profile("gpt-4o-mini", ttft_s=0.0, keep=True)
    assert recorder.requests == [("PATCH", "/_sim/profiles", {"model": "gpt-4o-mini", "ttft_s": 0.0})]


def test_errors_are_kit_errors_and_name_the_next_command() -> None:
    def dead(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(ProvidersError, match=r"does not answer .*gateway-kit up"):
        client(dead).faults()
    refusing = client(lambda _: httpx.Response(400, json={"error": "There is no provider."}))
    with pytest.raises(ProvidersError, match=r"refused GET /_sim/faults: There is no provider\."):
        refusing.faults()
    for strange in (httpx.Response(200, text="<html>"), httpx.Response(404, json={"detail": "no"})):
        with pytest.raises(ProvidersError, match="is not the provider simulator"):
            client(lambda _, answer=strange: answer).faults()  # type: ignore[misc]
    assert issubclass(ProvidersError, KitError)
