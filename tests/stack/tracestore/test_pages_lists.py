"""The lists of traces, sessions and users: outcomes, scores, models, users and filters."""

from __future__ import annotations

import re
import time
from html import unescape
from typing import Any

import pytest

from .page_reader import Elements, Reader
from .page_traffic import assistant_trace, gateway_call, score, send, span


def table(text: str) -> list[dict[str, str]]:
    """The rows of a page's first table: texts by the heads of their columns."""
    part = text.split("<table")[1].split("</table>")[0]

    def plain(html: str) -> str:
        return " ".join(unescape(re.sub(r"</?bdi>", "", re.sub(r"<(?!/?bdi)[^>]+>", " ", html))).split())

    heads = [plain(cell) for cell in re.findall(r"<th scope=\"col\".*?>(.*?)</th>", part, re.DOTALL)]
    rows = [
        [plain(cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)]
        for row in part.split("<tbody")[1].split("</tr>")[:-1]
    ]
    assert all(len(row) == len(heads) for row in rows), (heads, rows)
    return [dict(zip(heads, row, strict=True)) for row in rows]


def failed_call(start_s: float, name: str, **fields: Any) -> dict[str, Any]:
    return gateway_call(start_s, name=name, failed=True, **fields)


def outcomes(now: float) -> list[dict[str, Any]]:
    """A trace of each kind, the newest first: top, inside, attempt, called, ok."""
    inside = assistant_trace(now - 200)
    for one in inside:
        one["attributes"] = [
            {**part, "value": {"stringValue": "inside"}} if part["key"] == "langfuse.trace.name" else part
            for part in one["attributes"]
        ]
    # As LiteLLM's callback tells a call that a fallback answered: its first failure and its end, side by side.
    tried = {
        "observation__metadata__litellm_call_id": "one-call",
        "trace__name": "attempt",
        "kind": "generation",
    }
    attempt = [
        span("a", "a1" * 16, start_s=now - 300, observation__level="ERROR", **tried),
        span("b", "a1" * 16, start_s=now - 299, **tried),
    ]
    # The first span of an application that another program called: its parent is not here.
    called = [
        span("help desk", "a2" * 16, start_s=now - 400, parent="12" * 8, internal__is_app_root=True,
             observation__level="ERROR", trace__name="called"),
        span("draft", "a2" * 16, start_s=now - 400, kind="generation", observation__level="ERROR",
             trace__name="called"),
    ]  # fmt: skip
    called[1]["parentSpanId"] = called[0]["spanId"]
    return [failed_call(now - 100, "top"), *inside, *attempt, *called, gateway_call(now - 500, name="ok")]


def test_an_error_at_the_top_differs_from_a_caught_one(page: Reader) -> None:
    send(page.store.http, outcomes(time.time()))
    rows = {row["Name"]: row["Outcome"] for row in table(page.get("/traces"))}
    assert rows == {
        "top": "failed", "inside": "error inside", "attempt": "error inside", "called": "failed", "ok": "ok",
    }  # fmt: skip
    assert page.traces(outcome="failed") == ["top", "called"]
    assert page.traces(outcome="caught") == ["inside", "attempt"]
    assert page.traces(outcome="ok") == ["ok"]
    assert page.traces(outcome="failed", window="1h", model="gpt-4o-mini") == ["top"]
    assert page.traces(outcome="failed", q="429") == ["top"]
    trace_id = re.findall(r'href="/traces/(\w+)"', page.get("/traces", name="inside"))[0]
    assert "a retry, a fallback or the code itself caught it" in page.get(f"/traces/{trace_id}")
    assert "There is no such outcome" in page.get("/traces", outcome="lost")


def test_two_calls_of_one_trace_can_fail_separately(page: Reader) -> None:
    # LiteLLM makes one trace of a session's calls.
    now = time.time()
    send(page.store.http, [
        span("a", "b1" * 16, start_s=now - 2, observation__level="ERROR", observation__metadata__litellm_call_id="1"),
        span("b", "b1" * 16, start_s=now - 1, observation__metadata__litellm_call_id="2"),
    ])  # fmt: skip
    assert [row["Outcome"] for row in table(page.get("/traces"))] == ["failed"]


def test_sessions_count_failed_traces(page: Reader) -> None:
    now = time.time()
    inner = [
        span(
            f"attempt {number}", "c1" * 16, start_s=now - 50, observation__level="ERROR", session__id="mixed"
        )
        for number in range(3)
    ]
    root = span("root", "c1" * 16, start_s=now - 51, duration_s=2, session__id="mixed", user__id="ann")
    for one in inner:
        one["parentSpanId"] = root["spanId"]
    send(page.store.http, [
        root, *inner, failed_call(now - 40, "x", session="mixed", user="bob"),
        failed_call(now - 39, "y", session="mixed"),
        gateway_call(now - 38, name="z", session="mixed"),
        gateway_call(now - 90, name="w", session="fine", user="ann"),
    ])  # fmt: skip
    rows = table(page.get("/sessions"))
    assert [(row["Session"], row["Traces"], row["Failed traces"]) for row in rows] == [
        ("mixed", "4", "2"), ("fine", "1", "0"),
    ]  # fmt: skip
    links = [
        attributes.get("href") for tag, attributes in Elements(page.get("/sessions")).elements if tag == "a"
    ]
    assert "/traces?session=mixed&outcome=failed" in links
    assert page.traces(session="mixed", outcome="failed") == ["y", "x"]
    assert [row["Session"] for row in table(page.get("/sessions", outcome="failed"))] == ["mixed"]
    assert [row["Session"] for row in table(page.get("/sessions", user="ann"))] == ["mixed", "fine"]
    assert [row["Session"] for row in table(page.get("/sessions", q="FIN"))] == ["fine"]
    assert "No session matches" in page.get("/sessions", q="fin", outcome="failed")
    assert "2 failed" in page.get("/session", id="mixed")


def test_users_have_their_traces_tokens_cost_times_and_failures(page: Reader) -> None:
    now = time.time() // 1 - 10
    # A trace is its user's with all that it used, though only its root names the user.
    root = span("app", "d1" * 16, start_s=now - 20, user__id="ann")
    inner = span("chat", "d1" * 16, start_s=now - 19, parent=root["spanId"], kind="generation",
                 observation__usage_details={"input": 10, "output": 5, "total": 15},
                 observation__cost_details={"total": 0.25})  # fmt: skip
    send(page.store.http, [
        root, inner, gateway_call(now - 3 * 86400, user="ann", cost_usd=0.5), failed_call(now - 30, "f", user="ben"),
        gateway_call(now - 40, user="ben", cost_usd=1.5), gateway_call(now, user=""),
    ])  # fmt: skip
    text = page.get("/users")
    assert "2 users, all time, the latest first." in text
    ann, ben = table(text)
    stamp = [time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now - ago)) for ago in (3 * 86400, 20)]
    assert ann == {
        "User": "ann", "Traces": "2", "Failed traces": "0", "Tokens": "215", "Cost (USD)": "$0.75",
        "First seen (UTC)": stamp[0], "Last seen (UTC)": stamp[1], "Sessions": "sessions",
    }  # fmt: skip
    assert (ben["Traces"], ben["Failed traces"], ben["Cost (USD)"]) == ("2", "1", "$1.50")
    within = table(page.get("/users", window="24h"))
    assert [(row["User"], row["Traces"], row["Cost (USD)"]) for row in within] == [
        ("ann", "1", "$0.25"), ("ben", "2", "$1.50"),
    ]  # fmt: skip
    assert [row["User"] for row in table(page.get("/users", outcome="failed"))] == ["ben"]
    assert [row["User"] for row in table(page.get("/users", q="AN"))] == ["ann"]
    links = [attributes.get("href") for _, attributes in Elements(page.get("/users", window="24h")).elements]
    assert {"/traces?window=24h&user=ann", "/traces?window=24h&outcome=failed&user=ben",
            "/sessions?window=24h&user=ann"} <= set(links)  # fmt: skip


@pytest.mark.parametrize("path", ["/users", "/sessions"])
def test_pages_of_users_and_sessions_continue_and_keep_their_filters(page: Reader, path: str) -> None:
    now = time.time()
    calls = [
        gateway_call(now - number, user=f"u{number:03}", session=f"s{number:03}") for number in range(120)
    ]
    others = [
        gateway_call(now - number, user=f"x{number:03}", session=f"x{number:03}") for number in range(20)
    ]
    send(page.store.http, calls + others)
    names, following = [], f"{path}?q={path[1]}&window=24h"
    while following:
        text = page.get(following)
        names += re.findall(r'<a class="open" href="[^"]+"><bdi>(.*?)</bdi>', text)
        further = re.search(r'<a rel="next" href="([^"]+)"', text)
        following = unescape(further[1]) if further else ""
        assert not following or {f"q={path[1]}", "window=24h"} <= set(following.partition("?")[2].split("&"))
    assert names == [f"{path[1]}{number:03}" for number in range(120)]
    form = [
        attributes for tag, attributes in Elements(page.get(f"{path}?window=24h")).elements if tag == "input"
    ]
    assert {"type": "hidden", "name": "window", "value": "24h"} in form


def test_scores_are_a_column_and_a_filter(page: Reader) -> None:
    now, http = time.time(), page.store.http
    calls = {
        name: gateway_call(now - place, name=name)
        for place, name in enumerate(("best", "mean", "poor", "none"))
    }
    send(http, list(calls.values()))
    trace = {name: call["traceId"] for name, call in calls.items()}
    score(http, trace["best"], "helpful", 1)
    score(http, trace["mean"], "helpful", 0.5, 0.9)
    score(http, trace["mean"], "helpful", 0.1, observationId=calls["mean"]["spanId"])
    score(http, trace["poor"], "helpful", -0.25)
    score(http, trace["best"], "verdict", "Good")
    score(http, trace["poor"], "verdict", "bad", "good")
    score(http, trace["best"], "on topic", 1, dataType="BOOLEAN")
    score(http, trace["poor"], "on topic", 0, 1, dataType="BOOLEAN")
    rows = {row["Name"]: row["Scores"] for row in table(page.get("/traces"))}
    assert rows == {
        "best": "helpful: 1 on topic: True verdict: Good", "mean": "helpful: 0.5 (3 scores)",
        "poor": "helpful: -0.25 on topic: True in 50 % (2 scores) verdict: bad, good (2 scores)", "none": "",
    }  # fmt: skip

    def matching(name: str, comparison: str = "", value: str = "") -> list[str]:
        return page.traces(score=name, comparison=comparison, value=value)

    assert matching("helpful") == ["best", "mean", "poor"]
    assert matching("helpful", "ge", "0.5") == ["best", "mean"]
    assert matching("helpful", "gt", "0.5") == ["best"]
    assert matching("helpful", "lt", "0") == ["poor"]
    assert matching("helpful", "le", "0.5") == ["mean", "poor"]
    assert matching("helpful", "eq", "0.5") == ["mean"]
    assert matching("helpful", "ne", "0.5") == ["best", "poor"]
    assert matching("verdict", "eq", "GOOD") == ["best", "poor"]
    assert matching("verdict", "ne", "good") == []
    assert matching("verdict", "ne", "bad") == ["best"]
    assert matching("on topic", "eq", "true") == ["best", "poor"]
    assert matching("on topic", "ge", "1") == ["best"]
    assert matching("no such score") == []
    text = page.get("/traces", score="verdict", comparison="gt", value="good")
    assert "A text can be compared with = and ≠ only" in text
    assert "name the score" in page.get("/traces", value="1")
    assert page.traces(score="helpful", comparison="ge", value="0.5", q="hello", window="1h") == [
        "best",
        "mean",
    ]


def test_a_score_filter_survives_paging(page: Reader) -> None:
    now = time.time()
    calls = [gateway_call(now - number, name=f"call {number}") for number in range(60)]
    send(page.store.http, calls)
    for call in calls:
        score(page.store.http, call["traceId"], "helpful", 0.8)
    text = page.get("/traces", score="helpful", comparison="ge", value="0.5", outcome="ok")
    further = unescape(re.findall(r'<a rel="next" href="([^"]+)"', text)[0])
    second = page.get(further)
    assert re.findall(r"<bdi>(call \d+)</bdi>", second) == [f"call {number}" for number in range(50, 60)]
    assert "Remove the filter Score: helpful ≥ 0.5" in second
    assert "Remove the filter Outcome: no error" in second


def test_tags_of_litellms_cache_are_shown_in_words(page: Reader) -> None:
    now = time.time()
    none = gateway_call(now - 3, name="none", tags=("cache_hit:None", "mine"))
    send(page.store.http, [none, gateway_call(now - 2, name="hit", cached=True)])
    for path in ("/traces", f"/traces/{none['traceId']}"):
        text = page.get(path)
        assert "cache_hit:" not in text.replace("&#34;", '"').split("<h3>Metadata</h3>")[0]
        assert ">mine<" in text.replace("<bdi>", "").replace("</bdi>", "")
    assert [row["Name"] for row in table(page.get("/traces"))] == ["hit cache hit", "none"]
    assert page.traces(tag="cache_hit:True") == ["hit"]
