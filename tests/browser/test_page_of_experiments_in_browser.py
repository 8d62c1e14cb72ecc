"""The trace store's pages of datasets and experiments as a person uses them."""

from __future__ import annotations

import re
import time

import pytest
from accessibility import check
from navigation import next_page
from playwright.sync_api import Page, expect
from tracestore.experiment_traffic import API, make_dataset, put_item, run_experiment
from tracestore.page_traffic import HOSTILE
from tracestore.store_program import StoreProgram

QUESTIONS = 40


@pytest.fixture(scope="module", autouse=True)
def _two_versions(store: StoreProgram) -> None:
    """A dataset and two experiments over it, three days ago: the second is better for all kinds but one."""
    http, began = store.http, time.time() - 3 * 86400
    dataset = make_dataset(http, "help desk", description="questions that got a thumb")
    kinds = {
        f"item-{number:02}": ("returns", "delivery", "orders", "events")[number % 4]
        for number in range(QUESTIONS)
    }
    for item_id, kind in kinds.items():
        put_item(http, "help desk", item_id, input={"question": f"May I ask about {kind}, as {item_id}?"},
                 expectedOutput={"must_say": ["thirty days", kind]}, metadata={"kind": kind})  # fmt: skip
    put_item(http, "help desk", "item-00", input={"question": HOSTILE})
    put_item(http, "help desk", "old", input="Do you have a fax?", status="ARCHIVED")
    before = {item: {"good": float(number % 3 == 0 or kind == "events"), "judge says": "PASS"}
              for number, (item, kind) in enumerate(kinds.items())}  # fmt: skip
    after = {item: {"good": float(kind != "events"), "judge says": "FAIL" if kind == "events" else "PASS"}
             for item, kind in kinds.items()}  # fmt: skip
    for place, (name, results) in enumerate((("version 1", before), ("version 2", after))):
        run_experiment(
            http, f"run-{place}", results, start_s=began + 100 * place, kinds=kinds, name=f"help desk {name}",
            dataset_id=dataset, expected='{"must_say": ["thirty days"]}', cost_usd=0.0002,
        )  # fmt: skip
    sent = {"datasetRunId": "run-1", "name": "all good", "value": 0.75}
    assert http.post(f"{API}/scores", json=sent).status_code == 200


def test_two_experiments_are_compared_by_keyboard(page: Page) -> None:
    page.goto("/")
    with next_page(page):
        page.get_by_role("link", name="Experiments", exact=True).press("Enter")
    check(page)
    page.get_by_label("Compare help desk version 1").press("Space")
    page.get_by_label("Compare help desk version 2").press("Space")
    with next_page(page):
        page.get_by_role("button", name="Compare the chosen ones").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Comparison of 2 experiments")
    check(page)
    groups = page.get_by_role("region", name="Table of the score by group")
    expect(groups.locator("tr", has_text="events")).to_contain_text("worse")
    expect(groups.get_by_role("img").first).to_have_accessible_name(
        re.compile("change .*95 % interval .* to ")
    )
    cards = page.locator(".turns > li")
    for place in range(10):
        expect(cards.nth(place)).to_contain_text("events")
    page.get_by_label("Order").select_option("what got better first")
    page.get_by_label("Its value").fill("returns")
    with next_page(page):
        page.get_by_role("button", name="Show", exact=True).press("Enter")
    expect(cards.first).to_contain_text("+1, better")
    check(page)
    with next_page(page):
        cards.first.get_by_role("link", name=re.compile("trace of item .* version 2")).click()
    expect(page.locator("#observation")).to_contain_text("experiment-item-task")


def test_a_dataset_is_filtered_and_its_items_versions_are_read(page: Page) -> None:
    page.goto("/datasets")
    check(page)
    with next_page(page):
        page.get_by_role("link", name="help desk", exact=True).click()
    check(page)
    expect(page.get_by_role("region", name="Table of items").locator("tbody tr")).to_have_count(QUESTIONS)
    page.get_by_label("Status").select_option("archived")
    with next_page(page):
        page.get_by_role("button", name="Filter").click()
    with next_page(page):
        page.get_by_role("link", name="Do you have a fax?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Item old")
    page.goto(page.url.replace("id=old", "id=item-00"))
    expect(page.get_by_role("region", name="Table of versions").locator("tbody tr")).to_have_count(2)
    expect(page.locator("main")).to_contain_text("<script>")
    check(page)
    with next_page(page):
        page.get_by_role("region", name="Table of versions").get_by_role("link").last.click()
    expect(page.locator("main")).to_contain_text("May I ask about returns, as item-00?")


def test_one_experiment_shows_its_worst_items_first(page: Page) -> None:
    page.goto("/experiments/results?id=run-1")
    expect(page.get_by_role("heading", level=1)).to_have_text("help desk version 2")
    expect(page.locator(".turns > li").first).to_contain_text("events")
    check(page)
