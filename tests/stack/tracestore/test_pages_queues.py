"""The pages of annotation queues: progress, what is judged, the scores that judging makes, and undo."""

from __future__ import annotations

import re
import threading
import time
import uuid
from typing import Any

import httpx
import pytest

from gateway_kit.stack.servers.tracestore.config import read_config

from .page_reader import Elements, Reader
from .page_traffic import HOSTILE, assistant_trace, gateway_call, send
from .test_pages_lists import table

QUEUES = "/api/public/annotation-queues"
GOOD = {"name": "good", "dataType": "BOOLEAN"}


def made(page: Reader, path: str, **body: Any) -> dict[str, Any]:
    answer = page.store.http.post(path, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def queue_of(page: Reader, *configs: dict[str, Any], name: str = "answers") -> tuple[str, list[str]]:
    """A new queue that judges by new configs: its id and theirs."""
    ids = [made(page, "/api/public/score-configs", **config)["id"] for config in configs]
    return made(page, QUEUES, name=name, scoreConfigIds=ids)["id"], ids


def add(page: Reader, queue: str, object_id: str, kind: str = "TRACE") -> str:
    found: str = made(page, f"{QUEUES}/{queue}/items", objectId=object_id, objectType=kind)["id"]
    time.sleep(0.002)  # items are judged in the order of their milliseconds
    return found


def trace(page: Reader, **fields: Any) -> str:
    call = gateway_call(time.time(), **fields)
    send(page.store.http, [call])
    found: str = call["traceId"]
    return found


def judge(
    page: Reader, queue: str, item: str, config: str = "", value: str = "", **fields: str
) -> httpx.Response:
    """Post what the buttons of the page post."""
    html = page.get("/queues/" + queue + "/judge")
    token = re.search(
        r'<input type="hidden" name="token" value="([^"]+)"><input type="hidden" name="action"', html
    )
    sent = {
        "token": token[1] if token else "",
        "item": item,
        "config": config,
        "value": value,
        "action": "judge",
    }
    return page.http.post(f"/queues/{queue}/judge", data={**sent, **fields})


def status(page: Reader, queue: str, item: str) -> str:
    found: str = page.store.http.get(f"{QUEUES}/{queue}/items/{item}").json()["status"]
    return found


def scores(page: Reader) -> list[tuple[Any, ...]]:
    return page.store.rows(
        "select name, data_type, value, string_value, source from scores order by created_at"
    )


def shown_item(html: str) -> str:
    """The item that the page lets judge."""
    found = re.search(r'name="item" value="(\w+)"', html)
    return found[1] if found else ""


def test_an_empty_list_says_how_a_queue_comes_about(page: Reader) -> None:
    assert "annotation_queues.create_queue(" in page.get("/queues")
    queue, _ = queue_of(page, GOOD)
    assert "create_queue_item(" in page.get(f"/queues/{queue}")
    assert "The queue has no item yet." in page.get(f"/queues/{queue}/judge")


def test_a_key_judges_and_the_next_item_comes(page: Reader) -> None:
    queue, (config,) = queue_of(page, GOOD)
    traces = [trace(page, question=f"question {number}", answer=f"answer {number}") for number in range(3)]
    items = [add(page, queue, one) for one in traces]
    html = page.get(f"/queues/{queue}/judge")
    assert shown_item(html) == items[0]
    assert "question 0" in html
    assert "answer 0" in html
    keys = {
        attributes["data-key"]: attributes.get("value")
        for tag, attributes in Elements(html).elements
        if "data-key" in attributes
    }
    assert keys == {"y": "1", "n": "0", "s": None}
    answer = judge(page, queue, items[0], config, "1")
    assert answer.status_code == 303
    html = page.get(answer.headers["location"])
    assert shown_item(html) == items[1]
    assert "1 of 3 items judged" in html
    judge(page, queue, items[1], config, "0")
    judge(page, queue, items[2], config, "1")
    assert "All items are judged" in page.get(f"/queues/{queue}/judge")
    assert scores(page) == [
        ("good", "BOOLEAN", 1.0, "True", "ANNOTATION"),
        ("good", "BOOLEAN", 0.0, "False", "ANNOTATION"),
        ("good", "BOOLEAN", 1.0, "True", "ANNOTATION"),
    ]
    found = page.store.http.get(
        "/api/public/v3/scores", params={"fields": "details,subject,annotation", "limit": "10"}
    ).json()["data"]
    user = read_config(page.store.environ).user_id
    assert {(one["configId"], one["queueId"], one["authorUserId"]) for one in found} == {
        (config, queue, user)
    }
    assert {one["subject"]["id"] for one in found} == set(traces)
    (row,) = table(page.get("/queues"))
    assert (row["Queue"], row["Judged by"], row["Items"], row["Judged"], row["Waiting"]) == (
        "answers", "good", "3", "3", "0",
    )  # fmt: skip
    rows = table(page.get(f"/queues/{queue}"))
    assert [(row["Status"], row["good"]) for row in rows] == [
        ("judged", "True"), ("judged", "False"), ("judged", "True"),
    ]  # fmt: skip


def test_judging_again_changes_the_score_and_undo_goes_back_step_by_step(page: Reader) -> None:
    queue, (config,) = queue_of(page, GOOD)
    items = [add(page, queue, trace(page)) for _ in range(2)]
    judge(page, queue, items[0], config, "1")
    judge(page, queue, items[0], config, "0")
    assert [row[3] for row in scores(page)] == ["False"]
    judge(page, queue, items[1], config, "1")
    for item in reversed(items):
        html = page.get(f"/queues/{queue}/judge")
        undo = html.split('class="undo"')[1]
        assert shown_item(undo) == item
        answer = judge(page, queue, item, config, action="undo")
        assert shown_item(page.get(answer.headers["location"])) == item
        assert status(page, queue, item) == "PENDING"
    assert scores(page) == []
    assert 'class="undo"' not in page.get(f"/queues/{queue}/judge")


def test_an_item_of_several_configs_is_judged_by_each(page: Reader) -> None:
    queue, (good, grade, tone, words, share) = queue_of(
        page, GOOD,
        {"name": "grade", "dataType": "NUMERIC", "minValue": 1, "maxValue": 5},
        {"name": "tone", "dataType": "CATEGORICAL", "categories": [
            {"label": "kind <b>", "value": 1}, {"label": "rude", "value": 0}]},
        {"name": "words", "dataType": "TEXT"},
        {"name": "share", "dataType": "NUMERIC", "minValue": 0, "maxValue": 1},
    )  # fmt: skip
    item = add(page, queue, trace(page))

    def keys(answer: httpx.Response) -> list[str | None]:
        elements = Elements(page.get(answer.headers["location"])).elements
        return [attributes["data-key"] for _, attributes in elements if "data-key" in attributes]

    assert keys(judge(page, queue, item, good, "1")) == ["1", "2", "3", "4", "5", "s", "u"]
    assert keys(judge(page, queue, item, grade, "4")) == ["1", "2", "s", "u"]
    assert keys(judge(page, queue, item, tone, "0")) == ["v", "s", "u"]
    judge(page, queue, item, words, " well\nsaid ")
    assert status(page, queue, item) == "PENDING"
    judge(page, queue, item, share, "0.25")
    assert status(page, queue, item) == "COMPLETED"
    assert [row[:4] for row in scores(page)] == [
        ("good", "BOOLEAN", 1.0, "True"), ("grade", "NUMERIC", 4.0, None), ("tone", "CATEGORICAL", None, "kind <b>"),
        ("words", "TEXT", None, "well\nsaid"), ("share", "NUMERIC", 0.25, None),
    ]  # fmt: skip


@pytest.mark.parametrize("value", ["", "x", "1.5", "-1", "nan", "inf", "1e400", "\x00", "é"])
def test_a_value_that_does_not_fit_is_refused_and_the_item_stays(page: Reader, value: str) -> None:
    queue, (share, good) = queue_of(
        page, {"name": "share", "dataType": "NUMERIC", "minValue": 0, "maxValue": 1}, GOOD
    )
    item = add(page, queue, trace(page))
    for config in (share, good):
        answer = judge(page, queue, item, config, value)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text
        assert shown_item(answer.text) == item
    assert scores(page) == []


def test_what_is_not_there_is_answered_with_404(page: Reader) -> None:
    queue, (config,) = queue_of(page, GOOD)
    item = add(page, queue, trace(page))
    other, (other_config,) = queue_of(page, GOOD, name="other")
    for path in ("/queues/nope", "/queues/nope/judge", f"/queues/{queue}/judge?item=nope", "/queues/%00"):
        assert page.http.get(path).status_code == 404, path
    assert judge(page, queue, "nope", config, "1").status_code == 404
    assert judge(page, queue, item, other_config, "1").status_code == 404
    assert judge(page, queue, item, "", "1").status_code == 404
    assert judge(page, queue, "nope", config, action="undo").status_code == 404
    assert judge(page, other, item, other_config, "1", token="").status_code == 403
    assert page.http.get(f"/queues/{queue}?offset=x&status=nope").status_code == 200
    assert page.http.get("/queues?offset=999999").status_code == 200
    assert scores(page) == []


def test_skipping_leaves_an_item_and_comes_back_to_it(page: Reader) -> None:
    queue, (config,) = queue_of(page, GOOD)
    items = [add(page, queue, trace(page)) for _ in range(3)]
    seen = [shown_item(page.get(f"/queues/{queue}/judge", after=item)) for item in items]
    assert seen == [items[1], items[2], items[0]]
    judge(page, queue, items[1], config, "1")
    assert shown_item(page.get(f"/queues/{queue}/judge", after=items[0])) == items[2]
    assert judge(page, queue, items[2], action="complete").status_code == 303
    assert status(page, queue, items[2]) == "COMPLETED"


def test_observations_sessions_and_what_is_gone_are_judged_too(page: Reader) -> None:
    spans = assistant_trace(time.time() - 60)
    send(page.store.http, spans)
    queue, (config,) = queue_of(page, GOOD)
    chat = add(page, queue, spans[-1]["spanId"], "OBSERVATION")
    session = add(page, queue, "support-42", "SESSION")
    gone = add(page, queue, "f" * 32)
    html = page.get(f"/queues/{queue}/judge", item=chat)
    assert "It routes, caches, limits and counts." in html
    assert "What does a gateway do?" in page.get(f"/queues/{queue}/judge", item=session)
    assert "It is not in the store" in page.get(f"/queues/{queue}/judge", item=gone)
    for item in (chat, session, gone):
        assert judge(page, queue, item, config, "1").status_code == 303
    rows = page.store.rows("select trace_id, observation_id, session_id from scores order by created_at")
    assert rows == [
        (spans[0]["traceId"], spans[-1]["spanId"], None),
        (None, None, "support-42"),
        ("f" * 32, None, None),
    ]


def test_an_archived_config_judges_no_more(page: Reader) -> None:
    queue, (good, other) = queue_of(page, GOOD, {"name": "other", "dataType": "BOOLEAN"})
    item = add(page, queue, trace(page))
    page.store.http.patch(f"/api/public/score-configs/{other}", json={"isArchived": True})
    assert "<bdi>other</bdi>" not in page.get(f"/queues/{queue}/judge")
    assert judge(page, queue, item, other, "1").status_code == 400
    judge(page, queue, item, good, "1")
    assert status(page, queue, item) == "COMPLETED"


def test_two_people_who_judge_at_once_make_one_score(page: Reader) -> None:
    queue, (config,) = queue_of(page, GOOD)
    item = add(page, queue, trace(page))
    answers: list[int] = []
    html = page.get(f"/queues/{queue}/judge")
    token = re.findall(r'name="token" value="([^"]+)"><input type="hidden" name="action"', html)[0]
    cookies = dict(page.http.cookies)

    def send_one(value: str) -> None:
        sent = {"token": token, "item": item, "config": config, "value": value}
        with httpx.Client(base_url=page.store.url, cookies=cookies, timeout=120, trust_env=False) as client:
            answers.append(client.post(f"/queues/{queue}/judge", data=sent).status_code)

    threads = [threading.Thread(target=send_one, args=(str(number % 2),)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [303] * 6
    assert len(scores(page)) == 1


def test_keys_are_switched_off_and_only_this_page_has_a_script(page: Reader) -> None:
    queue, (config,) = queue_of(page, GOOD)
    item = add(page, queue, trace(page))
    answer = page.http.get(f"/queues/{queue}/judge")
    assert "script-src 'self'" in answer.headers["content-security-policy"]
    assert [one for one in Elements(answer.text).elements if one[0] == "script"] == [
        ("script", {"src": "/assets/judge.js", "defer": None})
    ]
    off = page.get(f"/queues/{queue}/judge", keys="off")
    assert "data-key" not in off
    assert "<kbd>" not in off
    assert f'action="/queues/{queue}/judge?keys=off"' in off
    other = page.http.get(f"/queues/{queue}")
    assert "script-src" not in other.headers["content-security-policy"]
    script = page.http.get("/assets/judge.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert judge(page, queue, item, config, "1").status_code == 303


def test_hostile_texts_are_escaped(page: Reader) -> None:
    queue, _ = queue_of(page, {"name": "good", "dataType": "BOOLEAN", "description": HOSTILE}, name=HOSTILE)
    add(page, queue, trace(page, question=HOSTILE, answer=HOSTILE, name=HOSTILE))
    add(page, queue, HOSTILE, "SESSION")
    for path in ("/queues", f"/queues/{queue}", f"/queues/{queue}/judge"):
        html = page.get(path)
        assert "<img src=x" not in html
        assert "<script>" not in html
        assert path == "/queues" or "U+202E" in html  # a list shortens names


def test_a_stranger_judges_nothing(page: Reader) -> None:
    queue, (config,) = queue_of(page, GOOD)
    item = add(page, queue, trace(page))
    stranger = Reader(page.store)
    for path in ("/queues", f"/queues/{queue}", f"/queues/{queue}/judge"):
        assert stranger.http.get(path).headers["location"].startswith("/sign-in?next=")
    answer = stranger.http.post(
        f"/queues/{queue}/judge",
        data={"item": item, "config": config, "value": "1", "token": str(uuid.uuid4())},
    )
    stranger.http.close()
    assert (answer.status_code, answer.headers["location"][:14]) == (303, "/sign-in?next=")
    assert scores(page) == []
