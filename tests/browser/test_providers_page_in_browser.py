"""The page of the simulated providers, as a person reads it."""

from __future__ import annotations

import pytest
from accessibility import check
from playwright.sync_api import Browser, expect


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_can_be_read_and_heard_and_its_fields_opened_by_keyboard(
    chromium: Browser, stack_env: dict[str, str], width: int
) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 844})
    page.goto(stack_env["PROVIDERS_URL"])
    check(page)
    summary = page.get_by_text("Fields of Messages (").first
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("rowheader", name="temperature", exact=True).first).to_be_visible()
    check(page)
    page.close()
