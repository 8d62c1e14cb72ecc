"""The kit's mask: what it replaces, what it leaves, and values at any depth."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from gateway_kit.tracing.masking import mask_personal_data, mask_text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to ada.l+x@mail.example.org, please", "write to <email>, please"),
        ("key sk-abcDEF_1234567890 is mine", "key <key> is mine"),
        ("pk-lf-0123456789", "<key>"),
        ("card 4111 1111 1111 1111 until 12/29", "card <card> until 12/29"),
        ("card 4111-1111-1111-1111.", "card <card>."),
        ("call +49 30 901820 today", "call <phone> today"),
        ("call (030) 901 820-12", "call <phone>"),
        ("or +1-202-555-0143!", "or <phone>!"),
    ],
)
def test_personal_data_is_replaced(text: str, masked: str) -> None:
    assert mask_text(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "On 2026-11-23 at 07:52:01.929 we had 1500 tokens for 0.0000036 USD",
        "number 4111 1111 1111 1112 fails the check",
        "trace ac16bd6f747948824ed3df84a559d75e, call 68fb37b7-c287-4049-994e-10ec31e14113",
        "ask-me-anything, task-force and risk-averse",
        "version 4.18.0 of 127.0.0.1:4010",
        "@observe decorates",
    ],
)
def test_other_text_is_unchanged(text: str) -> None:
    assert mask_text(text) == text


@dataclass
class Person:
    mail: str


def test_values_at_any_depth_are_masked() -> None:
    data = {
        "messages": [{"role": "user", "content": "a@b.org"}],
        "n": 1,
        "ok": True,
        "none": None,
        "t": ("c@d.org",),
    }
    assert mask_personal_data(data=data) == {
        "messages": [{"role": "user", "content": "<email>"}], "n": 1, "ok": True, "none": None, "t": ["<email>"],
    }  # fmt: skip
    assert mask_personal_data(data=Person("a@b.org")) == {"mail": "<email>"}
