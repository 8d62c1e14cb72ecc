"""The facilitator's plans: their minutes add up, and the sections they name are those of the lessons."""

from __future__ import annotations

import itertools
import re

import pytest

from tests.facilitator_plans import (
    EXERCISE_MINUTES,
    GUIDE,
    LESSONS,
    PLANS,
    headings,
    italics,
    reading_minutes,
    rows,
    used,
)

TOTALS = {"plan-90-minutes": 90, "plan-half-day": 210, "plan-day": 450}


def test_there_is_a_plan_for_90_minutes_half_a_day_and_a_day() -> None:
    assert set(PLANS) == set(TOTALS)


@pytest.mark.parametrize("plan", TOTALS)
def test_a_plans_minutes_add_up(plan: str) -> None:
    table = rows(plan)
    assert len(table) == len(re.findall(r"^\| \d", PLANS[plan], re.MULTILINE)), "a row is not read"
    assert table[0].begins == 0
    for row in table:
        assert row.ends - row.begins == row.minutes > 0, row
    for before, after in itertools.pairwise(table):
        assert before.ends == after.begins, after
    assert table[-1].ends == TOTALS[plan]
    assert f"**{TOTALS[plan]} minutes**" in PLANS[plan]
    assert {row.how for row in table} <= {"talk", "do", "show", "exercise", "break", "lunch", "buffer"}
    assert sum(row.minutes for row in table if row.how == "buffer") >= TOTALS[plan] * 0.04


@pytest.mark.parametrize("plan", TOTALS)
def test_nobody_sits_for_more_than_90_minutes(plan: str) -> None:
    since = 0
    for row in rows(plan):
        if row.how in ("break", "lunch"):
            since = row.ends
        assert row.ends - since <= 95, row


@pytest.mark.parametrize("plan", TOTALS)
def test_every_section_of_a_plans_lessons_is_given_or_skipped(plan: str) -> None:
    skipped = {}
    for line in PLANS[plan].partition("## What you skip")[2].partition("\n## ")[0].splitlines():
        if found := re.match(r"- `(\w+)`:", line):
            skipped[found[1]] = italics(line)
    given = used(plan)
    assert given
    for lesson, sections in given.items():
        unnamed = ["Recap", "Clean up"]
        left = [text for text in headings(lesson) if text not in [*sections, *unnamed]]
        # The fast ones' exercise is named where the others work on theirs.
        assert sorted(skipped.get(lesson, [])) == sorted(left), lesson
    assert set(skipped) <= set(given)


@pytest.mark.parametrize("plan", TOTALS)
def test_a_row_names_sections_of_its_lesson_and_has_the_time_for_them(plan: str) -> None:
    begun = set()
    for row in rows(plan):
        if row.how not in ("do", "show", "exercise"):
            assert row.lesson is None, row
            continue
        assert row.lesson in LESSONS, row
        minutes = reading_minutes(row.lesson)
        sections = [text for text in italics(row.what) if text in headings(row.lesson)]
        assert sections, row
        if row.how == "exercise":
            assert sections[0].startswith("Exercise")
            assert EXERCISE_MINUTES + 1 < row.minutes <= 15, row
            continue
        needed = sum(minutes[text] for text in sections)
        if row.how == "do":  # a facilitator has run the set-up cells before
            needed += minutes[""] / 2 if row.lesson not in begun else 0
            begun.add(row.lesson)
        least = needed if row.how == "do" else needed / 2
        assert least <= row.minutes <= 2 * needed + 3, f"{needed:.1f} minutes of reading: {row}"


def test_every_section_that_a_page_names_is_a_lessons() -> None:
    known = {text for lesson in LESSONS for text in headings(lesson)}
    for page in sorted(GUIDE.glob("*.md")):
        for text in italics(page.read_text(encoding="utf-8")):
            if re.match(r"(\d+\.|Step \d|Exercise \d|Appendix) ", text):
                assert text in known, f"{page.name}: {text}"
