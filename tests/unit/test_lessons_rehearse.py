"""The graders of lesson 09, on rehearsals of its day that are made up: right ways pass, wrong ones are told why."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from gateway_kit.lessons import check, two_shops
from gateway_kit.lessons.exercise import CheckResult
from gateway_kit.lessons.shop_day import BEGIN, USD_PER_MILLION, shop_day
from gateway_kit.lessons.solutions import solved_code
from gateway_kit.lessons.two_shops import (
    HARBOUR_USD,
    OWN_MACHINE_USD,
    ShopFiles,
    crossed,
    original,
    shop_files,
    spent_by_shop,
)
from gateway_kit.rehearsal.result import Rehearsal
from gateway_kit.rehearsal.run_folder import RunFacts
from gateway_kit.rehearsal.story import read_story

Row = dict[str, Any]
Change = Callable[[Row], None]
SPEED = 3600
OUTAGE_H = (3.0, 9.0)
OWN = "qwen3-30b-a3b"


@pytest.fixture
def files(tmp_path: Path) -> ShopFiles:
    return shop_files(folder=tmp_path / "day")


def usd(row: Row, prices: tuple[float, float]) -> float:
    return (row["prompt_tokens"] * prices[0] + row["completion_tokens"] * prices[1]) / 1e6


def answered(number: int, line: Mapping[str, Any]) -> Row:
    """A call as a right configuration answers it: reports on the own machine, at its price."""
    hours = (datetime.fromisoformat(line["timestamp"]) - BEGIN).total_seconds() / 3600
    model = line["request"]["model"]
    row: Row = {
        "number": number,
        "kind": "embeddings" if model == "search" else "chat",
        "model": model,
        "provider_model": OWN if model == "reports" else line["provider_model"].partition("/")[2],
        "started": (datetime(2026, 11, 30, tzinfo=UTC) + timedelta(seconds=hours * 3600 / SPEED)).isoformat(),
        "hours": hours,
        "status": 200,
        "latency_s": line["latency_s"],
        "prompt_tokens": line["prompt_tokens"],
        "completion_tokens": line["completion_tokens"],
        "cache_hit": False,
        "key": line["key_alias"],
        "team": line["team"],
        "feature": line["tags"][0],
        "request": json.dumps(line["request"]),
        "logged_cost_usd": line["cost_usd"],
        "logged_status": 200,
    }
    row["cost_usd"] = usd(
        row, OWN_MACHINE_USD if model == "reports" else USD_PER_MILLION[line["provider_model"]]
    )
    return row


def failed(row: Row, status: int, cause: str, error: str, fault: str | None = None) -> None:
    row.update(status=status, cause=cause, error=error, fault=fault, cost_usd=None, cache_hit=False)


# What the mistakes of the proposal do to a call.
def retired(row: Row) -> None:
    if row["model"] == "sorter":
        failed(row, 404, "model", "The model `gpt-3.5-turbo` does not exist", "unknown_model")


def same_outage(row: Row) -> None:
    if row["model"] == "chat" and OUTAGE_H[0] <= row["hours"] < OUTAGE_H[1]:
        failed(row, 500, "provider", "The service is temporarily unable", "server_error")


def too_few_tokens(row: Row) -> None:
    if row["key"] == "north-reports":
        failed(row, 429, "key_limit", "Limit type: tokens. Current limit: 7200")


def no_price(row: Row) -> None:
    if row["model"] == "reports" and "error" not in row:
        row["cost_usd"] = None


class Budget:
    """Refuses the calls of some keys once these have spent so much."""

    def __init__(self, limit_usd: float, *keys: str) -> None:
        self.limit_usd, self.keys, self.spent = limit_usd, keys, 0.0

    def __call__(self, row: Row) -> None:
        if row["key"] not in self.keys or "error" in row:
            return
        if self.spent >= self.limit_usd:
            failed(row, 422, "budget", "Budget has been exceeded!")
        else:
            self.spent += row["cost_usd"] or 0.0


class Cache:
    """Answers repeated questions; `own` keeps the shops apart."""

    def __init__(self, *, own: bool = False, kind: str = "chat") -> None:
        self.own, self.kind = own, kind
        self.ready: dict[str, datetime] = {}

    def __call__(self, row: Row) -> None:
        if row["kind"] != self.kind or "error" in row:
            return
        name = row["request"] + (row["key"] if self.own else "")
        started = datetime.fromisoformat(row["started"])
        if name in self.ready and self.ready[name] < started:
            row.update(cache_hit=True, cost_usd=0.0)
        else:
            self.ready[name] = started + timedelta(seconds=row["latency_s"])


def both_of_harbours() -> Budget:
    return Budget(HARBOUR_USD, "harbour-desk", "harbour-reports")


def rehearsed(
    files: ShopFiles,
    *changes: Change,
    story: Path | None = None,
    ended: str = "complete",
    calls: int | None = None,
) -> Rehearsal:
    """A rehearsal of the day in which each call is answered, but for the changes, in this order."""
    folder = files.out("made")
    run = folder / "runs" / "candidate"
    run.mkdir(parents=True)
    told = [event.as_dict() for event in read_story(story or files.story)]
    facts = RunFacts("candidate", "mended.yaml", "", ended, "", "", 7, SPEED, {}, told)  # type: ignore[arg-type]
    (run / "run.json").write_text(json.dumps(asdict(facts)))
    rows, attempts = [], []
    for number, line in enumerate(shop_day()[:calls]):
        row = answered(number, line)
        for change in changes:
            change(row)
        rows.append(row)
        attempts.append(
            {"number": number, "model_name": row["model"], "fault": row.get("fault"), "status": row["status"]}
        )
    (run / "calls.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (run / "attempts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in attempts))
    return Rehearsal.read(folder)


def missing(result: CheckResult) -> list[str]:
    return [criterion.text for criterion in result.criteria if not criterion.met]


OUTAGE_CALLS = "`outage_calls` are the calls that were lost to the outage at Azure"
HIDDEN = "`hidden_usd` is what the answered reports cost at the machine's prices"
OVER = "`over_usd` is how far Harbour went over its budget, reports included"
GONE, OUTAGE = "no call asks for a model that is gone", "no call is lost to the outage at Azure"
LIMITED = "no call is refused by a rate limit"
OTHER = "no call fails for another reason than a spent budget"
WHOLE, STORY = "the whole day was rehearsed", "it was rehearsed with the story of the lesson"
PRICED = "each answer has its price"
OWN_PRICE = "what the own machine writes costs 0.40 USD per million tokens read and 2.00 written"
CHEAPER = "what was answered costs at most half of what it cost yesterday"
BUDGET = "Harbour is refused once it has spent 0.015 USD, and nobody else is"
SEPARATE = "no answer that was written for one shop is given to the other"


def to_another_model(row: Row) -> None:
    """Letters are sorted by the model of the help desks, which is dearer."""
    if row["model"] == "sorter":
        row.update(provider_model="gpt-4o-mini", cost_usd=usd(row, (0.15, 0.60)))


def to_the_own_machine_in_the_outage(row: Row) -> None:
    if row["model"] == "chat" and OUTAGE_H[0] <= row["hours"] < OUTAGE_H[1]:
        row.update(provider_model=OWN, cost_usd=usd(row, OWN_MACHINE_USD), model_group="reports")


def at_the_old_price(row: Row) -> None:
    if row["model"] == "reports" and "error" not in row:
        row.update(provider_model="claude-sonnet-4-6", cost_usd=row["logged_cost_usd"])


def at_a_price_per_thousand(row: Row) -> None:
    if row["model"] == "reports" and "error" not in row:
        row["cost_usd"] *= 1000


def read_and_written_mixed_up(row: Row) -> None:
    if row["model"] == "reports" and "error" not in row:
        row["cost_usd"] = usd(row, (OWN_MACHINE_USD[1], OWN_MACHINE_USD[0]))


def broken_request(row: Row) -> None:
    if row["model"] == "chat":
        failed(row, 400, "refused", "AzureException - api_version is missing")


def half_in_the_outage(row: Row) -> None:
    if row["number"] % 2:
        same_outage(row)


# What the learner's configuration comes to, and the criteria that are not met.
MENDED: dict[str, tuple[Callable[[], list[Change]], list[str]]] = {
    "right: the key is in the team, answers are not cached": (lambda: [both_of_harbours()], []),
    "right: a budget of the key for reports": (lambda: [Budget(0.013, "harbour-reports")], []),
    "right: embeddings stay in the cache": (lambda: [both_of_harbours(), Cache(kind="embeddings")], []),
    "right: a cache for each shop": (lambda: [both_of_harbours(), Cache(own=True)], []),
    "right: the own machine helps out": (lambda: [to_the_own_machine_in_the_outage, both_of_harbours()], []),
    "right: another model sorts the letters": (lambda: [to_another_model, both_of_harbours()], []),
    "the proposal as it came": (
        lambda: [retired, same_outage, too_few_tokens, no_price, Cache()],
        [GONE, OUTAGE, LIMITED, PRICED, OWN_PRICE, BUDGET, SEPARATE],
    ),
    "what loses calls is mended, and nothing else": (
        lambda: [no_price, Cache()],
        [PRICED, OWN_PRICE, BUDGET, SEPARATE],
    ),
    "the alias is not mended": (lambda: [retired, both_of_harbours()], [GONE]),
    "the fallback is not mended": (lambda: [same_outage, both_of_harbours()], [OUTAGE]),
    "a second deployment, but no retries": (lambda: [half_in_the_outage, both_of_harbours()], [OUTAGE]),
    "the limit is not mended": (lambda: [too_few_tokens, both_of_harbours()], [LIMITED]),
    "a new deployment that lacks a setting": (lambda: [broken_request, both_of_harbours()], [OTHER]),
    "no price": (lambda: [no_price, both_of_harbours()], [PRICED, OWN_PRICE, BUDGET]),
    "no budget that binds": (lambda: [Budget(0.015, "harbour-desk")], [BUDGET]),
    "the cache is shared": (lambda: [both_of_harbours(), Cache()], [SEPARATE]),
    "back to yesterday's model": (lambda: [at_the_old_price, both_of_harbours()], [CHEAPER]),
    "a price per thousand tokens": (
        lambda: [at_a_price_per_thousand, both_of_harbours()],
        [OWN_PRICE, CHEAPER, BUDGET],
    ),
    "read and written mixed up": (lambda: [read_and_written_mixed_up, both_of_harbours()], [OWN_PRICE]),
    "a budget for everybody": (
        lambda: [
            Budget(
                0.015, *(f"{shop}-{what}" for shop in ("harbour", "north") for what in ("desk", "reports"))
            )
        ],
        [BUDGET],
    ),
    "a budget that nobody reaches": (lambda: [Budget(0.15, "harbour-reports")], [BUDGET]),
}


@pytest.mark.parametrize("name", MENDED)
def test_right_ways_to_mend_pass_and_wrong_ones_are_told_what_is_missing(name: str, files: ShopFiles) -> None:
    changes, criteria = MENDED[name]
    result = check("09.2", {"mended": rehearsed(files, *changes()), "files": files})
    assert missing(result) == criteria, repr(result)
    assert bool(criteria) != name.startswith("right")
    assert all(criterion.found for criterion in result.criteria if not criterion.met)


@pytest.fixture
def proposal(files: ShopFiles) -> Rehearsal:
    """What the proposal comes to."""
    return rehearsed(files, retired, same_outage, too_few_tokens, no_price, Cache())


def own_usd(calls: pd.DataFrame) -> pd.Series[float]:
    return (
        calls["prompt_tokens"] * OWN_MACHINE_USD[0] + calls["completion_tokens"] * OWN_MACHINE_USD[1]
    ) / 1e6


def reading(calls: pd.DataFrame) -> dict[str, Any]:
    """Right values, by another way than the solution's."""
    reports = calls[(calls["model"] == "reports") & (calls["status"] == 200)]
    hidden = own_usd(reports)
    harbours = calls["key"].isin(["harbour-desk", "harbour-reports"])
    return {
        "outage_calls": calls["fault"].eq("server_error").sum(),
        "hidden_usd": hidden.sum(),
        "over_usd": calls["cost_usd"][harbours].sum() + hidden[harbours].sum() - HARBOUR_USD,
    }


Read = Callable[[pd.DataFrame], Mapping[str, Any]]
READ: dict[str, tuple[Read, list[str], str]] = {
    "right: by the faults and the status": (lambda _: {}, [], ""),
    "right: plain numbers": (lambda calls: {n: float(v) for n, v in reading(calls).items()}, [], ""),
    "right: rounded": (lambda calls: {"hidden_usd": round(reading(calls)["hidden_usd"], 4)}, [], ""),
    "nothing yet": (lambda _: {"outage_calls": 0, "hidden_usd": 0, "over_usd": 0}, [OUTAGE_CALLS, HIDDEN, OVER], "0"),
    "all that failed": (
        lambda calls: {"outage_calls": int(calls["failed"].sum())}, [OUTAGE_CALLS], "these are all calls that failed",
    ),
    "all of the help desks": (
        lambda calls: {"outage_calls": 54}, [OUTAGE_CALLS], "54: these are the help desks' calls",
    ),
    "the letters": (
        lambda calls: {"outage_calls": calls["cause"].eq("model").sum()}, [OUTAGE_CALLS], "with the cause `model`",
    ),
    "per token": (
        lambda calls: {"hidden_usd": 1e6 * reading(calls)["hidden_usd"]}, [HIDDEN], "prices are per million tokens",
    ),
    "yesterday's price": (
        lambda calls: {"hidden_usd": calls.query("model == 'reports'")["logged_cost_usd"].sum()}, [HIDDEN], "0.2",
    ),
    "the refused ones too": (
        lambda calls: {"hidden_usd": own_usd(calls.query("model == 'reports'").fillna({"prompt_tokens": 830,
                                             "completion_tokens": 300})).sum()}, [HIDDEN], "0.03",
    ),
    "without the help desk": (
        lambda calls: {"over_usd": own_usd(calls.query("key == 'harbour-reports'")).sum() - HARBOUR_USD},
        [OVER], "0.0088",
    ),
    "what was spent": (lambda calls: {"over_usd": reading(calls)["over_usd"] + HARBOUR_USD}, [OVER], "0.02"),
    "what is known": (
        lambda calls: {"over_usd": calls.loc[calls["team"] == "harbour", "cost_usd"].sum() - HARBOUR_USD},
        [OVER], "-0.01",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_right_readings_pass_and_wrong_ones_are_told_what_they_counted(
    name: str, proposal: Rehearsal
) -> None:
    changed, criteria, said = READ[name]
    calls = proposal.candidate.calls
    result = check("09.1", {"proposed": lambda: proposal, **reading(calls), **changed(calls)})
    assert missing(result) == criteria, repr(result)
    assert bool(criteria) != name.startswith("right")
    assert said in "".join(criterion.found for criterion in result.criteria if not criterion.met)


def test_the_solution_reads_the_day(proposal: Rehearsal) -> None:
    notebook: dict[str, Any] = {"proposed": lambda: proposal, "shops": two_shops}
    exec(solved_code("09.1"), notebook)
    assert missing(check("09.1", notebook)) == []


def test_a_reading_without_a_rehearsal_is_not_judged(files: ShopFiles) -> None:
    def fails() -> None:
        raise RuntimeError("no gateway")

    values = {"outage_calls": 1, "hidden_usd": 0.1, "over_usd": 0.1}
    result = check("09.1", {"proposed": fails, **values})
    assert (missing(result), result.criteria[0].found) == (
        ["`proposed()` rehearses the proposal"],
        "RuntimeError: no gateway",
    )
    assert missing(check("09.1", values)) == ["`proposed` is a function"]
    assert missing(check("09.1", {"proposed": fails, **values, "over_usd": "much"})) == [
        "`over_usd` is set (Real)"
    ]


@pytest.mark.parametrize("ways", [READ, MENDED])
def test_there_are_enough_ways(ways: Mapping[str, Any]) -> None:
    right = [way for way in ways if way.startswith("right")]
    assert len(right) >= 3
    assert len(ways) - len(right) >= 5


def test_what_is_not_the_lessons_day_is_not_judged(files: ShopFiles, tmp_path: Path) -> None:
    def judged(rehearsal: object) -> CheckResult:
        return check("09.2", {"mended": rehearsal, "files": files})

    half = judged(rehearsed(files, both_of_harbours(), calls=80))
    assert (missing(half), half.criteria[0].found) == ([WHOLE], "80 of 120 calls, complete")
    assert missing(judged(rehearsed(files, both_of_harbours(), ended="interrupted"))) == [WHOLE]
    calm = tmp_path / "calm.yaml"
    calm.write_text("- model: gpt-3.5-turbo\n  fault: unknown_model\n")
    result = judged(rehearsed(files, both_of_harbours(), story=calm))
    assert missing(result) == [STORY]
    assert "unknown_model" in result.criteria[1].found
    assert missing(judged(None)) == missing(judged("mended")) == ["`mended` is set (Rehearsal)"]


def test_a_hit_counts_as_crossed_if_the_shop_itself_had_no_such_answer(files: ShopFiles) -> None:
    run = rehearsed(files, Cache()).candidate
    rows = crossed(run, files.day)
    assert len(rows) >= 3
    assert (rows["made_for"] != rows["given_to"]).all()
    desk = [line for line in shop_day() if line["tags"] == ["desk"]]
    assert set(rows["question"]) <= {line["request"]["messages"][-1]["content"] for line in desk}
    assert int(run.calls["cache_hit"].sum()) > len(rows), "some got the answer of their own shop"
    assert crossed(rehearsed(files, Cache(own=True)).candidate, files.day).empty
    assert crossed(rehearsed(files).candidate, files.day).empty


def test_what_a_shop_spent_is_what_its_keys_spent(files: ShopFiles) -> None:
    run = rehearsed(files).candidate
    spent = spent_by_shop(run)
    assert set(spent.index) == {"harbour", "north"}
    assert spent.sum() == pytest.approx(run.calls["cost_usd"].sum())


def test_the_proposal_differs_from_yesterday_in_its_mistakes_alone() -> None:
    """What the text of the lesson says of each line; the customers' file has two of the six."""
    yesterday, proposal, customers = (
        yaml.safe_load(original(f"{name}.yaml")) for name in ("yesterday", "proposal", "customers")
    )
    assert yesterday["litellm_settings"] == {"drop_params": True}
    assert set(proposal["litellm_settings"]) == {"drop_params", "cache", "cache_params"}
    models = [
        {entry["model_name"]: entry for entry in config["model_list"]} for config in (yesterday, proposal)
    ]
    changed = {name for name in {*models[0], *models[1]} if models[0].get(name) != models[1].get(name)}
    assert changed == {"chat-backup", "gpt-4.1-nano", "gpt-3.5-turbo", "reports"}
    assert models[1]["chat-backup"]["litellm_params"]["model"].startswith("azure/")
    router = yesterday["router_settings"] | {"model_group_alias": {"sorter": "gpt-3.5-turbo"}}
    assert router == proposal["router_settings"]
    keys = {key["alias"]: key for key in customers["keys"]}
    assert "team" not in keys["harbour-reports"]
    assert [name for name, key in keys.items() if "tpm" in key] == ["north-reports"]
    assert list(keys)[1::2] == ["harbour-reports", "north-reports"], "as the hints count"
    names = [entry["model_name"] for entry in proposal["model_list"]]
    assert [names[place] for place in (1, 3, 4)] == ["chat-backup", "gpt-3.5-turbo", "reports"], (
        "as the hints count"
    )
    assert customers["teams"][0] == {"alias": "harbour", "max_budget": HARBOUR_USD}
