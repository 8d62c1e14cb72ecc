"""A workshop's certificate, printed by Chromium: one page of A4, all of it in sight, on a phone too."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from workshop_made import BEGIN, made_result, made_workshop

from gateway_kit.workshop.certificates import certificate_facts, sign_certificate
from gateway_kit.workshop.signing import make_key, read_key

WORKSHOP = made_workshop(name="a-workshop-with-a-name-of-forty-letters")
NAME = "Ann-Sophie Lindgren Wallenberg-Mårtensson the Second of Östersund"


@pytest.mark.parametrize(("exercises", "name"), [(1, ""), (18, NAME), (36, NAME)])
def test_a_certificate_is_one_page(chromium: Browser, tmp_path: Path, exercises: int, name: str) -> None:
    results = [
        made_result(
            WORKSHOP, exercise=f"{n // 3:02d}.{n % 3 + 1}", attempt=n + 1, solution_shown=n % 4 == 0,
            at=BEGIN + timedelta(minutes=n),
        )
        for n in range(exercises)
    ]  # fmt: skip
    lessons = {f"{n:02d}": "Prompts and experiments" for n in range(12)}
    make_key(tmp_path)
    key = read_key(tmp_path)
    assert key is not None
    facts = certificate_facts(
        WORKSHOP.name,
        "seat-01",
        results,
        issued=datetime.now(UTC),
        name=name,
        lessons=lessons,
        exercises=exercises,
    )
    (tmp_path / "c.html").write_text(sign_certificate(facts, key))
    page = chromium.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto((tmp_path / "c.html").as_uri())
    pdf = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 1
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 794, "height": 1123})  # A4 in CSS pixels
    assert page.evaluate("document.documentElement.scrollHeight") <= 1123
    assert page.locator("li").count() == exercises
    smallest = page.locator("li span").last.evaluate("text => parseFloat(getComputedStyle(text).fontSize)")
    assert smallest * 0.75 >= 6.5  # points that can be read
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert len(asked) == 1
    page.close()
