"""Counts in words."""

from __future__ import annotations

from gateway_kit.common.words import counted


def test_a_count_has_its_noun_in_singular_or_plural() -> None:
    assert [counted(count, "seat") for count in (0, 1, 2)] == ["0 seats", "1 seat", "2 seats"]
    assert counted(1200, "entry", "entries") == "1,200 entries"
    assert counted(0, "result", none="no") == "no results"
