"""The exercises of lesson 07: a judge that agrees with people, a version with a weak spot, and the way back."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from gateway_kit.errors import TracingError
from gateway_kit.gateway import Answer, Gateway
from gateway_kit.lessons.exercise import Criterion, Exercise, require
from gateway_kit.lessons.help_desk import colleague_says, desk_questions, mistakes
from gateway_kit.lessons.learner import call_learner
from gateway_kit.metrics import compare_experiments, judge_agreement
from gateway_kit.metrics.comparison import HIGHER, LOWER

if TYPE_CHECKING:
    from langfuse import Langfuse

# A check that is repeated asks the cache: the same questions under the same prompt have the same answers.
_CACHED = {"cache": {"namespace": "07-grader"}}

# --- 07.1 --------------------------------------------------------------------------------------------------

KAPPA = 0.75
# Answers with all kinds of mistakes: of a prompt without rules, and of one that asks for a number everywhere.
_JUDGED = (
    "You are the help desk of Lighthouse Books. Reply to the customer.",
    "You are the help desk of Lighthouse Books. Reply to the customer, and ask for the order number.",
)
_PER_KIND = 3


def _grade_rubric(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A rubric with which the judge agrees with colleagues on answers that the learner has not seen."""
    rubric, gateway, judge_model = require(variables, rubric=str, gateway=Gateway, judge_model=str)
    judged = _judge_answers(gateway, rubric, judge_model)
    clear = judged["verdict"].notna()
    criteria = [
        Criterion(
            "the judge begins each verdict with PASS or FAIL",
            bool(clear.all()),
            "" if clear.all() else _no_verdict(str(judged.loc[~clear, "said"].iloc[0])),
        )
    ]
    if not clear.all():
        return criteria
    verdict = judged["verdict"].astype(bool)
    row = judge_agreement(verdict, judged["people"]).iloc[0]
    kappa = 0.0 if pd.isna(row["kappa"]) else float(row["kappa"])
    criteria.append(
        Criterion(
            f"on {len(judged)} new answers, its kappa with colleagues is at least {KAPPA}",
            kappa >= KAPPA,
            f"{kappa:.2f}; {_where_it_errs(judged, verdict)}",
        )
    )
    return criteria


def _judge_answers(gateway: Gateway, rubric: str, judge_model: str) -> pd.DataFrame:
    """A row per answer: question, answer, people (bool), said, and verdict (missing if neither PASS nor FAIL)."""
    questions = list(desk_questions(_PER_KIND)["question"])
    asked = [(system, question) for system in _JUDGED for question in questions]
    answers = _ask_all(gateway, asked, gateway.model)
    cases = [f"Question: {q}\nAnswer: {a}" for (_, q), a in zip(asked, answers, strict=True)]
    said = _ask_all(gateway, [(rubric, case) for case in cases], judge_model)
    rows = [
        (q, a, colleague_says(q, a), s, {"PASS": True, "FAIL": False}.get(s.lstrip("*# ")[:4].upper()))
        for (_, q), a, s in zip(asked, answers, said, strict=True)
    ]
    return pd.DataFrame(rows, columns=["question", "answer", "people", "said", "verdict"])


def _ask_all(gateway: Gateway, asked: Sequence[tuple[str, str]], model: str) -> list[str]:
    """The answers to pairs of a system's message and a user's."""
    prompts = [
        [{"role": "system", "content": system}, {"role": "user", "content": user}] for system, user in asked
    ]
    given = gateway.ask_many(prompts, model, errors="raise", extra_body=_CACHED)
    return [answer.text for answer in given if isinstance(answer, Answer)]


def _where_it_errs(judged: pd.DataFrame, verdict: pd.Series[Any]) -> str:
    """What the judge overlooks most, or that it fails good answers."""
    overlooked = Counter(
        name
        for row in judged[verdict & ~judged["people"]].itertuples()
        for name in mistakes(str(row.question), str(row.answer))
    )
    harsh = judged.loc[~verdict & judged["people"], "said"]
    most = ", ".join(f"{name} ({times} times)" for name, times in overlooked.most_common(3))
    parts = [
        f"it accepts answers with: {most}" if most else "",
        f"it fails {len(harsh)} good answers, one with the words `{_reason(harsh.iloc[0])}`"
        if len(harsh)
        else "",
    ]
    return "; ".join(part for part in parts if part) or "it agrees by chance"


def _no_verdict(said: str) -> str:
    found = f"`{said[:60]}`"
    if said.startswith("Simulated answer"):
        found += (
            ". The simulated judge did not recognise its task: begin the rubric with the text of POOR_RUBRIC"
        )
    return found


def _reason(said: str) -> str:
    """A verdict without its first line, PASS or FAIL."""
    return said.strip().splitlines()[-1][:80]


# --- 07.2 --------------------------------------------------------------------------------------------------


def _grade_weak_spot(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """The version that is better than version 1 on the whole and worse on one kind, as experiments have shown."""
    better, worse_for, desk, gateway = require(
        variables, better=int, worse_for=str, desk=str, gateway=Gateway
    )
    versions = gateway.tracing.evaluation.prompt_versions(desk).set_index("version")
    known = better in versions.index and better != 1
    numbers = ", ".join(str(version) for version in sorted(versions.index) if version != 1)
    criteria = [
        Criterion(
            f"`better` is a version of {desk} after the first", known, f"{better}, not one of {numbers}"
        )
    ]
    kinds = sorted(desk_questions()["kind"].unique())
    criteria.append(
        Criterion(
            "`worse_for` is a kind of question",
            worse_for in kinds,
            f"{worse_for!r}, not one of {', '.join(kinds)}",
        )
    )
    if not all(criterion.met for criterion in criteria):
        return criteria
    counts = gateway.tracing.cost_and_latency("prompt_version", prompt=desk).set_index("prompt_version")
    answered = int(counts["observations"].get(str(better), 0))
    criteria.append(
        Criterion(
            "you have run an experiment with it",
            answered >= len(kinds),
            f"{answered} answers of version {better} are in the trace store",
        )
    )
    before, after = (_judged_by_people(gateway, versions["prompt"][version]) for version in (1, better))
    compared = compare_experiments(before, after, by="kind").set_index("group").to_dict("index")
    whole, part = compared["all"], compared[worse_for]
    return [
        *criteria,
        Criterion("on the whole it is better than version 1", whole["verdict"] == HIGHER, _told(whole)),
        Criterion(f"for {worse_for} it is worse", part["verdict"] == LOWER, _told(part)),
    ]


def _judged_by_people(gateway: Gateway, messages: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """An experiment's items with the score `people`: the answers under this prompt to all questions."""
    questions = desk_questions()
    system = next(str(message["content"]) for message in messages if message["role"] == "system")
    answers = _ask_all(gateway, [(system, question) for question in questions["question"]], gateway.model)
    return pd.DataFrame(
        {
            "item_id": questions["item_id"],
            "scores": [
                {"people": not mistakes(q, a)} for q, a in zip(questions["question"], answers, strict=True)
            ],
            "metadata": [{"kind": kind} for kind in questions["kind"]],
        }
    )


def _told(row: Mapping[Any, Any]) -> str:
    return f"{row['verdict']}: {row['before']:.2f} before, {row['after']:.2f} after, n={row['items']}"


# --- 07.3 --------------------------------------------------------------------------------------------------


def _grade_roll_back(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """Two functions: one promotes a version, the other gives back to users what they had before."""
    promote, roll_back, gateway = require(variables, promote=callable, roll_back=callable, gateway=Gateway)
    client, evaluation = gateway.tracing.client, gateway.tracing.evaluation
    name = f"07-grader-{uuid.uuid4().hex[:8]}"
    texts = [f"Text {number} of the grader" for number in range(1, 6)]
    for text in texts:
        client.create_prompt(name=name, prompt=text)
    try:
        # Version 5 is a draft that nobody has promoted, and 2 was skipped.
        for number in (1, 3, 4):
            _, failure = call_learner(promote, name, number)
            got = _production(client, name)
            if failure or got != texts[number - 1]:
                return [
                    Criterion(
                        "`promote(name, version)` puts a version into production",
                        False,
                        failure or _quoted(got),
                    )
                ]
        criteria = [Criterion("`promote(name, version)` puts a version into production", True)]
        _, failure = call_learner(roll_back, name)
        got = _production(client, name)
        criteria.append(
            Criterion(
                "`roll_back(name)` takes the application back: after the promotions of 1, 3 and 4, to version 3",
                not failure and got == texts[2],
                failure or _quoted(got),
            )
        )
        numbers = sorted(evaluation.prompt_versions(name)["version"].tolist())
        criteria.append(
            Criterion("no version was added or lost", numbers == [1, 2, 3, 4, 5], f"versions {numbers}")
        )
        _, failure = call_learner(promote, name, 2)
        if not failure:
            _, failure = call_learner(roll_back, name)
        got = _production(client, name)
        criteria.append(
            Criterion(
                "after a promotion of version 2, it takes the application back to version 3 again",
                not failure and got == texts[2],
                failure or _quoted(got),
            )
        )
        return criteria
    finally:
        _forget(client, name)


def _production(client: Langfuse, name: str) -> str:
    """What an application gets now."""
    try:
        return str(client.get_prompt(name, cache_ttl_seconds=0, max_retries=0).prompt)
    except Exception as exc:  # the SDK's errors, of a prompt that is gone
        return f"{type(exc).__name__}"


def _forget(client: Langfuse, name: str) -> None:
    try:
        client.api.prompts.delete(name)
    except Exception as exc:
        raise TracingError(f"The grader could not delete its prompt {name}: {exc}") from exc


def _quoted(text: str) -> str:
    return f"`{text[:60]}`"


Grade = Callable[[Mapping[str, Any]], Sequence[Criterion]]

EXERCISES = (
    Exercise(
        "07.1",
        _grade_rubric,
        hints=(
            "Look at the answers on which the judge and the colleagues differ: what is wrong with those that only the "
            "judge accepts? `check` names the three most frequent kinds.",
            "A judge looks at what its rubric names. Name each kind of mistake in a line of its own, as a rule for "
            "colleagues would: facts, conditions, promises, order numbers (missing ones and needless ones), language, "
            "and what the house rules do not say.",
            "It also fails good answers because it finds them curt: say that tone does not count. `solution` shows a "
            "rubric that passes.",
        ),
    ),
    Exercise(
        "07.2",
        _grade_weak_spot,
        hints=(
            "`experiment(version)` gives the items of an experiment, with the judge's scores. Compare each of the "
            "three versions with version 1.",
            '`metrics.compare_experiments(experiment(first), experiment(version), by="kind")` has a row for each kind '
            "of question; look for `lower` in the column `verdict`, and for `higher` in the row `all`.",
            "One version asks everybody for an order number. Whose question sounds as if it were about an order, "
            "and is not?",
        ),
    ),
    Exercise(
        "07.3",
        _grade_roll_back,
        hints=(
            "Nobody remembers which version had the label `production` before. `promote` has to note it, before it "
            "moves the label.",
            "A label is such a note: let `promote` give the label `previous` to the version that is in production now. "
            "`langfuse.get_prompt(name, cache_ttl_seconds=0).version` says which one that is; the first time there is "
            "none.",
            "`roll_back` gets the version that has the label `previous`, and moves `production` there with "
            "`langfuse.update_prompt(name=name, version=…, new_labels=[…])`.",
        ),
    ),
)
