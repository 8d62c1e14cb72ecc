"""The pages of prompts as a person uses them: find what is better, compare, promote, and go back."""

from __future__ import annotations

import re
import time
import uuid
from typing import Any

import pytest
from accessibility import check
from navigation import next_page
from playwright.sync_api import Page, expect
from tracestore.page_traffic import HOSTILE, send, span
from tracestore.store_program import StoreProgram

RULES = "\n".join(f"Rule {number}: say what holds, and no more." for number in range(12))


@pytest.fixture
def prompt(store: StoreProgram) -> str:
    """A prompt with three versions and a generation of each of two days ago."""
    name = f"help-desk/{uuid.uuid4().hex[:6]}"
    tone = f"tone-{uuid.uuid4().hex[:6]}"

    def publish(name: str, text: str, **fields: Any) -> None:
        body = {"name": name, "prompt": text, **fields}
        assert store.http.post("/api/public/v2/prompts", json=body).status_code == 201

    publish(tone, "Be kind, {{name}}.", labels=["production"])
    publish(name, f"Answer in one sentence.\n{RULES}\nSay where it is written.", labels=["production"],
            commitMessage="the first", config={"model": "gpt-4o-mini"}, tags=["desk"])  # fmt: skip
    publish(name, f"Answer in two friendly sentences.\n{RULES}", commitMessage=HOSTILE)
    publish(name, f"Answer. @@@langfusePrompt:name={tone}|label=production@@@\n{RULES}",
            config={"model": "gpt-4o", "temperature": 0.2})  # fmt: skip
    for version in (1, 2, 3):
        call = span("chat", uuid.uuid4().hex, start_s=time.time() - 2 * 86400, kind="generation",
                    observation__prompt__name=name, observation__model__name="gpt-4o-mini")  # fmt: skip
        number = {"key": "langfuse.observation.prompt.version", "value": {"intValue": str(version)}}
        call["attributes"].append(number)
        send(store.http, [call])
    return name


def test_a_prompt_is_found_compared_promoted_and_rolled_back(page: Page, prompt: str) -> None:
    page.goto("/")
    with next_page(page):
        page.get_by_role("link", name="Prompts").click()
    check(page)
    page.get_by_label("Text in the prompt's name").fill(prompt.upper())
    with next_page(page):
        page.keyboard.press("Enter")
    expect(page.locator("a.open")).to_have_text([prompt])
    with next_page(page):
        page.locator("a.open").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(prompt)
    expect(page.locator("[aria-current=true]", has_text="version")).to_have_text("version 1")  # in production
    check(page)
    page.get_by_label("with version").select_option("2")
    with next_page(page):
        page.get_by_role("button", name="Compare").click()
    expect(page.locator("ins").first).to_have_text("two")
    expect(page.locator("tr.removed").first).to_contain_text("Say where it is written.")
    check(page)
    with next_page(page):
        page.get_by_role("link", name=prompt, exact=True).click()
    with next_page(page):
        page.get_by_role("link", name="version 3").click()
    expect(page.get_by_text("Be kind, {{name}}.")).to_be_visible()
    check(page)
    expect(page.get_by_label("Label to move to version 3")).to_have_value("production")
    with next_page(page):
        page.get_by_role("button", name="Move it to version 3").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("is on version 3 now; it was on version 1")
    check(page)
    with next_page(page):
        page.get_by_role("button", name="Move it back to version 1").press("Enter")
    expect(page.locator("#version-title")).to_contain_text("production")
    with next_page(page):
        page.locator("section", has_text="Generations that used").get_by_role("link", name="chat").click()
    with next_page(page):
        page.get_by_role("link", name=re.compile("version 1")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(prompt)
