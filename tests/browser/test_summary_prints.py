"""The summary of the course, built by Sphinx and printed by Chromium: one sheet, with nothing cut off."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from lab_page import ROOT
from playwright.sync_api import Browser


def test_the_summary_is_one_sheet(chromium: Browser, tmp_path: Path) -> None:
    docs = ROOT / "docs"
    others = [path.name for path in docs.glob("*.md") if path.stem not in ("summary", "glossary")]
    build = [
        sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", "-d", str(tmp_path / "doctrees"),
        # Without the reference, which takes ten times as long, and which `make lint` builds.
        "-D", "root_doc=summary", "-D", f"exclude_patterns={','.join(others)}",
        "-D", "suppress_warnings=toc.not_included",
    ]  # fmt: skip
    subprocess.run([*build, str(docs), str(tmp_path / "html")], check=True, timeout=600)
    page = chromium.new_page()
    page.goto((tmp_path / "html" / "summary.html").as_uri())
    pdf = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 711, "height": 1055})  # A4 without its margins, in CSS pixels
    assert page.evaluate("document.documentElement.scrollWidth") <= 711
    shown = page.locator("article table")
    assert shown.count() == 4
    # Printed letters of at least 6.5 points can be read.
    size_px = page.locator("article td").first.evaluate("cell => parseFloat(getComputedStyle(cell).fontSize)")
    assert size_px * 0.75 >= 6.5
    page.close()
