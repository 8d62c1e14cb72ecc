"""The files of lesson 09, and what its sections and graders look at in a rehearsed day.

Lighthouse Books runs the gateway of two other bookshops, Harbour and North. `yesterday.yaml` is its configuration,
`proposal.yaml` one that saves money and has six mistakes, `customers.yaml` what the contracts say, `story.yaml` the
trouble, and `day.jsonl` a day's calls (`shop_day`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from gateway_kit.common.tables import Column, Table
from gateway_kit.lessons.shop_day import write_day

if TYPE_CHECKING:
    from gateway_kit.rehearsal.run_result import Run

FOLDER = "09-rehearsals"
# What an hour of the machine for reports costs, divided by what it reads and writes: US dollars per million tokens.
OWN_MACHINE_USD = (0.40, 2.00)
HARBOUR_USD = 0.015
_FILES = ("yesterday.yaml", "proposal.yaml", "customers.yaml", "story.yaml")

CROSSED = Table(
    Column("number", "int64", "place of the call in the day"),
    Column("question", "string", "what was asked"),
    Column("made_for", "string", "the shop for which the model wrote the answer"),
    Column("given_to", "string", "the shop that got it from the cache"),
)


@dataclass(frozen=True)
class _Asked:
    """A call of the day: its request as text, its question, and when it began and ended, in seconds of the day."""

    number: int
    text: str
    question: str
    shop: str
    began: float
    ended: float
    hit: bool


@dataclass(frozen=True)
class ShopFiles:
    """Where the lesson's files are; `mended` and `limits` are the learner's."""

    folder: Path
    yesterday: Path
    proposal: Path
    customers: Path
    story: Path
    day: Path
    mended: Path
    limits: Path

    def out(self, name: str) -> Path:
        """A folder for a rehearsal that does not exist yet: NAME, NAME-2 and so on."""
        number, path = 1, self.folder / name
        while path.exists():
            number += 1
            path = self.folder / f"{name}-{number}"
        return path


def shop_files(calls: int = 120, seed: int = 9, folder: str | Path = FOLDER) -> ShopFiles:
    """The lesson's files as they came, in a folder of their own; reports in it stay."""
    place = Path(folder).absolute()
    place.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        (place / name).write_text(original(name), encoding="utf-8")
    write_day(place / "day.jsonl", calls, seed)
    return ShopFiles(place, *(place / name for name in (*_FILES, "day.jsonl", "mended.yaml", "limits.yaml")))


def original(name: str) -> str:
    """The text of one of the lesson's files."""
    return (files("gateway_kit.lessons") / "rehearsal_files" / name).read_text(encoding="utf-8")


def compared(after: Run, before: Run) -> pd.DataFrame:
    """What changed between two rehearsals of the day, for all calls together, by measure; see `Comparison.table`."""
    from gateway_kit.rehearsal.comparison import compare_runs

    return compare_runs(after, before).overall.set_index("measure")


def shop_of(key: Any) -> str:
    """The shop that a key belongs to: keys are called SHOP-desk and SHOP-reports."""
    return str(key).partition("-")[0]


def spent_by_shop(run: Run) -> pd.Series[float]:
    """What each shop's keys spent, in US dollars."""
    return run.calls.groupby(run.calls["key"].map(shop_of))["cost_usd"].sum()


def crossed(run: Run, day: Path) -> pd.DataFrame:
    """The answers that the cache gave to another shop than the one for which the model had written them.

    Embeddings do not count: a text's numbers are the same for everybody.

    Returns:
        - `number` (int64): place of the call in the day
        - `question` (string): what was asked
        - `made_for` (string): the shop for which the model wrote the answer
        - `given_to` (string): the shop that got it from the cache
    """
    requests = [_request(line) for line in day.read_text(encoding="utf-8").splitlines()]
    calls = run.calls[(run.calls["kind"] == "chat") & ~run.calls["failed"]]
    asked = [
        _Asked(number, requests[number][0], requests[number][1], shop, began, began + latency_s, hit)
        for number, shop, began, latency_s, hit in zip(
            calls["number"].tolist(),
            calls["key"].map(shop_of).tolist(),
            calls["at_s"].tolist(),
            (calls["latency_s"] * (run.facts.speed or 1.0)).tolist(),
            calls["cache_hit"].tolist(),
            strict=True,
        )
    ]
    rows = []
    for call in asked:
        if not call.hit:
            continue
        same = [
            other
            for other in asked
            if other.text == call.text and not other.hit and other.ended <= call.began
        ]
        # A cache that keeps the shops apart has an answer of each.
        if same and call.shop not in {other.shop for other in same}:
            newest = max(same, key=lambda other: other.ended)
            rows.append((call.number, call.question, newest.shop, call.shop))
    return CROSSED.frame(rows)


def _request(line: str) -> tuple[str, str]:
    """A call's whole request, as text, and its question."""
    request: Mapping[str, Any] = json.loads(line)["request"]
    messages = request.get("messages")
    return json.dumps(request, sort_keys=True), str(messages[-1]["content"] if messages else request["input"])
