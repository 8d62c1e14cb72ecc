"""Checks of a page as it is shown: names, headings, contrast, width."""

from __future__ import annotations

from itertools import pairwise

from playwright.sync_api import Page

# Text against the first opaque ground behind it (WCAG 2.2, 1.4.3: 4.5, or 3 where large). Colours are rgb().
CONTRAST = """() => {
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!own || !element.checkVisibility() || element.closest(".visually-hidden, .skip")) continue;
    const style = getComputedStyle(element);
    const svg = element instanceof SVGElement;
    if (svg && element.tagName === "title") continue;
    let ground = element;
    while (ground && (parse(getComputedStyle(ground).backgroundColor)[3] ?? 1) < 1) ground = ground.parentElement;
    const back = ground ? parse(getComputedStyle(ground).backgroundColor) : [255, 255, 255];
    const [a, b] = [light(parse(svg ? style.fill : style.color)), light(back)];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) poor.push(`${ratio.toFixed(2)}: ${element.textContent.trim().slice(0, 40)}`);
  }
  return poor;
}"""

TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"

NAMELESS = """() => [...document.querySelectorAll("a, button, summary, input, select, [role=img], img")]
  .filter(e => e.type !== "hidden")
  .filter(e => e.checkVisibility())
  .filter(e => !(e.getAttribute("aria-label") || e.textContent.trim() || e.labels?.length || e.hasAttribute("alt")))
  .map(e => e.outerHTML.slice(0, 200))"""

HEADINGS = """() => [...document.querySelectorAll("h1,h2,h3,h4")]
  .filter(e => e.checkVisibility()).map(e => +e.tagName[1])"""


def check(page: Page) -> None:
    """Fail where the page is hard to read, to hear or to walk through."""
    nameless = page.evaluate(NAMELESS)
    assert nameless == [], nameless
    levels = page.evaluate(HEADINGS)
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.evaluate(TWO_FRAMES)  # the page has taken the scheme on
        poor = page.evaluate(CONTRAST)
        assert poor == [], f"{scheme}: {poor}"
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]
    assert page.locator("html[lang=en] > body > header").count() == 1
    assert page.locator("main").count() == 1
