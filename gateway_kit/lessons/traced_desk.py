"""The application of lesson 05: a help desk that searches a handbook, drafts an answer and has it reviewed.

Section 2 of the lesson shows its functions; the later sections take them from here, so that each of them runs after a
restart of the kernel.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gateway_kit.gateway import Gateway

HANDBOOK = [
    "Passwords: the sign-in page has a link, Forgot password, which sends an e-mail.",
    "Rate limits: a key may send 60 requests a minute; more are answered with status 429.",
    "Cache: the same question within a minute is answered from the cache, at no cost.",
]

# What a visit leaves: two spans of the application, and three calls of models.
OBSERVATIONS_OF_A_VISIT = 5


class HelpDesk:
    """The help desk, and the visits of one run of the lesson.

    `tag` is new for each HelpDesk, and all its visits have it. `answer` is the application's traced function.
    """

    def __init__(self, gateway: Gateway, model: str, review_model: str) -> None:
        self.tag = f"lesson-05-{uuid.uuid4().hex[:6]}"
        self.answer = application(gateway, model, review_model)
        self._gateway, self._model = gateway, model
        self._days: dict[tuple[tuple[str, str], ...], dict[str, str]] = {}

    def __repr__(self) -> str:
        return f"<A help desk; its visits have the tag {self.tag}>"

    @property
    def provider_model(self) -> str:
        """The draft's model by the name that reaches the provider, which faults and the journal know."""
        models = self._gateway.models.list()
        name = str(models.loc[models["model"] == self._model, "provider_model"].iloc[0])
        return name.removeprefix("converse/")  # LiteLLM's word for a route of Bedrock

    def visit(self, user: str, question: str, trace_id: str | None = None) -> str:
        """Ask for a user, in the user's session; returns the id of the trace. Raises what the gateway raises."""
        from langfuse import propagate_attributes

        trace_id = trace_id or self._gateway.tracing.client.create_trace_id()
        about: dict[str, Any] = {"user_id": user, "session_id": f"{user}-{self.tag}", "tags": [self.tag]}
        with propagate_attributes(trace_name="help desk", **about):
            self.answer(question, langfuse_trace_id=trace_id)
        return trace_id

    def day(self, visitors: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Trace → question of these visits, (user, question) each: made and traced at the first call, then the same."""
        listed = tuple(visitors)
        if listed not in self._days:
            visits = {self.visit(user, question): question for user, question in listed}
            for trace_id in visits:
                self._gateway.tracing.wait_for_trace(trace_id, observations=OBSERVATIONS_OF_A_VISIT)
            self._days[listed] = visits
        return dict(self._days[listed])


def application(gateway: Gateway, model: str, review_model: str) -> Callable[..., str]:
    """The function `help_desk` as section 2 of the lesson defines it."""
    from langfuse import observe

    tracing, handbook = gateway.tracing, HANDBOOK
    fresh = {"cache": {"no-cache": True}}

    def in_trace(name: str) -> dict[str, Any]:
        return {**fresh, "metadata": tracing.gateway_metadata(generation_name=name)}

    @observe(as_type="retriever")
    def find_note(question: str) -> str:
        vectors = gateway.embed([question, *handbook], extra_body=in_trace("embed"))
        return handbook[int((vectors[1:] @ vectors[0]).argmax())]

    @observe
    def help_desk(question: str) -> str:
        asked = {"role": "user", "content": question}
        note = {"role": "system", "content": f"Answer from this note: {find_note(question)}"}
        draft = gateway.ask([note, asked], model, extra_body=in_trace("draft"))
        task = {"role": "system", "content": f"Improve this draft: {draft}"}
        return gateway.ask([task, asked], review_model, extra_body=in_trace("review")).text

    traced: Callable[..., str] = help_desk  # `observe` adds the argument langfuse_trace_id
    return traced
