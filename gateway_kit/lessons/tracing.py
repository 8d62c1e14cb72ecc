"""The exercises of lesson 05: a trace that knows its user and session, and one that does not know an address."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from gateway_kit.errors import TraceMissingError
from gateway_kit.gateway import Answer, Gateway
from gateway_kit.gateway.providers import Providers
from gateway_kit.lessons.exercise import Criterion, Exercise, variable
from gateway_kit.lessons.learner import ask_learner
from gateway_kit.tracing import Tracing

_QUESTION = "What is a virtual key?"
# How long the application's own part of a trace may take to show, after the gateway's part has. A real Langfuse
# takes up to 1.3 s.
_PATIENCE_S = 4.0
_NO_TRACE = "the trace store has the call"


def _grade_who_asked(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A function whose trace has a span of its own above the gateway's call, both with user and session."""
    tracing, criteria, track = _setting(variables, "track", ("gateway", Gateway))
    if tracing is None:
        return criteria
    mark = uuid.uuid4().hex[:8]
    user, session = f"user-{mark}", f"session-{mark}"
    answer, said = ask_learner(track, f"{_QUESTION} [{mark}]", user, session)
    criteria.append(Criterion("`track(question, user, session)` returns an answer", answer is not None, said))
    if answer is None:
        return criteria
    found, call = _trace(tracing, answer)
    criteria.append(Criterion(_NO_TRACE, call is not None, "nothing with this call's id"))
    if call is None:
        return criteria
    parent = _parent(found, call)
    criteria.append(
        Criterion(
            "the gateway's call hangs under a span of your own",
            parent is not None,
            f"{len(found)} observation(s) in its trace, none of them above it",
        )
    )
    criteria += _who(call, "the gateway's call", user, session)
    return criteria + ([] if parent is None else _who(parent, f"your span `{parent['name']}`", user, session))


def _who(row: Mapping[Any, Any], what: str, user: str, session: str) -> list[Criterion]:
    return [
        Criterion(f"{what} knows its user", row["user"] == user, _text(row["user"]) or "nobody"),
        Criterion(f"{what} knows its session", row["session"] == session, _text(row["session"]) or "none"),
    ]


def _grade_no_address(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A function whose question reaches the provider whole, and the trace store without any customer's address."""
    tracing, criteria, discreet = _setting(variables, "discreet", ("providers", Providers))
    if tracing is None:
        return criteria
    providers: Providers = variables["providers"]
    mark = uuid.uuid4().hex[:8]
    address, other = f"{mark}@example.com", f"other-{mark}@example.com"
    began = datetime.now(UTC) - timedelta(milliseconds=5)  # the stores' clocks know milliseconds only
    answers = []
    for customer in (address, address, other):
        answer, said = ask_learner(discreet, f"{_QUESTION} [reply to {customer}]", customer)
        if answer is None:
            return [*criteria, Criterion("`discreet(question, customer)` returns an answer", False, said)]
        answers.append(answer)
    asked = providers.journal(since=began)["prompt"].fillna("")
    reached = [prompt for prompt in asked if address in prompt]
    criteria.append(
        Criterion(
            "the provider got the question with the address in it", bool(reached), "no such prompt came"
        )
    )
    traces = [_trace(tracing, answer) for answer in answers]
    calls = [call for _, call in traces if call is not None]
    criteria.append(Criterion(_NO_TRACE, len(calls) == len(answers), "nothing with this call's id"))
    if len(calls) < len(answers):
        return criteria
    told = all(any(_QUESTION in _text(row["input"]) for row in _own(found)) for found, _ in traces)
    criteria.append(
        Criterion("a span of your own tells the question", told, "no span above the call has it as its input")
    )
    criteria.append(_pseudonyms([_text(call["user"]) for call in calls]))
    leaks = _leaks(tracing.observations(since=began), (address, other))
    criteria.append(Criterion("the address is nowhere in the trace store", not leaks, ", ".join(leaks)))
    return criteria


def _pseudonyms(users: Sequence[str]) -> Criterion:
    """The first two calls are one customer's, the third one another's."""
    one, again, other = users
    known = one == again != other and "" not in users
    return Criterion(
        "the gateway's call knows its user: the same for the same customer, another for another",
        known,
        f"{one or 'none'} and {again or 'none'} for one, {other or 'none'} for another",
    )


def _leaks(observations: pd.DataFrame, addresses: Sequence[str]) -> list[str]:
    """Where one of the addresses can be read, such as "input of `discreet`"."""
    fields = (
        "name",
        "trace_name",
        "input",
        "output",
        "metadata",
        "status_message",
        "user",
        "session",
        "tags",
    )
    found = [
        f"{field} of `{row['name']}`"
        for row in observations.to_dict("records")
        for field in fields
        if any(address in _text(row[field]) for address in addresses)
    ]
    return list(dict.fromkeys(found))


def _setting(
    variables: Mapping[str, Any], function: str, other: tuple[str, type]
) -> tuple[Tracing | None, list[Criterion], Callable[..., Any]]:
    """(the trace store, what was found so far, the learner's function); no trace store where something is missing."""
    tracing, there = variable(variables, "tracing", Tracing)
    _, other_there = variable(variables, *other)
    given = variables.get(function)
    criteria = [Criterion(f"`{function}` is a function", callable(given), repr(given)[:80])]
    criteria += [criterion for criterion in (there, other_there) if not criterion.met]
    ready = all(criterion.met for criterion in criteria)
    return (tracing if ready else None), criteria, given  # type: ignore[return-value]  # callable where ready


def _trace(tracing: Tracing, answer: Answer) -> tuple[pd.DataFrame, dict[Any, Any] | None]:
    """The observations of the call's trace, and the one of the call itself, None where it did not show."""
    request_id = answer.call.request_id
    try:
        seen = tracing.wait_for_trace(request_id=request_id)
    except TraceMissingError:
        return tracing.observations(request_id=request_id), None
    trace_id = seen["trace_id"].iloc[0]
    try:  # the application's part comes by another way than the gateway's
        tracing.wait_for_trace(trace_id, observations=len(seen) + 1, timeout_s=_PATIENCE_S)
    except TraceMissingError:
        pass
    found = tracing.observations(trace_id)
    calls = found[found["request_id"] == request_id].sort_values("started", kind="stable")
    return found, calls.to_dict("records")[-1]


def _own(found: pd.DataFrame) -> list[dict[Any, Any]]:
    """The application's own spans: those that are no call of the gateway's."""
    return found[found["request_id"].isna()].to_dict("records")


def _parent(found: pd.DataFrame, call: Mapping[Any, Any]) -> dict[Any, Any] | None:
    return next((row for row in _own(found) if row["observation_id"] == call["parent_id"]), None)


def _text(value: Any) -> str:
    """A cell as text; nothing where it is missing."""
    if isinstance(value, str):
        return value
    return "" if value is None or value is pd.NA else repr(value)


EXERCISES = (
    Exercise(
        "05.1",
        _grade_who_asked,
        (
            "The gateway's call needs a span to hang under: decorate `track` with `@observe`.",
            "A span and the gateway's call find each other by "
            '`extra_body={**fresh, "metadata": tracing.gateway_metadata()}`, called inside the function.',
            "User and session: `with propagate_attributes(user_id=user, session_id=session):`, inside `track` or "
            "around it. What begins in the block knows them.",
            "`tracing.gateway_metadata()` hands on what is known when it is called: call it inside the block.",
        ),
    ),
    Exercise(
        "05.2",
        _grade_no_address,
        (
            "Two programs record: yours, and the gateway. Each needs a mask of its own.",
            "Yours: `tracing = connect_tracing(mask=mask_personal_data)`. From then on `@observe` records through it.",
            "The gateway's: `tracing.gateway_metadata(mask_input=True, mask_output=True)`.",
            "A mask sees input, output and metadata, and not the user. So `customer` itself must not become the "
            "`user_id`: take a pseudonym, the same one each time.",
            "`hashlib.sha256(customer.encode()).hexdigest()[:12]` is one. (In earnest use `hmac` with a secret: who "
            "has a list of addresses can compute their hashes too.)",
        ),
    ),
)
