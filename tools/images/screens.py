"""Screenshots of a running stack: JupyterLab with a lesson, LiteLLM's dashboard, the trace store's list and dashboard.

The traffic is seeded, so the pictures show the same calls each time; latencies, ids and times are those of the run.
"""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from gateway_kit.charts import latency_and_cost
from gateway_kit.errors import GatewayError
from gateway_kit.gateway import Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.litellm_api.connection import Connection
from tools import get_chromium
from tools.bench.stack import BenchStack

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "browser"))  # open JupyterLab as the tests do

from lab_page import LabProgram, NotebookPage  # noqa: E402  # found by the line above

WIDTH, HEIGHT = 1440, 900
COLOURS = 128  # enough for a screenshot of text, and a third of the size
LESSON = "01_routing"

QUESTIONS = (
    "What is an LLM gateway?", "What is a rate limit?", "What is a token?", "What is a cache hit?",
    "How do I reset my password?", "What is the capital of France?",
)  # fmt: skip
MODELS = {
    "gpt-4o-mini": 6,
    "claude-haiku-4-5": 3,
    "bedrock-nova-micro": 2,
    "gemini-flash-lite": 2,
    "smollm2": 1,
}
USERS = ("ann", "ben", "eva")


def screens(stack: BenchStack) -> dict[str, bytes]:
    """Images as PNG bytes, by name. The stack must be up."""
    env = stack.variables()
    connection = Connection(
        env["GATEWAY_URL"], env["GATEWAY_API_KEY"], env["LITELLM_MASTER_KEY"], env["PROVIDERS_URL"]
    )
    pictures: dict[str, bytes] = {}
    with Gateway(connection) as gateway:
        traffic(gateway, env["PROVIDERS_URL"])
        calls = gateway.calls.frame()
        pictures["latency-and-cost"] = latency_and_cost(calls[~calls["cache_hit"]])._repr_png_()
    with chromium() as browser:
        pictures["litellm-dashboard"] = litellm(browser, env["GATEWAY_URL"])
        pictures |= traces(browser, env["LANGFUSE_HOST"])
        pictures["jupyterlab"] = jupyterlab(browser, stack)  # last: the lesson adds traffic of its own
    return pictures


def traffic(gateway: Gateway, providers_url: str) -> None:
    """A hundred calls from three users; the cache answers some, and the provider rejects a few."""
    chance = random.Random(7)
    names, weights = list(MODELS), list(MODELS.values())
    with Providers(providers_url) as providers:
        keys = {user: gateway.keys.create(f"{user}-chat", max_budget_usd=5) for user in USERS}
        for number in range(100):
            user = chance.choice(USERS)
            about = {"trace_name": "chat", "trace_user_id": user, "session_id": f"{user}-{number // 40}"}
            call = {
                "api_key": keys[user].secret,
                "extra_body": {"metadata": {**about, "tags": ["web" if number % 3 else "app"]}},
            }
            question, model = chance.choice(QUESTIONS), chance.choices(names, weights)[0]
            if number % 33 == 20:
                with providers.fault("openai", kind="rate_limit", count=1):
                    ask(gateway, question, "gpt-4o-mini", **call)
            else:
                ask(gateway, question, model, **call)
        gateway.spend.wait_for([gateway.calls.last["request_id"]])


def ask(gateway: Gateway, question: str, model: str, **more: object) -> None:
    """One call; failures are intended, for the dashboards to show."""
    try:
        gateway.ask(question, model, **more)
    except GatewayError as error:
        print(f"as intended: {str(error).splitlines()[0]}")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser of the browser tests. Raises NoBrowserError."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=get_chromium.find(),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
        )
        yield browser
        browser.close()


def jupyterlab(browser: Browser, stack: BenchStack) -> bytes:
    """JupyterLab with an executed lesson."""
    # Not out/lessons, where `make notebooks` keeps the user's executed lessons.
    shutil.rmtree(ROOT / "out" / "screenshot", ignore_errors=True)
    with LabProgram(stack.home, "screenshot") as lab:
        stack.run("notebooks", LESSON, "--out", str(lab.folder))
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        NotebookPage(page, lab, f"{lab.folder.relative_to(ROOT)}/{LESSON}.ipynb")
        page.locator(".jp-OutputArea img").first.scroll_into_view_if_needed()
        return screenshot(page)


def litellm(browser: Browser, url: str) -> bytes:
    """LiteLLM's list of virtual keys."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, base_url=url)
    page.goto("/ui")
    page.get_by_placeholder("Enter your username").fill("admin")
    page.get_by_placeholder("Enter your password").fill("sk-password")
    page.get_by_role("button", name="Login", exact=True).click()
    page.get_by_text("Virtual Keys", exact=True).first.click()
    page.get_by_role("row").filter(has_text="ann-chat").wait_for()
    return screenshot(page)


def traces(browser: Browser, url: str) -> dict[str, bytes]:
    """The trace store's list and its dashboard."""
    page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, base_url=url)
    page.goto("/")
    page.fill("#email", "admin@dep.com")
    page.fill("#password", "password")
    page.click("main button")
    page.wait_for_url("**/")
    listed = screenshot(page)
    page.goto("/dashboard?window=1h")
    return {"traces": listed, "langfuse-dashboard": screenshot(page)}


def screenshot(page: Page) -> bytes:
    """The page as PNG with a palette, once the page has settled."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)
    shot = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    buffer = BytesIO()
    shot.quantize(COLOURS, dither=Image.Dither.NONE).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
