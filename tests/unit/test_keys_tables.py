"""LiteLLM's lists and reports as tables, its refusals as sentences, and requests that carry no key in an address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from gateway_kit.errors import GatewayError, GatewayUnreachableError, KeyRefusedError, RequestRefusedError
from gateway_kit.keys import Keys
from gateway_kit.keys.reports import BY_TAG, days_of, report
from gateway_kit.keys.tables import (
    KEYS,
    keys_frame,
)
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.litellm_api.management import ManagementApi, plain

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECRET = "sk-0123456789abcdefWXYZ"


def entry(alias: str = "a", **more: Any) -> dict[str, Any]:
    return {"token": "0" * 64, "key_name": "sk-...WXYZ", "key_alias": alias, "spend": 0.5, **more}


def administrator(answer: Callable[[httpx.Request], httpx.Response], master: str | None = "sk-m") -> Keys:
    connection = Connection("http://gateway.test", "sk-abcd", master)
    return Keys(ManagementApi(connection, httpx.MockTransport(answer), timeout_s=5))


def test_keys_one_a_row_with_their_state() -> None:
    rows = [
        entry("fine", expires="2026-11-25T12:00:01Z", team_id="t", budget_reset_at="2300-01-01T00:00:00Z"),
        entry("ended", expires="2026-11-25T12:00:00+00:00", rpm_limit=3),
        entry("stopped", blocked=True, models=["phi3"]),
    ]
    frame = keys_frame(rows, {"t": "search"}, NOW)
    assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == KEYS.dtypes
    assert frame["state"].tolist() == ["active", "expired", "blocked"]
    assert frame["team"][0] == "search"
    assert frame["rpm_limit"][1] == 3
    assert frame["budget_reset_at"][0].year == 2300  # beyond what nanoseconds can tell


def test_a_report_adds_up_what_several_pages_tell() -> None:
    def part(usd: float, requests: int) -> dict[str, Any]:
        return {"metrics": {"spend": usd, "api_requests": requests}, "metadata": {}}

    parts = [("a", part(0.1, 1)), ("b", part(0.5, 2)), ("a", part(0.2, 3))]
    frame = report(parts, BY_TAG, lambda tag, _: (tag,))
    assert frame["tag"].tolist() == ["b", "a"]  # dearest first
    assert frame["spend_usd"].tolist() == [0.5, 0.3]  # and not 0.30000000000000004
    assert frame["requests"].tolist() == [2, 4]


def test_all_pages_are_read() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        if request.url.path == "/v2/team/list":
            return httpx.Response(200, json={"teams": [], "total_pages": 1})
        if request.url.path == "/tag/daily/activity":
            page = int(request.url.params["page"])
            day = {"date": "2026-11-25", "breakdown": {"entities": {}}, "metrics": {}}
            for tag in ("x", f"page{page}", "User-Agent: y"):
                day["breakdown"]["entities"][tag] = {"metrics": {"spend": 1.0, "api_requests": 1}}  # type: ignore[index]
            return httpx.Response(200, json={"results": [day], "metadata": {"total_pages": 3}})
        page = int(request.url.params["page"])
        return httpx.Response(200, json={"keys": [entry(f"k{page}")], "total_pages": 3})

    keys = administrator(answer)
    assert keys.list()["key_alias"].tolist() == ["k1", "k2", "k3"]
    tags = keys.reports.by_tag().set_index("tag")
    assert tags.loc["x", "requests"] == 3
    assert len(tags) == 4  # without LiteLLM's own
    assert len(keys.reports.by_tag(automatic=True)) == 5


def test_a_secret_never_stands_in_an_address_or_an_error() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(str(request.url))
        if request.url.path == "/key/generate":
            return httpx.Response(400, json={"error": {"message": f"no: {SECRET}"}})
        if request.url.path == "/key/list":
            return httpx.Response(200, json={"keys": []})
        return httpx.Response(404, json={"error": {"message": "not found"}})

    keys = administrator(answer)
    with pytest.raises(RequestRefusedError, match=r"knows no key sk-\.\.\.WXYZ"):
        keys.info(SECRET)
    with pytest.raises(GatewayError) as caught:
        keys.create("mine", secret=SECRET)
    assert SECRET not in str(caught.value)
    assert not any(SECRET in url for url in seen)


@pytest.mark.parametrize(
    ("status", "message", "kind", "words"),
    [
        (401, "Authentication Error - Expired Key.", KeyRefusedError, "LITELLM_MASTER_KEY"),
        (403, "Only proxy admin can", KeyRefusedError, "gateway-kit env"),
        (
            400,
            "{'error': 'max_budget must be'}",
            RequestRefusedError,
            "to /budget/list: max_budget must be\n",
        ),
        (500, "Regenerating is an Enterprise feature, …", RequestRefusedError, "needs a licence"),
        (500, "Internal Server Error.", GatewayError, "gateway-kit logs gateway"),
    ],
)
def test_refusals_say_what_to_do(status: int, message: str, kind: type[Exception], words: str) -> None:
    keys = administrator(lambda _: httpx.Response(status, json={"error": {"message": message}}))
    with pytest.raises(kind, match=words):
        keys.budgets.list()


def test_without_a_master_key_nothing_is_sent() -> None:
    with pytest.raises(KeyRefusedError, match="set LITELLM_MASTER_KEY"):
        administrator(lambda _: httpx.Response(200), master=None).budgets.list()


def test_an_unreachable_gateway_and_another_server_are_explained() -> None:
    def fail(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    with pytest.raises(GatewayUnreachableError, match="gateway-kit up"):
        administrator(fail).budgets.list()
    with pytest.raises(GatewayError, match="not JSON"):
        administrator(lambda _: httpx.Response(200, text="<html>")).budgets.list()


def test_waiting_for_spend_ends() -> None:
    keys = administrator(lambda _: httpx.Response(200, json={"keys": [entry(total_spend=0.1)]}))
    with pytest.raises(GatewayError, match="Waited 0 s for a spend of"):
        keys.wait_for_spend("0" * 64, 0.2, timeout_s=0.0)
    assert keys.wait_for_spend("0" * 64, 0.1) == 0.1


def test_days() -> None:
    assert days_of(date(2026, 1, 1), date(2026, 1, 1)) == (date(2026, 1, 1), date(2026, 1, 1))
    assert days_of(None, None)[0] == datetime.now(UTC).date()
    with pytest.raises(RequestRefusedError, match="since comes first"):
        days_of(date(2026, 1, 2), date(2026, 1, 1))
    with pytest.raises(RequestRefusedError, match="are dates"):
        days_of("2026-01-01", None)  # type: ignore[arg-type]


def test_a_short_prefix_cleans_nothing_up() -> None:
    with pytest.raises(RequestRefusedError, match="too much"):
        administrator(lambda _: httpx.Response(500)).clean_up("0")


def test_messages_are_taken_out_of_litellms_dict() -> None:
    assert plain("{'error': 'no'}") == "no"
    assert plain("{'message': 'no'}") == "no"
    assert plain("no") == "no"
    assert plain("{broken") == "{broken"
