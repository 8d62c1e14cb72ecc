"""The day of lesson 09: the same for a seed, with a day's shape, and with costs of LiteLLM's price list."""

from __future__ import annotations

import importlib.util
import json
from datetime import datetime
from pathlib import Path

import pytest

from gateway_kit.lessons.shop_day import BEGIN, HOURS, USD_PER_MILLION, shop_day
from gateway_kit.lessons.two_shops import shop_files
from gateway_kit.rehearsal.traffic import read_traffic


def test_a_seed_gives_a_day() -> None:
    assert shop_day(seed=3) == shop_day(seed=3)
    assert shop_day(seed=3) != shop_day(seed=4)


@pytest.mark.parametrize("calls", [60, 160, 400])
def test_a_day_has_its_calls_in_order_and_between_its_hours(calls: int) -> None:
    day = shop_day(calls)
    assert len(day) == calls
    hours = [(datetime.fromisoformat(line["timestamp"]) - BEGIN).total_seconds() / 3600 for line in day]
    assert hours == sorted(hours)
    assert hours[0] >= 0
    assert hours[-1] < HOURS
    noon, evening = (sum(begin <= hour < begin + 3 for hour in hours) for begin in (3, 9))
    assert noon > 1.2 * sum(hour < 3 for hour in hours)
    assert evening > 0
    assert {line["key_alias"] for line in day} == {
        "harbour-desk",
        "harbour-reports",
        "north-desk",
        "north-reports",
    }


def test_costs_are_those_of_litellms_price_list() -> None:
    spec = importlib.util.find_spec("litellm")
    assert spec is not None
    assert spec.origin is not None
    listed = json.loads(
        Path(spec.origin).with_name("model_prices_and_context_window_backup.json").read_text()
    )
    for model, (read, written) in USD_PER_MILLION.items():
        price = listed.get(model) or listed[model.partition("/")[2]]
        assert price["input_cost_per_token"] * 1e6 == pytest.approx(read), model
        assert price["output_cost_per_token"] * 1e6 == pytest.approx(written), model


def test_both_shops_ask_some_questions_in_the_same_words() -> None:
    asked: dict[str, set[str]] = {}
    for line in shop_day():
        if line["tags"] == ["desk"]:
            asked.setdefault(json.dumps(line["request"]), set()).add(line["team"])
    both = [request for request, shops in asked.items() if len(shops) == 2]
    assert 2 <= len(both) < len(asked) / 3


def test_the_log_is_read_as_it_was_written(tmp_path: Path) -> None:
    files = shop_files(calls=60, folder=tmp_path)
    with read_traffic(files.day, bad_lines="fail") as traffic:
        summary = traffic.summary()
        calls = list(traffic.calls())
    assert summary["calls"] == summary["with_cost"] == summary["with_latency"] == summary["with_tokens"] == 60
    assert not summary["problems"]
    assert not summary["notes"]
    for call, line in zip(calls, shop_day(60), strict=True):
        assert (call.key, call.team, call.tags) == (line["key_alias"], line["team"], tuple(line["tags"]))
        assert call.body == {n: v for n, v in line["request"].items() if n not in ("model", "stream")}
        assert call.stream == line["request"].get("stream", False)
        assert (call.model, call.provider_model, call.cost_usd, call.ttft_s) == (
            line["request"]["model"], line["provider_model"], line["cost_usd"], line.get("ttft_s"),
        )  # fmt: skip


def test_a_report_has_more_tokens_than_the_limit_of_its_key_allows_in_thousands() -> None:
    """So says the text of lesson 09; and at the limit that was meant, each report gets through."""
    reports = [line for line in shop_day() if line["key_alias"] == "north-reports"]
    most = max(line["prompt_tokens"] + line["request"]["max_tokens"] for line in reports)
    assert all(line["prompt_tokens"] + line["completion_tokens"] > 1000 for line in reports)
    assert most < 2000


def test_files_are_written_anew_and_reports_stay(tmp_path: Path) -> None:
    files = shop_files(folder=tmp_path)
    files.out("mended").mkdir()
    files.proposal.write_text("model_list: []")
    again = shop_files(folder=tmp_path)
    assert "chat-backup" in again.proposal.read_text()
    assert again.out("mended").name == "mended-2"
