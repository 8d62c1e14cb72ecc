"""The pages of traces, also with bad URLs and hostile texts."""

from __future__ import annotations

import re
import time
from html import unescape

import pytest

from .page_reader import Elements, Reader
from .page_traffic import HOSTILE, assistant_trace, gateway_call, send, span


def test_an_empty_store_says_what_to_do(page: Reader) -> None:
    text = page.get("/")
    assert "No trace has arrived yet" in text
    assert "/v1/chat/completions" in text
    assert "No request in this window" in page.get("/dashboard")
    assert "No session in this window" in page.get("/sessions")
    assert "No user in this window" in page.get("/users")


def test_traces_are_found_by_each_filter_and_newest_first(page: Reader) -> None:
    now = time.time()
    send(page.store.http, [
        *assistant_trace(now - 30),
        gateway_call(now - 7200, name="nightly", user="carol", session="s/1 &?", tags=("a,b",), question="100%_sure"),
        gateway_call(now - 3 * 86400, name="old", user="carol", failed=True),
    ])  # fmt: skip
    assert page.traces() == ["assistant", "nightly", "old"]
    assert page.traces(user="carol") == ["nightly", "old"]
    assert page.traces(user="carol", level="error") == ["old"]
    assert page.traces(session="s/1 &?") == ["nightly"]
    assert page.traces(tag="a,b") == ["nightly"]
    assert page.traces(name="retrieve") == page.traces(name="assistant") == ["assistant"]
    assert page.traces(level="ERROR") == ["assistant", "old"]
    assert page.traces(q="100%_sure") == ["nightly"]
    assert page.traces(q="LIMITS AND COUNTS") == ["assistant"]
    assert page.traces(q="100%sure") == []
    assert page.traces(window="1h") == ["assistant"]
    assert page.traces(window="24h") == ["assistant", "nightly"]
    stamp = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(now - 86400))
    assert page.traces(to=stamp) == ["old"]
    assert page.traces(**{"from": stamp}) == ["assistant", "nightly"]
    assert page.traces(environment="default", user="alice") == ["assistant"]
    assert "No trace matches" in page.get("/traces", environment="staging")


def test_a_row_has_the_traces_sums_and_links_to_its_filters(page: Reader) -> None:
    send(page.store.http, assistant_trace(time.time() - 30))
    text = page.get("/traces")
    cells = re.findall(r'<td class="n"[^>]*>(.*?)</td>', text)
    assert cells == ["2.40 s", "885", "$0.00016", "5"]
    texts = re.findall(r'<td class="text"[^>]*><span class="clamp"><bdi>(.*?)</bdi>', text)
    assert texts == ["What does a gateway do?", "It routes and counts."]
    assert "1 trace, all time." in " ".join(text.split())
    links = {element[1].get("href") for element in Elements(text).elements if element[0] == "a"}
    assert {"/traces?user=alice", "/traces?session=support-42", "/traces?tag=rag", "/traces?outcome=caught",
            "/traces?model=gpt-4o-mini", "/traces?model=text-embedding-3-small"} <= links  # fmt: skip


def test_pages_of_the_list_have_no_gap_or_repetition(page: Reader) -> None:
    now = time.time()
    send(page.store.http, [gateway_call(now - number, name=f"call {number}") for number in range(120)])
    names, path = [], "/traces?name=&window=24h"
    while path:
        text = page.get(path)
        assert "120 traces, last 24 hours." in " ".join(text.split())
        names += re.findall(r'<a class="open" href="/traces/\w+"><bdi>(.*?)</bdi>', text)
        further = re.search(r'<a rel="next" href="([^"]+)"', text)
        path = unescape(further[1]) if further else ""
    assert names == [f"call {number}" for number in range(120)]


def test_a_trace_shows_its_tree_and_the_chosen_observation(page: Reader) -> None:
    spans = assistant_trace(time.time() - 30)
    send(page.store.http, spans)
    trace_id, chat = spans[0]["traceId"], spans[-1]
    answer = page.store.http.post(
        "/api/public/scores", json={"traceId": trace_id, "name": "verdict", "value": 0.5}
    )
    assert answer.status_code == 200
    text = page.get(f"/traces/{trace_id}", observation=chat["spanId"])
    order = re.findall(r'class="what d(\d)"><a[^>]*><bdi>(.*?)</bdi>', text)
    assert order == [("0", "assistant"), ("1", "retrieve"), ("2", "embed the question"), ("1", "look up the price"),
                     ("1", "chat")]  # fmt: skip
    shown = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", text)))
    for words in ("Answer in one sentence.", "assistant calls price", '{"model": "gpt-9"}', "812 / 64 / 876",
                  "$0.00016",
                  "1.55 s", "350 ms", "temperature", "verdict", "It routes, caches, limits and counts."):  # fmt: skip
        assert words in shown
    failed = page.get(f"/traces/{trace_id}", observation=spans[3]["spanId"])
    assert "price list: no such model" in failed
    assert "of no such" not in page.get(f"/traces/{trace_id}")
    assert "no such observation" in page.get(f"/traces/{trace_id}", 404, observation="nope")


def test_late_missing_and_circular_parents_are_shown_at_the_top(page: Reader) -> None:
    now, trace_id = time.time(), "ab" * 16
    orphan = span("orphan", trace_id, start_s=now, parent="12" * 8)
    app_root = span("app", trace_id, start_s=now, parent="34" * 8, internal__is_app_root=True)
    one, two = span("one", trace_id, start_s=now + 1), span("two", trace_id, start_s=now + 2)
    one["parentSpanId"], two["parentSpanId"] = two["spanId"], one["spanId"]
    chain = [span("link 0", trace_id, start_s=now + 3)]
    for number in range(1, 300):
        chain.append(span(f"link {number}", trace_id, start_s=now + 3, parent=chain[-1]["spanId"]))
    send(page.store.http, [orphan, app_root, one, two, *chain])
    text = page.get(f"/traces/{trace_id}")
    assert "1 observation here stands at the top until the parent arrives" in text
    assert text.count("waits for its parent") == 1
    assert text.count('<div class="row') == 304
    assert text.count("<ul>") + text.count('<ul class="') == text.count("</ul>")
    assert text.count("<li>") + text.count("<li ") == text.count("</li>")


def test_a_parent_that_never_came_is_explained(page: Reader) -> None:
    trace_id, hour_ago = "ac" * 16, time.time() - 3600
    orphans = [span(f"n{number}", trace_id, start_s=hour_ago, parent="12" * 8) for number in range(2)]
    send(page.store.http, orphans)
    text = page.get(f"/traces/{trace_id}")
    assert (
        "2 observations here stand at the top, because the parent they name was never sent to this store"
        in text
    )
    assert text.count('href="#parents">parent was never sent') == 2
    send(page.store.http, [{**span("late", trace_id, start_s=hour_ago - 1), "spanId": "12" * 8}])
    text = page.get(f"/traces/{trace_id}")
    assert "parent was never sent" not in text
    assert re.findall(r'class="what d(\d)"', text) == ["0", "1", "1"]


def test_a_parent_in_another_part_of_the_trace_is_not_reported_missing(page: Reader) -> None:
    trace_id, now = "ad" * 16, time.time()
    root = span("root", trace_id, start_s=now)
    below = [
        span(f"n{number}", trace_id, start_s=now + 1 + number / 1000, parent=root["spanId"])
        for number in range(510)
    ]
    send(page.store.http, [root, *below])
    text = page.get(f"/traces/{trace_id}", offset="500")
    assert text.count("parent in another part of this list") == 11
    assert "#parents" not in text


def test_a_trace_of_many_observations_is_shown_in_parts(page: Reader) -> None:
    trace_id = "cd" * 16
    send(
        page.store.http,
        [span(f"n{number}", trace_id, start_s=time.time() + number / 1000) for number in range(620)],
    )
    first = page.get(f"/traces/{trace_id}")
    assert "Observations 1 to 500 of 620" in first
    assert page.get(f"/traces/{trace_id}", offset="500").count('<div class="row') == 120
    for bad in ("-1", "x", "9" * 30, "²"):
        assert page.get(f"/traces/{trace_id}", offset=bad).count('<div class="row') == 500


def test_a_traced_text_stays_text_on_every_page(page: Reader) -> None:
    hostile = gateway_call(time.time() - 60, name=HOSTILE, user=HOSTILE, session=HOSTILE, tags=(HOSTILE,),
                           model=HOSTILE, question=HOSTILE, answer=HOSTILE)  # fmt: skip
    send(page.store.http, [hostile])
    answer = page.store.http.post(
        "/api/public/scores", json={"traceId": hostile["traceId"], "name": HOSTILE, "value": HOSTILE}
    )
    assert answer.status_code == 200
    paths = ["/traces", f"/traces/{hostile['traceId']}", "/sessions", "/users", "/dashboard"]
    texts = [page.get(path) for path in paths]
    texts += [page.get("/session", id=HOSTILE), page.get("/traces", q=HOSTILE, user=HOSTILE),
              page.get("/traces", score=HOSTILE, value=HOSTILE), page.get("/users", q=HOSTILE),
              page.get("/sessions", q=HOSTILE, user=HOSTILE),
              page.get("/dashboard", model=HOSTILE), page.get("/session", 404, id=HOSTILE + "x")]  # fmt: skip
    for text in texts:
        for tag, attributes in Elements(text).elements:
            assert tag != "script"
            assert not {name for name in attributes if name.startswith("on") or name == "style"}
            assert not (attributes.get("href") or "/").startswith("javascript")
            assert tag != "img" or attributes["src"] == "/assets/icon.svg"
        assert "\u202e" not in text
        assert "\u2066" not in text
    assert 'title="RIGHT-TO-LEFT OVERRIDE">U+202E' in texts[1]


@pytest.mark.parametrize("value", [
    "[" * 50_000, '{"messages": [{"role": "user", "content": ' + '{"a": [1, null, {}]}' + "}]}",
    '{"messages": [{"role": 7}]}', '[{"role": "user"}]', '"\\ud800 half"', "1" * 6000,
    '{"role": "tool", "content": null}',
    '{"choices": [{"message": {"role": "assistant", "content": "hi", "tool_calls": {"x": 1}}}]}', "NaN", "\x01\x7f",
    '{"messages": []}', "null", '{"role": "x", "content": "", "tool_calls": [7, {"function": {"arguments": 5}}]}',
])  # fmt: skip
def test_any_input_can_be_shown(page: Reader, value: str) -> None:
    one = span("odd", "ef" * 16, start_s=time.time(), observation__input=value)
    send(page.store.http, [one])
    assert "No input." not in page.get(f"/traces/{one['traceId']}")


def test_a_long_text_is_folded_and_a_huge_one_is_behind_a_link(page: Reader) -> None:
    long, huge = "word " * 2000, "x" * 3_000_000
    one = span("long", "0a" * 16, start_s=time.time(), observation__input=long, observation__output=huge)
    send(page.store.http, [one])
    text = page.get(f"/traces/{one['traceId']}")
    assert len(text) < 400_000
    assert "more characters</summary>" in text
    path = f"/traces/{one['traceId']}/observations/{one['spanId']}/output"
    assert f'href="{path}"' in text
    answer = page.http.get(path)
    assert answer.text == huge
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert page.get(path.replace("output", "input")) == long
    page.get(path.replace("output", "metadata"), 404)
    page.get(path.replace(one["spanId"], "none"), 404)


def test_a_session_shows_its_traces_in_order(page: Reader) -> None:
    now = time.time()
    turns = [
        gateway_call(
            now - 100 + number,
            name=f"turn {number}",
            session="talk",
            question=f"q{number}",
            answer=f"a{number}",
        )
        for number in (2, 0, 1)
    ]
    send(page.store.http, turns)
    text = page.get("/session", id="talk")
    assert re.findall(r"<bdi>(turn \d)</bdi>", text) == ["turn 0", "turn 1", "turn 2"]
    assert re.findall(r"<bdi>([qa]\d)</bdi>", text) == ["q0", "a0", "q1", "a1", "q2", "a2"]
    listed = page.get("/sessions")
    assert 'href="/session?id=talk"' in listed
    assert '<td class="n">3</td>' in listed


@pytest.mark.parametrize("query", [
    "window=2h", "window=%00", "from=yesterday", "to=9999-99-99", "from=2026-01-02&to=2026-01-01",
    "from=0001-01-01T00:00",
    "from=9999-12-31T23:59%2B23:59", "level=LOUD", "level=%FF", "cursor=x", "cursor=%00", "cursor=eA",
    "cursor=" + "A" * 9000,
    "cursor=MjAyNi0xMS0yMyB4", "q=%00", "q=%FF%FE", "q='%3B+drop+table+observations%3B--", "q=%25%5C", "user=%00a",
    "tag=%7B%22", "name=" + "n" * 5000, "environment=%ED%A0%80", "model=%00", "window=all&model=%FF", "unknown=1", "=",
    "id=%00", "observation=%00", "offset=1e9", "outcome=lost", "outcome=%00", "model=%FF&outcome=ok", "score=%00",
    "value=1", "score=a&value=1", "score=a&value=nan&comparison=ge", "score=a&value=1e999&comparison=lt",
    "score=a&value=x&comparison=gt", "score=a&comparison=like&value=1", "score=a&value=%27--&comparison=ne",
    "outcome=caught&score=a&comparison=ne&value=-1e-300", "q=%25&outcome=failed&window=1h",
])  # fmt: skip
def test_bad_parameters_are_never_an_error_of_the_server(reader: Reader, query: str) -> None:
    for path in ("/traces", "/dashboard", "/sessions", "/users"):
        assert reader.http.get(f"{path}?{query}").status_code == 200, path
    assert reader.http.get(f"/session?{query}").status_code == 404
    assert reader.http.get(f"/traces/abc?{query}").status_code == 404


@pytest.mark.parametrize("path", [
    "/traces/%00", "/traces/%FF", "/traces/%3Cscript%3E", "/traces/" + "a" * 3000, "/traces/a/observations/%00/input",
    "/assets/..%2Froutes.py", "/traces/a/b",
])  # fmt: skip
def test_unknown_addresses_are_not_found(reader: Reader, path: str) -> None:
    answer = reader.http.get(path)
    assert answer.status_code == 404
    assert "<script" not in answer.text


def test_the_tables_are_marked_up_for_screen_readers(page: Reader) -> None:
    send(page.store.http, assistant_trace(time.time() - 30))
    for path in ("/traces", "/sessions", "/users", "/dashboard", "/session?id=support-42"):
        elements = Elements(page.get(path)).elements
        assert [tag for tag, _ in elements if tag in ("main", "h1")] == ["main", "h1"]
        assert all(attributes.get("scope") for tag, attributes in elements if tag == "th")
        identifiers = [attributes["id"] for _, attributes in elements if "id" in attributes]
        assert len(identifiers) == len(set(identifiers))
        labelled = {attributes.get("for") for tag, attributes in elements if tag == "label"}
        for tag, attributes in elements:
            if tag in ("input", "select") and attributes.get("type") != "hidden":
                assert attributes["id"] in labelled
        current = [
            attributes
            for tag, attributes in elements
            if tag == "a" and attributes.get("aria-current") == "page"
        ]
        assert len(current) == (0 if "?" in path else 1)
