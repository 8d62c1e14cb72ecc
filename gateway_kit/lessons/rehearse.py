"""The exercises of lesson 09: a rehearsed day is read, and the configuration mended until it stands such a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any

from gateway_kit.lessons.exercise import Criterion, Exercise, require
from gateway_kit.lessons.learner import call_learner
from gateway_kit.lessons.two_shops import (
    HARBOUR_USD,
    OWN_MACHINE_USD,
    ShopFiles,
    crossed,
    shop_of,
    spent_by_shop,
)

if TYPE_CHECKING:
    import pandas as pd

    from gateway_kit.rehearsal.run_result import Run

# A budget is noticed by the next call; those that were in progress still count.
_OVERSHOOT = 1.5
_OWN_MODEL = "qwen3-30b-a3b"


# --- 09.1 --------------------------------------------------------------------------------------------------


def _grade_reading(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """What the outage cost, what the bill lacks, and how far that takes Harbour over its budget, by the run's calls."""
    proposed = require(variables, proposed=callable)
    outage_calls, hidden_usd, over_usd = require(variables, outage_calls=Real, hidden_usd=Real, over_usd=Real)
    rehearsal, failure = call_learner(proposed)
    if failure:
        return [Criterion("`proposed()` rehearses the proposal", False, failure)]
    calls = rehearsal.candidate.calls
    lost = int((calls["failed"] & (calls["model"] == "chat")).sum())
    hidden = _at_the_machines_price(calls[~calls["failed"] & (calls["model"] == "reports")])
    known = float(spent_by_shop(rehearsal.candidate).get("harbour", 0.0))
    over = known + float(hidden[calls["key"].map(shop_of) == "harbour"].sum()) - HARBOUR_USD
    return [
        Criterion(
            "`outage_calls` are the calls that were lost to the outage at Azure",
            outage_calls == lost,
            _counted(outage_calls, calls, lost),
        ),
        _near(
            "`hidden_usd` is what the answered reports cost at the machine's prices",
            hidden_usd,
            float(hidden.sum()),
        ),
        _near("`over_usd` is how far Harbour went over its budget, reports included", over_usd, over),
    ]


def _at_the_machines_price(calls: pd.DataFrame) -> pd.Series[float]:
    read, written = OWN_MACHINE_USD
    return (calls["prompt_tokens"] * read + calls["completion_tokens"] * written).astype("float64") / 1e6


def _counted(number: float, calls: pd.DataFrame, lost: int) -> str:
    """What was counted instead, if that can be told."""
    others = {
        "all calls that failed": int(calls["failed"].sum()),
        "the help desks' calls that failed or were rescued": int(
            (calls["model"].eq("chat") & calls["fault"].notna()).sum()
        ),
        "the help desks' calls": int((calls["model"] == "chat").sum()),
        "the calls with the cause `model`": int((calls["cause"] == "model").sum()),
    }
    what = next((name for name, count in others.items() if count == number and count != lost), "")
    return f"{number:g}" + (f": these are {what}" if what else "")


def _near(text: str, number: float, wanted: float) -> Criterion:
    found = f"{float(number):.4g}"
    if wanted and abs(number / 1e6 - wanted) <= 0.02 * abs(wanted):
        found += ": prices are per million tokens"
    return Criterion(text, abs(number - wanted) <= 0.02 * abs(wanted), found)


# --- 09.2 --------------------------------------------------------------------------------------------------


def _grade_mended(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """The day is answered whatever the story does, each answer has its price, a budget binds, and shops are apart."""
    from gateway_kit.rehearsal.result import Rehearsal

    mended, files = require(variables, mended=Rehearsal, files=ShopFiles)
    run = mended.candidate
    whole = _whole_day(run, files)
    if not all(criterion.met for criterion in whole):
        return whole
    return [*whole, *_answers(run), *_prices(run), _budget(run), _separate(run, files)]


def _whole_day(run: Run, files: ShopFiles) -> list[Criterion]:
    """The day and the story are the lesson's, and the run came to its end."""
    from gateway_kit.rehearsal.story import read_story

    calls = len(files.day.read_text(encoding="utf-8").splitlines())
    told = [event.as_dict() for event in read_story(files.story)]
    return [
        Criterion(
            "the whole day was rehearsed",
            run.facts.ended == "complete" and len(run.calls) == calls,
            f"{len(run.calls)} of {calls} calls, {run.facts.ended}",
        ),
        Criterion(
            "it was rehearsed with the story of the lesson",
            _troubles(run.facts.story) == _troubles(told),
            ", ".join(sorted(_troubles(run.facts.story))) or "no trouble at all",
        ),
    ]


def _troubles(story: Sequence[Mapping[str, Any]]) -> set[str]:
    """Each trouble in words that do not depend on its place in a file."""
    return {
        " ".join(
            f"{name}={event[name]}"
            for name in sorted(event)
            if name != "line" and event[name] not in (None, {})
        )
        for event in story
    }


def _answers(run: Run) -> list[Criterion]:
    calls = run.calls
    lost = calls[calls["failed"] & (calls["cause"] != "budget")]
    limited = lost["cause"].str.endswith("_limit", na=False)
    struck = lost["fault"].fillna("")
    gone = struck.eq("unknown_model") | lost["cause"].eq("model")
    out = struck.eq("server_error") & ~gone
    rest = lost[~(limited | gone | out)]
    return [
        _none("no call asks for a model that is gone", lost[gone]),
        _none("no call is lost to the outage at Azure", lost[out]),
        _none("no call is refused by a rate limit", lost[limited]),
        _none("no call fails for another reason than a spent budget", rest),
    ]


def _none(text: str, lost: pd.DataFrame) -> Criterion:
    """Whether no call was lost; if some were, how many of which model, and with which error."""
    if lost.empty:
        return Criterion(text, True)
    models = lost["model"].value_counts()
    counts = ", ".join(f"{count} of `{model}`" for model, count in models.items())
    first = lost.iloc[0]
    return Criterion(text, False, f"{counts}; the first one: {first['status']}, {str(first['error'])[:160]}")


def _prices(run: Run) -> list[Criterion]:
    calls = run.calls
    answered = calls[~calls["failed"] & ~calls["cache_hit"] & calls["prompt_tokens"].gt(0)]
    free = answered[~answered["cost_usd"].gt(0)]
    counts = ", ".join(f"{count} of `{model}`" for model, count in free["model"].value_counts().items())
    own = answered[answered["provider_model"].str.contains(_OWN_MODEL, na=False)]
    wanted = float(_at_the_machines_price(own).sum())
    read, written = OWN_MACHINE_USD
    charged = own["cost_usd"].sum()
    logged, cost = (calls.loc[~calls["failed"], column].sum() for column in ("logged_cost_usd", "cost_usd"))
    return [
        Criterion("each answer has its price", free.empty, f"for nothing: {counts}"),
        Criterion(
            f"what the own machine writes costs {read:.2f} USD per million tokens read and {written:.2f} written",
            abs(charged - wanted) <= 0.01 * wanted,
            f"{charged:.4f} USD, where {wanted:.4f} would be right",
        ),
        Criterion(
            "what was answered costs at most half of what it cost yesterday",
            cost <= logged / 2,
            f"{cost:.3f} USD, yesterday {logged:.3f}",
        ),
    ]


def _budget(run: Run) -> Criterion:
    refused = run.calls[run.calls["cause"].eq("budget")]
    whose = refused["key"].map(shop_of)
    spent = float(spent_by_shop(run).get("harbour", 0.0))
    counts = whose.value_counts().to_dict()
    others = {shop: count for shop, count in counts.items() if shop != "harbour"}
    return Criterion(
        f"Harbour is refused once it has spent {HARBOUR_USD:g} USD, and nobody else is",
        counts.get("harbour", 0) > 0 and spent <= _OVERSHOOT * HARBOUR_USD and not others,
        f"Harbour spent {spent:.4f} USD, and {counts.get('harbour', 0)} of its calls were refused by a budget"
        + "".join(f", {count} of {shop}'s too" for shop, count in others.items()),
    )


def _separate(run: Run, files: ShopFiles) -> Criterion:
    rows = crossed(run, files.day)
    found = f"{len(rows)} answers" if len(rows) else ""
    if len(rows):
        row = rows.iloc[0]
        found += f", such as that to {row['question']!r}, written for {row['made_for']} and given to {row['given_to']}"
    return Criterion("no answer that was written for one shop is given to the other", rows.empty, found)


EXERCISES = (
    Exercise(
        "09.1",
        _grade_reading,
        hints=(
            "`run.calls` has a row per call. Its columns `failed`, `cause`, `model`, `key`, `prompt_tokens` and "
            "`completion_tokens` are all that you need.",
            "The outage struck the help desks, whose model is `chat`. For the money take the reports that did not "
            "fail: tokens read times 0.40 and tokens written times 2.00, both divided by a million.",
            "Harbour's keys are `harbour-desk` and `harbour-reports`. What it spent is the `cost_usd` that is known, "
            "and what is hidden of its own reports; `shops.HARBOUR_USD` is its budget.",
        ),
    ),
    Exercise(
        "09.2",
        _grade_mended,
        hints=(
            "Mend one after the other. Answers first: `sorter` asks for a model that is gone, so give its entry of "
            "`model_list` one that is still there; the fallback of `chat` has to be at another provider than `chat` "
            "itself; and LiteLLM counts tokens, not thousands of them.",
            "The entries of `config['model_list']` are counted from 0: `chat-backup` is 1, the retired model 3, "
            "`reports` 4. `input_cost_per_token` and `output_cost_per_token`, in the `litellm_params` of `reports`, "
            "are US dollars for one token.",
            "`limits['keys'][1]` is Harbour's key for reports. It shares its team's budget with `team`, and has one of "
            "its own with `max_budget`. Which of the two keeps its help desk open?",
            "A configuration cannot give each customer a cache of its own: that takes a `namespace` in the request, as "
            "in lesson 03. It can leave answers out of the cache, with `supported_call_types` under `cache_params`: "
            "`[embedding, aembedding]`; or switch the cache off.",
        ),
    ),
)
