"""The trace store's page as a person uses it."""

from __future__ import annotations

import re

from accessibility import check
from playwright.sync_api import Browser, Page, expect
from tracestore.store_program import StoreProgram

# Bars that do not stand within the drawing, on its lower edge or on another bar.
BARS_OUTSIDE = """() => [...document.querySelectorAll(".plot .area")].flatMap(area => {
  const { top, bottom } = area.getBoundingClientRect();
  return [...area.querySelectorAll("rect")].map(bar => bar.getBoundingClientRect())
    .filter(box => box.top < top - 1 || box.bottom > bottom + 1);
}).length"""


def test_a_person_signs_in_and_out_by_keyboard_alone(chromium: Browser, store: StoreProgram) -> None:
    context = chromium.new_context(base_url=store.url)
    page = context.new_page()
    page.goto("/traces?user=alice")
    expect(page.locator("#email")).to_be_focused()
    check(page)
    page.keyboard.type(store.email)
    page.keyboard.press("Tab")
    page.keyboard.type("wrong")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("E-mail or password is wrong.")
    check(page)
    expect(page.locator("#password")).to_be_focused()
    page.keyboard.type(store.password)
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{store.url}/traces?user=alice")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.get_by_role("button", name="Sign out").press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/traces")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()


def test_searching_and_filtering(page: Page) -> None:
    page.goto("/")
    check(page)
    page.get_by_label("Text in names").fill("limits and counts")
    page.get_by_label("Text in names").press("Enter")
    expect(page.locator("a.open")).to_have_text(["assistant"])
    expect(page).to_have_url(re.compile("q=limits\\+and\\+counts"))
    page.get_by_label("Remove the filter Text").click()
    page.get_by_role("link", name="dora", exact=True).first.click()
    expect(page).to_have_url(re.compile(r"/traces\?user=dora"))
    assert set(page.locator("tbody tr td:nth-child(3)").all_inner_texts()) == {"dora"}
    page.get_by_label("Level").select_option("ERROR")
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile("user=dora.*level=ERROR|level=ERROR.*user=dora"))
    assert set(page.locator("tbody .level").all_inner_texts()) <= {"ERROR"}
    page.get_by_label("Name", exact=True).fill("nothing of that name")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("heading", name="No trace matches")).to_be_visible()
    check(page)


def test_a_trace_is_walked_by_keyboard(page: Page) -> None:
    page.goto("/traces?name=assistant")
    page.locator("a.open").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("assistant")
    check(page)
    names = page.locator(".tree .what > a")
    expect(names).to_have_text(["assistant", "retrieve", "embed the question", "look up the price", "chat"])
    fold = page.get_by_label("Children of retrieve")
    fold.press("Enter")
    expect(names.nth(2)).to_be_hidden()
    page.keyboard.press("Enter")
    expect(names.nth(2)).to_be_visible()
    page.keyboard.press("Tab")
    expect(names.nth(2)).to_be_focused()
    page.keyboard.press("Tab")
    expect(names.nth(3)).to_be_focused()
    page.keyboard.press("Enter")
    detail = page.locator("#observation")
    expect(detail).to_contain_text("price list: no such model")
    expect(detail).to_be_in_viewport()
    names.nth(4).press("Enter")
    expect(detail).to_contain_text("Answer in one sentence.")
    expect(page.locator(".tree [aria-current]")).to_have_text("chat")
    check(page)
    bars = [box["x"] for box in (bar.bounding_box() for bar in page.locator(".tree rect").all()) if box]
    assert bars[0] < bars[1] < bars[2] < bars[3] < bars[4]  # as they started
    token = page.locator("line.ttft").bounding_box()
    whole = page.locator(".tree rect").nth(4).bounding_box()
    assert token
    assert whole
    assert abs((token["x"] - whole["x"]) / whole["width"] - 0.35 / 1.55) < 0.03


def test_a_traced_script_does_not_run(page: Page) -> None:
    page.goto("/traces?name=hostile")
    page.locator("a.open").click()
    expect(page.locator("#observation pre").first).to_contain_text("<script>document.title")
    assert page.title().startswith("hostile ")
    assert page.locator("main script, main img, [onmouseover], [onerror]").count() == 0
    expect(page.locator(".hidden-character").first).to_have_attribute("title", "RIGHT-TO-LEFT OVERRIDE")
    check(page)


def test_the_dashboard_and_the_sessions(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Dashboard").click()
    expect(page.get_by_role("navigation", name="Pages").locator("[aria-current=page]")).to_have_text(
        "Dashboard"
    )
    expect(page.locator(".tiles dd").first).to_have_text(re.compile(r"^15\d$"))
    check(page)
    assert page.locator(".plot").count() == 5
    assert page.evaluate(BARS_OUTSIDE) == 0
    page.get_by_text("The numbers").first.press("Enter")
    expect(page.get_by_role("columnheader", name="Time (UTC)").first).to_be_visible()
    page.get_by_role("link", name="Last 7 days").click()
    expect(page).to_have_url(re.compile("window=7d"))
    page.get_by_role("link", name="phi3").click()
    expect(page.locator("tbody").first.locator("tr")).to_have_count(1)
    page.get_by_role("link", name="Sessions").click()
    check(page)
    page.get_by_role("link", name="support-42").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Session support-42")
    check(page)
