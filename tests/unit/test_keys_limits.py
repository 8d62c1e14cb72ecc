"""What a key may be limited to: nonsense is a sentence before anything is sent."""

from __future__ import annotations

import math
from typing import Any

import pytest

from gateway_kit.errors import RequestRefusedError
from gateway_kit.keys import Secret, VirtualKey
from gateway_kit.keys.limits import changes_body, checked_secret, limits_body, name_of, seconds_of
from gateway_kit.keys.secret import key_hash, mask

SECRET = "sk-0123456789abcdefWXYZ"


def test_limits_in_litellms_words() -> None:
    limits = {
        "max_budget_usd": 5,
        "budget_duration": "30d",
        "rpm_limit": 10,
        "tpm_limit": 0,
        "max_parallel_requests": None,
        "expires_in": "2s",
    }
    assert limits_body(limits) == {
        "max_budget": 5.0,
        "budget_duration": "30d",
        "rpm_limit": 10,
        "tpm_limit": 0,
        "duration": "2s",
    }


def test_a_change_takes_away_what_is_none() -> None:
    body = changes_body({"max_budget_usd": None, "rpm_limit": None, "expires_in": None, "tpm_limit": 7})
    assert body == {"max_budget": None, "rpm_limit": None, "duration": "-1", "tpm_limit": 7}


@pytest.mark.parametrize("name", ["max_budget_usd"])
@pytest.mark.parametrize("value", [-1, -0.01, math.nan, math.inf, "lots", True, [1]])
def test_a_nonsense_budget_is_refused(name: str, value: Any) -> None:
    with pytest.raises(RequestRefusedError, match=f"{name}=.*US dollars, 0 or more"):
        limits_body({name: value})


@pytest.mark.parametrize("name", ["rpm_limit", "tpm_limit", "max_parallel_requests"])
@pytest.mark.parametrize("value", [-3, 1.5, "many", True, 2**31])
def test_a_nonsense_limit_is_refused(name: str, value: Any) -> None:
    with pytest.raises(RequestRefusedError, match=f"{name}=.*a whole number from 0"):
        limits_body({name: value})


@pytest.mark.parametrize("name", ["budget_duration", "expires_in"])
@pytest.mark.parametrize("value", ["soon", "5x", "", "-5s", "0s", "1.5h", "30", 30, "99999999d", "1d "])
def test_a_duration_that_cannot_be_read_is_refused(name: str, value: Any) -> None:
    with pytest.raises(RequestRefusedError, match=rf"{name}=.*such as 30s"):
        limits_body({name: value})


@pytest.mark.parametrize("value", ["1s", "90m", "24h", "7d", "2w", "12mo", "36500d"])
def test_every_unit_can_be_read(value: str) -> None:
    assert limits_body({"budget_duration": value}) == {"budget_duration": value}


def test_a_reset_needs_a_budget() -> None:
    with pytest.raises(RequestRefusedError, match="Give max_budget_usd too"):
        limits_body({"budget_duration": "1d"}, needs_budget=True)


def test_an_unknown_limit_names_the_known_ones() -> None:
    for build in (limits_body, changes_body):
        with pytest.raises(RequestRefusedError, match="max_parallel_requests"):
            build({"max_budget": None})


def test_a_secret_as_a_name_is_refused_and_not_repeated() -> None:
    with pytest.raises(RequestRefusedError) as caught:
        name_of("A key", SECRET)
    assert SECRET not in str(caught.value)
    for bad in ("", "  ", None, "x" * 201):
        with pytest.raises(RequestRefusedError, match="A key needs a name"):
            name_of("A key", bad)


@pytest.mark.parametrize("bad", ["abc", "sk-short", "sk-with a blank in it", "sk-" + "x" * 300, None])
def test_an_invalid_secret_of_the_callers_own_is_refused(bad: Any) -> None:
    with pytest.raises(RequestRefusedError, match="16 to 200") as caught:
        checked_secret(bad)
    assert str(bad) not in str(caught.value) or bad is None


def test_a_secret_is_a_str_that_hides_itself() -> None:
    key = VirtualKey("search", key_hash(SECRET), mask(SECRET), Secret(SECRET))
    assert key.secret == SECRET
    assert f"Bearer {key.secret}" == f"Bearer {SECRET}"
    for shown in (repr(key), str(key), repr(key.secret), repr([key.secret]), f"{key!r}"):
        assert SECRET not in shown
        assert "sk-...WXYZ" in shown


def test_a_mask_hides_short_texts_whole() -> None:
    assert mask("sk-abcd") == "sk-..."
    assert mask(SECRET) == "sk-...WXYZ"


def test_a_hash_stays_itself() -> None:
    assert key_hash(key_hash(SECRET)) == key_hash(SECRET)
    assert len(key_hash(SECRET)) == 64


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("30s", 30), ("24h", 86_400), ("1d", 86_400), ("1mo", 31 * 86_400), ("day", None), (None, None)],
)
def test_a_duration_has_its_seconds(value: object, seconds: int | None) -> None:
    assert seconds_of(value) == seconds
