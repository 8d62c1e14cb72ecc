"""The book in Chromium, from files, with no network: lesson 00 executed on the tests' stack, the others as stored."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from accessibility import CONTRAST, TWO_FRAMES
from lab_page import NARROW, ROOT, WIDE
from playwright.sync_api import Browser, Page, ViewportSize, expect
from watch import Watch

from gateway_kit.lessons.runner import run_lesson
from tools.book.check import problems

LESSON = "00_start_here"
# A4 without its margins, in CSS pixels.
SHEET: ViewportSize = {"width": 711, "height": 1055}
# What sticks out of the page, but for what lies in a part that scrolls by itself.
OUTSIDE = """margin => [...document.querySelectorAll("article *")]
  .filter(e => e.getBoundingClientRect().right > innerWidth + margin && e.checkVisibility())
  .filter(e => {
    for (let part = e.parentElement; part.tagName !== "ARTICLE"; part = part.parentElement)
      if (["auto", "scroll", "hidden"].includes(getComputedStyle(part).overflowX)) return false;
    return true;
  }).map(e => e.outerHTML.slice(0, 200))"""
OUTSIDE_OF_SHEET = OUTSIDE.replace('"auto", "scroll", "hidden"', "")


@pytest.fixture(scope="module")
def executed(stack_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with lesson 00 as it ran on the tests' stack."""
    folder = tmp_path_factory.mktemp("executed")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GATEWAY_HOME", stack_env["GATEWAY_HOME"])
        run = run_lesson(ROOT / "notebooks" / f"{LESSON}.ipynb", folder)
    assert run.passed, run.failure
    return folder


@pytest.fixture(scope="module")
def book(executed: Path, stack_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built site, checked for this stack's secrets too."""
    site = tmp_path_factory.mktemp("book") / "site"
    argv = ["gateway_kit.common.jupyter_program", "tools.book", str(site), "--executed", str(executed)]
    # Nothing but errors is printed; a lesson that was not executed is shown as stored.
    done = subprocess.run(
        [sys.executable, "-m", *argv, "--incomplete"], cwd=ROOT, capture_output=True, text=True, timeout=600
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    secret = {name: value for name, value in stack_env.items() if "KEY" in name or "URL" in name}
    secret = {name: value for name, value in secret.items() if value != "sk-password"}
    assert {"GATEWAY_API_KEY", "LANGFUSE_SECRET_KEY", "GATEWAY_URL", "DATABASE_URL"} <= set(secret)
    assert problems(site, secret) == []
    return site


@pytest.fixture
def page(chromium: Browser, book: Path) -> Iterator[Page]:
    """A page without a network, which must ask for nothing outside of the site, nor report an error."""
    context = chromium.new_context(offline=True, viewport={"width": WIDE[0], "height": WIDE[1]})
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    watch = Watch(context)
    yield context.new_page()
    context.close()
    assert watch.errors == []
    assert asked
    assert [url for url in asked if not url.startswith((book.as_uri(), "data:"))] == []


def test_no_page_is_wider_than_its_window_or_its_sheet(page: Page, book: Path) -> None:
    paths = sorted(book.rglob("*.html"))
    assert len(paths) > 15
    views = [("screen", *WIDE), ("screen", *NARROW), ("print", SHEET["width"], SHEET["height"])]
    for path in paths:
        page.goto(path.as_uri())
        for media, width, height in views:
            page.emulate_media(media=media)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": height})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{path.name}, {media}"
            # Nothing scrolls on paper; tables have a border that reaches into the sheet's margin.
            outside, margin = (OUTSIDE, 1) if media == "screen" else (OUTSIDE_OF_SHEET, 12)
            assert page.evaluate(outside, margin) == [], f"{path.name} at {width} pixels, {media}"
        # The next page is laid out at once as this one was last: each layout of a long table counts.
        views.reverse()


def test_a_lesson_is_readable_light_and_dark(page: Page, book: Path) -> None:
    page.goto((book / "lessons" / f"{LESSON}.html").as_uri())
    figures = page.locator("img.gk-figure")
    assert figures.count() > 0
    for figure in figures.all():
        assert len(figure.get_attribute("alt") or "") > 20
    for scheme, filtered in (("light", "none"), ("dark", "invert(0.93) hue-rotate(180deg)")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.evaluate(TWO_FRAMES)
        assert figures.first.evaluate("image => getComputedStyle(image).filter") == filtered
        poor = [text for text in page.evaluate(CONTRAST) if not text.endswith(": ")]
        assert poor == [], scheme
    # The reader's choice counts more than the system's.
    page.locator(".content-icon-container .theme-toggle").click()
    assert page.locator("body").get_attribute("data-theme") == "light"
    assert figures.first.evaluate("image => getComputedStyle(image).filter") == "none"


def test_a_lesson_has_its_outputs_its_panel_and_its_download(page: Page, book: Path) -> None:
    page.goto((book / "lessons" / f"{LESSON}.html").as_uri())
    expect(page.locator(".cell_output table.dataframe").first).to_contain_text("http://127.0.0.1:4000")
    expect(page.locator(".gk-panel")).to_contain_text("http://127.0.0.1:4010")
    expect(page.locator(".cell_output", has_text="Exercise 00.1")).to_contain_text("0 of 3 right")
    expect(page.locator("article")).not_to_contain_text("this lesson is your copy")
    link = page.get_by_role("link", name=f"{LESSON}.ipynb")
    stored = (book / "lessons" / (link.get_attribute("href") or "")).resolve()
    assert stored.read_bytes() == (ROOT / "notebooks" / f"{LESSON}.ipynb").read_bytes()
    page.get_by_role("link", name="virtual key", exact=True).first.click()
    assert page.url == f"{(book / 'glossary.html').as_uri()}#virtual-key"


def test_the_search_works_from_files(page: Page, book: Path) -> None:
    page.goto((book / "index.html").as_uri())
    page.locator(".sidebar-search").fill("cooldown")
    page.keyboard.press("Enter")
    found = page.locator(".search li a")
    expect(found.filter(has_text="Routing: one name").first).to_be_visible()
    expect(found.filter(has_text="Glossary").first).to_be_visible()


def test_a_printed_lesson_is_light_and_the_summary_is_one_sheet(page: Page, book: Path) -> None:
    page.emulate_media(media="print", color_scheme="dark")
    page.set_viewport_size(SHEET)
    page.goto((book / "lessons" / f"{LESSON}.html").as_uri())
    assert page.locator("img.gk-figure").first.evaluate("image => getComputedStyle(image).filter") == "none"
    page.goto((book / "summary.html").as_uri())
    assert page.locator("article table").count() == 4
    # Printed letters of at least 6.5 points can be read.
    size_px = page.locator("article td").first.evaluate("cell => parseFloat(getComputedStyle(cell).fontSize)")
    assert size_px * 0.75 >= 6.5
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 1
