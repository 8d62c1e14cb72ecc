"""A rehearsal's report as people read it: on a wide screen, on a phone, in the dark, and on paper."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from accessibility import check
from playwright.sync_api import Browser, expect

from gateway_kit.rehearsal import Rehearsal
from tests.unit.rehearsal_made import Made, made_rehearsal

# Text that lies outside of what scrolls, cut off at the right.
CUT = """() => [...document.querySelectorAll("main *, header *, footer *")]
  .filter(e => !e.closest(".scroll") && e.getBoundingClientRect().right > innerWidth + 1)
  .map(e => e.outerHTML.slice(0, 100))"""

SMALLEST_PT = """() => 0.75 * Math.min(
  ...[...document.querySelectorAll("td")].map(e => parseFloat(getComputedStyle(e).fontSize)))"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    worse = Made(
        failing=0.12, cached=0.1, rescued=0.1, slower=1.3, names=("shop", "a-team-with-a-long-name" * 4)
    )
    out = made_rehearsal(tmp_path_factory.mktemp("out") / "a", worse, Made(names=worse.names))
    return Rehearsal.read(out).write_report(["failed > 0.01"])["html"]


@pytest.mark.parametrize("width", [1400, 390])
def test_the_report_can_be_read(chromium: Browser, report: Path, width: int) -> None:
    page = chromium.new_page(viewport={"width": width, "height": 900}, java_script_enabled=True)
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(report.as_uri())
    check(page)
    assert page.evaluate(CUT) == []
    assert page.evaluate("[...document.images].every(image => image.naturalWidth > 0)")
    assert [url for url in asked if not url.startswith("data:")] == [report.as_uri()]
    assert complaints == []
    # Whoever has no mouse reaches what scrolls, and every table says what it is and what its rows are.
    assert page.locator("table").count() == page.locator("table caption").count() > 8
    assert page.locator("table:not(:has(tbody th[scope=row]))").count() == 0
    assert page.locator(".scroll:not([tabindex='0'][aria-label])").count() == 0
    for link in page.locator("nav a").all():
        link.click()
        expect(page.locator(link.get_attribute("href") or "")).to_be_in_viewport()
    page.close()


def test_the_report_is_dark_on_a_dark_screen_and_light_on_paper(chromium: Browser, report: Path) -> None:
    page = chromium.new_page()
    page.goto(report.as_uri())
    ground = "getComputedStyle(document.documentElement).backgroundColor"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) == "rgb(16, 21, 27)"
    page.emulate_media(color_scheme="dark", media="print")
    assert page.evaluate(ground) == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(20, 32, 43)"
    assert page.locator("nav").is_hidden()
    # A4 without its margins, in CSS pixels: nothing is wider.
    page.set_viewport_size({"width": 703, "height": 1017})
    assert page.evaluate("document.documentElement.scrollWidth") <= 703
    assert page.evaluate("[...document.querySelectorAll('table, img')].every(e => e.offsetWidth <= 703)")
    assert page.evaluate(SMALLEST_PT) >= 7
    pages = len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True)))
    assert 4 <= pages <= 9
    page.close()


def test_the_report_needs_no_script(chromium: Browser, report: Path) -> None:
    page = chromium.new_context(java_script_enabled=False).new_page()
    page.goto(report.as_uri())
    assert page.locator("h1").inner_text() == "Rehearsal of candidate.yaml against against.yaml"
    assert page.locator(".verdict li").count() > 8
    page.context.close()
