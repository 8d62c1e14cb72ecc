"""The exercises of lesson 05: a trace with its user and session, and one without an address."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from gateway_kit.errors import TraceMissingError
from gateway_kit.gateway import Answer, Gateway
from gateway_kit.lessons.another_process import in_another_process
from gateway_kit.lessons.exercise import Criterion, Exercise, require
from gateway_kit.lessons.learner import ask_learner, asked_once
from gateway_kit.lessons.readable import PLAIN, read_in

if TYPE_CHECKING:
    from gateway_kit.tracing.client import Tracing

_QUESTION = "What is a virtual key?"
# How long the application's part of a trace may take to be stored after the gateway's part. Langfuse takes up to 1.3 s.
_PATIENCE_S = 4.0
_NO_TRACE = "the trace store has the call"
# Where an observation may have text.
_STORED = ("name", "trace_name", "input", "output", "metadata", "status_message", "user", "session", "tags")


def _grade_who_asked(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A function whose trace has its own span above the gateway's call, both with user and session."""
    track, gateway = require(variables, track=callable, gateway=Gateway)
    tracing = gateway.tracing
    mark = uuid.uuid4().hex[:8]
    user, session, question = f"user-{mark}", f"session-{mark}", f"{_QUESTION} [{mark}]"
    with gateway.calls.recording() as recorded:
        answer, failure = ask_learner(track, question, user, session)
    criteria = [Criterion("`track(question, user, session)` returns an answer", answer is not None, failure)]
    if answer is None:
        return criteria
    criteria.append(asked_once(len(recorded), 1))
    trace, call = _trace(tracing, answer)
    criteria.append(Criterion(_NO_TRACE, call is not None, "nothing with this call's id"))
    if call is None:
        return criteria
    asked = _text(call["input"])
    whole = question in asked or "redacted" in asked
    criteria.append(Criterion("the question in the trace is the one that was given", whole, f"{asked:.120}"))
    parent = _parent(trace, call)
    criteria.append(
        Criterion(
            "the gateway's call is under a span of your own",
            parent is not None,
            f"{len(trace)} observation(s) in its trace, none of them above it",
        )
    )
    criteria += _who(call, "the gateway's call", user, session)
    return criteria + ([] if parent is None else _who(parent, f"your span `{parent['name']}`", user, session))


def _who(row: Mapping[Any, Any], what: str, user: str, session: str) -> list[Criterion]:
    return [
        Criterion(f"{what} has the user", row["user"] == user, _text(row["user"]) or "none"),
        Criterion(f"{what} has the session", row["session"] == session, _text(row["session"]) or "none"),
    ]


def _grade_no_address(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A function whose question reaches the provider complete, and the trace store without the customer's address."""
    discreet, gateway = require(variables, discreet=callable, gateway=Gateway)
    tracing = gateway.tracing
    mark = uuid.uuid4().hex[:8]
    address, other = f"{mark}@example.com", f"other-{mark}@example.com"
    began = datetime.now(UTC) - timedelta(milliseconds=5)  # the stores keep milliseconds only
    # The second visit as it would be in another process, tomorrow say: whoever comes again has the same user then.
    visits = ((discreet, address), (in_another_process(discreet, variables), address), (discreet, other))
    answers = []
    with gateway.calls.recording() as recorded:
        for function, customer in visits:
            answer, failure = ask_learner(function, _letter(customer), customer)
            if answer is None:
                return [Criterion("`discreet(question, customer)` returns an answer", False, failure)]
            answers.append(answer)
    prompts = gateway.providers.journal(since=began)["prompt"].fillna("")
    whole = all(any(_letter(customer) in prompt for prompt in prompts) for _, customer in visits)
    criteria = [
        Criterion("the provider got the question with the address in it", whole, "no such prompt arrived"),
        asked_once(len(recorded), len(visits)),
    ]
    traces = [_trace(tracing, answer) for answer in answers]
    calls = [call for _, call in traces if call is not None]
    criteria.append(Criterion(_NO_TRACE, len(calls) == len(answers), "nothing with this call's id"))
    if len(calls) < len(answers):
        return criteria
    recorded = all(any(_QUESTION in _text(row["input"]) for row in _own(trace)) for trace, _ in traces)
    criteria.append(
        Criterion(
            "a span of your own has the question as its input", recorded, "no span above the call has it"
        )
    )
    criteria.append(_pseudonyms([_text(call["user"]) for call in calls]))
    leaks = _leaks(tracing.observations(since=began), (address, other))
    criteria.append(Criterion("the address is nowhere in the trace store", not leaks, ", ".join(leaks)))
    return criteria


def _pseudonyms(users: Sequence[str]) -> Criterion:
    """The first two calls are one customer's, the third is another's."""
    first, again, other = users
    met = first == again != other and "" not in users
    return Criterion(
        "the gateway's call has a user: the same one for the same customer, another one for another",
        met,
        f"{first or 'none'} and, in another process, {again or 'none'} for one; {other or 'none'} for another",
    )


def _letter(customer: str) -> str:
    return f"{_QUESTION} [reply to {customer}]"


def _leaks(observations: pd.DataFrame, addresses: Sequence[str]) -> list[str]:
    """Where one of the addresses can be read, such as "input of `discreet`", or "user of `discreet`, in base64"."""
    places = []
    for row in observations.to_dict("records"):
        for field in _STORED:
            found = (read_in(_text(row[field]), address) for address in addresses)
            if how := next(filter(None, found), ""):
                places.append(f"{field} of `{row['name']}`{'' if how == PLAIN else f', {how}'}")
    return list(dict.fromkeys(places))


def _trace(tracing: Tracing, answer: Answer) -> tuple[pd.DataFrame, dict[Any, Any] | None]:
    """The observations of the call's trace, and the one of the call itself, or None if it is not stored."""
    request_id = answer.call.request_id
    try:
        seen = tracing.wait_for_trace(request_id=request_id)
    except TraceMissingError:
        return tracing.observations(request_id=request_id), None
    trace_id = seen["trace_id"].iloc[0]
    try:  # the application sends its part itself
        tracing.wait_for_trace(trace_id, observations=len(seen) + 1, timeout_s=_PATIENCE_S)
    except TraceMissingError:
        pass
    trace = tracing.observations(trace_id)
    calls = trace[trace["request_id"] == request_id].sort_values("started", kind="stable")
    return trace, calls.to_dict("records")[-1]


def _own(trace: pd.DataFrame) -> list[dict[Any, Any]]:
    """The application's own spans, which are not calls of the gateway."""
    return trace[trace["request_id"].isna()].to_dict("records")


def _parent(trace: pd.DataFrame, call: Mapping[Any, Any]) -> dict[Any, Any] | None:
    return next((row for row in _own(trace) if row["observation_id"] == call["parent_id"]), None)


def _text(value: Any) -> str:
    """A cell as text; empty if it is missing."""
    if isinstance(value, str):
        return value
    return "" if value is None or value is pd.NA else repr(value)


EXERCISES = (
    Exercise(
        "05.1",
        _grade_who_asked,
        (
            "The gateway's call needs a span above it: decorate `track` with `@observe`.",
            "The gateway's call gets into your span by "
            '`extra_body={**fresh, "metadata": tracing.gateway_metadata()}`, called inside the function.',
            "User and session: `with propagate_attributes(user_id=user, session_id=session):`, inside `track` or "
            "around it. All spans that begin in the block have them.",
            "`tracing.gateway_metadata()` passes on what is set when it is called: call it inside the block.",
        ),
    ),
    Exercise(
        "05.2",
        _grade_no_address,
        (
            "Two programs record: yours, and the gateway. Each needs a mask of its own.",
            "Yours: `tracing.mask = mask_personal_data`. From then on, `@observe` records through it.",
            "The gateway's: `tracing.gateway_metadata(mask_input=True, mask_output=True)`.",
            "A mask sees input, output and metadata, but not the user. So do not use `customer` as `user_id`, but a "
            "pseudonym: the same one in each process (Python's `hash` is not), and one that nobody can turn "
            "back, as base64 can be.",
            "`hashlib.sha256(customer.encode()).hexdigest()[:12]` is one. (In production use `hmac` with a secret: "
            "anybody with a list of addresses can compute their hashes too.)",
        ),
    ),
)
