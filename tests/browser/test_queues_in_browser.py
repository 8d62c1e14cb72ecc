"""The page for judging as a person uses it: a key each, undo, skip, and without these keys."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

import pytest
from accessibility import check
from navigation import next_page
from playwright.sync_api import Page, expect
from tracestore.store_program import StoreProgram

QUEUES = "/api/public/annotation-queues"


@pytest.fixture
def queue(store: StoreProgram) -> str:
    """A queue of three answers, judged by yes or no and by a grade."""

    def post(path: str, **body: Any) -> str:
        answer = store.http.post(path, json=body)
        assert answer.status_code == 200, answer.text
        found: str = answer.json()["id"]
        return found

    good = post(
        "/api/public/score-configs", name="good", dataType="BOOLEAN", description="Would you send it?"
    )
    share = post("/api/public/score-configs", name="share right", dataType="NUMERIC", minValue=0, maxValue=1)
    queue_id = post(QUEUES, name=f"answers {uuid.uuid4().hex[:6]}", scoreConfigIds=[good, share])
    traces = store.rows("select trace_id from observations where level = 'DEFAULT' order by trace_id limit 3")
    for (trace_id,) in traces:
        post(f"{QUEUES}/{queue_id}/items", objectId=trace_id, objectType="TRACE")
        time.sleep(0.002)
    return queue_id


def test_answers_are_judged_by_a_key_each(page: Page, queue: str, store: StoreProgram) -> None:
    page.goto("/")
    with next_page(page):
        page.get_by_role("link", name="Queues").click()
    check(page)
    page.goto(f"/queues/{queue}")
    check(page)
    with next_page(page):
        page.get_by_role("link", name="Judge the 3 waiting items").press("Enter")
    expect(page.locator("#answer")).to_be_focused()
    expect(page.get_by_text("0 of 3 items judged")).to_be_visible()
    check(page)
    with next_page(page):
        page.keyboard.press("y")
    expect(page.get_by_text("judged: True")).to_be_visible()
    page.keyboard.press("v")
    expect(page.get_by_label("Number from 0 to 1")).to_be_focused()
    page.keyboard.type("0.75")  # keys typed into a field press no button
    with next_page(page):
        page.keyboard.press("Enter")
    expect(page.get_by_text("1 of 3 items judged")).to_be_visible()
    check(page)
    with next_page(page):
        page.keyboard.press("u")
    expect(page.get_by_text("0 of 3 items judged")).to_be_visible()
    with next_page(page):
        page.keyboard.press("s")
    page.keyboard.press("Control+y")
    with next_page(page):
        page.keyboard.press("n")
    expect(page.get_by_text("judged: False")).to_be_visible()
    found = store.rows("select string_value from scores where queue_id = %s order by created_at", queue)
    assert found == [("True",), ("False",)]


def test_answers_are_judged_without_single_keys(page: Page, queue: str, store: StoreProgram) -> None:
    page.goto(f"/queues/{queue}/judge")
    with next_page(page):
        page.get_by_role("link", name="Switch these keys off").press("Enter")
    check(page)
    expect(page.locator("kbd")).to_have_count(0)
    page.keyboard.press("y")
    page.get_by_role("button", name="True").focus()
    with next_page(page):
        page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("keys=off"))
    page.get_by_label("Number from 0 to 1").fill("0.5")
    with next_page(page):
        page.keyboard.press("Enter")
    expect(page.get_by_text("1 of 3 items judged")).to_be_visible()
    check(page)
    assert store.rows("select count(*) from scores where queue_id = %s", queue) == [(2,)]


def test_the_score_configs_are_shown_with_the_scores_that_did_not_fit(
    page: Page, queue: str, store: StoreProgram
) -> None:
    ((config_id,),) = store.rows("select score_config_ids[2] from annotation_queues where id = %s", queue)
    score = {"traceId": "a" * 32, "name": "share right", "value": 7, "configId": config_id}
    assert store.http.post("/api/public/scores", json=score).status_code == 200
    page.goto("/")
    with next_page(page):
        page.get_by_role("link", name="Score configs").click()
    check(page)
    dropped = page.get_by_role("region", name="Table of dropped scores")
    expect(dropped.get_by_role("row").nth(1)).to_contain_text("Value exceeds maximum value of 1")
