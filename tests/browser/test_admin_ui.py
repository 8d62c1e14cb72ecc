"""LiteLLM's Admin UI, as the lessons tell their readers to use it: sign in, and see the key just created."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from watch import Watch

from gateway_kit.gateway import Gateway
from gateway_kit.litellm_api.connection import Connection


@pytest.fixture
def gateway(stack_env: dict[str, str]) -> Iterator[Gateway]:
    connection = Connection(
        stack_env["GATEWAY_URL"], stack_env["GATEWAY_API_KEY"], stack_env["LITELLM_MASTER_KEY"], None
    )
    with Gateway(connection) as opened:
        yield opened


def test_a_key_just_created_is_in_the_admin_ui(chromium: Browser, gateway: Gateway) -> None:
    alias = f"browser-{uuid.uuid4().hex[:8]}"
    context = chromium.new_context(base_url=gateway.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(30_000)
    watch = Watch(context)
    keys = gateway.keys
    key = keys.create(alias, models=["gpt-4o-mini"], max_budget_usd=0.5)
    try:
        page = context.new_page()
        page.goto("/ui")
        page.get_by_placeholder("Enter your username").fill("admin")
        page.get_by_placeholder("Enter your password").fill("sk-password")
        page.get_by_role("button", name="Login", exact=True).click()
        # Lesson 00 warns of this red banner, so that nobody takes it for a fault.
        expect(page.get_by_text("Environment-credential login is enabled")).to_be_visible()
        page.get_by_text("Virtual Keys", exact=True).first.click()
        row = page.get_by_role("row").filter(has_text=alias)
        expect(row).to_be_visible()
        expect(row).to_contain_text("gpt-4o-mini")
        # The page gets the key's hash; the secret was told once, to whoever made it.
        assert str(key.secret) not in page.content()
        assert watch.hosts == {"127.0.0.1"}
    finally:
        context.close()
        keys.delete(key)
