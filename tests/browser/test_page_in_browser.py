"""The trace store's page as a person uses it."""

from __future__ import annotations

import re

from accessibility import check
from navigation import next_page
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
    with next_page(page):
        page.keyboard.press("Enter")
    expect(page).to_have_url(f"{store.url}/traces?user=alice")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    with next_page(page):
        page.get_by_role("button", name="Sign out").press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/traces")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    context.close()


def test_searching_and_filtering(page: Page) -> None:
    page.goto("/")
    check(page)
    page.get_by_label("Text in names").fill("limits and counts")
    with next_page(page):
        page.get_by_label("Text in names").press("Enter")
    expect(page.locator("a.open")).to_have_text(["assistant"])
    expect(page).to_have_url(re.compile("q=limits\\+and\\+counts"))
    with next_page(page):
        page.get_by_label("Remove the filter Text").click()
    with next_page(page):
        page.get_by_role("link", name="dora", exact=True).first.click()
    expect(page).to_have_url(re.compile(r"/traces\?user=dora"))
    assert set(page.locator("tbody td:nth-last-child(4)").all_inner_texts()) == {"dora"}
    page.get_by_label("Outcome").select_option("failed (error at the top)")
    with next_page(page):
        page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile("user=dora.*outcome=failed|outcome=failed.*user=dora"))
    assert set(page.locator("tbody .level").all_inner_texts()) == {"failed"}
    page.get_by_label("Name", exact=True).fill("nothing of that name")
    with next_page(page):
        page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("heading", name="No trace matches")).to_be_visible()
    check(page)


def test_scores_are_filtered_by_keyboard_and_the_filter_stays_in_the_address(page: Page) -> None:
    page.goto("/traces")
    page.get_by_text("Session, tag, score, time and more").press("Enter")
    check(page)
    page.get_by_label("Score", exact=True).fill("helpful")
    page.get_by_label("is", exact=True).select_option("≥")
    page.get_by_label("Value").fill("0.5")
    with next_page(page):
        page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("score=helpful&comparison=ge&value=0.5"))
    expect(page.locator("a.open")).to_have_text(["assistant"])
    expect(page.locator("tbody .tag", has_text="helpful")).to_have_text("helpful: 0.7 (2 scores)")
    expect(page.get_by_label("Score", exact=True)).to_be_visible()  # a filter in use is not folded away
    check(page)
    with next_page(page):
        page.get_by_label("Remove the filter Score: helpful ≥ 0.5").click()
    expect(page).to_have_url(re.compile("/traces$"))


def test_the_page_of_users_leads_to_their_traces_and_sessions(page: Page) -> None:
    page.goto("/")
    with next_page(page):
        page.get_by_role("link", name="Users").click()
    check(page)
    with next_page(page):
        page.get_by_role("link", name="alice", exact=True).click()
    expect(page).to_have_url(re.compile(r"/traces\?user=alice"))
    page.goto("/users?window=24h")
    page.get_by_label("Text in the user's name").fill("ALI")
    with next_page(page):
        page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=ALI&.*window=24h"))
    expect(page.locator("a.open")).to_have_text(["alice"])
    check(page)
    with next_page(page):
        page.get_by_role("link", name="Sessions of user alice").click()
    expect(page).to_have_url(re.compile(r"/sessions\?.*user=alice"))
    expect(page.get_by_role("link", name="support-42")).to_be_visible()
    check(page)


def test_a_wide_table_scrolls_in_its_box_by_keyboard(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("/sessions", "/users"):
        page.goto(path)
        box = page.get_by_role("region", name=re.compile("Table of"))
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert box.evaluate("box => box.scrollWidth > box.clientWidth")
        box.press("ArrowRight")
        page.wait_for_function("() => document.querySelector('.scroll').scrollLeft > 0")


def test_a_trace_is_walked_by_keyboard(page: Page) -> None:
    page.goto("/traces?name=assistant")
    with next_page(page):
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
    with next_page(page):
        page.locator("a.open").click()
    expect(page.locator("#observation pre").first).to_contain_text("<script>document.title")
    assert page.title().startswith("hostile ")
    assert page.locator("main script, main img, [onmouseover], [onerror]").count() == 0
    expect(page.locator(".hidden-character").first).to_have_attribute("title", "RIGHT-TO-LEFT OVERRIDE")
    check(page)


def test_the_dashboard_and_the_sessions(page: Page) -> None:
    page.goto("/")
    with next_page(page):
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
    with next_page(page):
        page.get_by_role("link", name="Last 7 days").click()
    expect(page).to_have_url(re.compile("window=7d"))
    with next_page(page):
        page.get_by_role("link", name="phi3").click()
    expect(page.locator("tbody").first.locator("tr")).to_have_count(1)
    with next_page(page):
        page.get_by_role("link", name="Sessions", exact=True).click()
    check(page)
    with next_page(page):
        page.get_by_role("link", name="support-42", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Session support-42")
    check(page)
