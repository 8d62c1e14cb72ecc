"""The writing half of `Tracing`: the SDK's client, scores, and the link from a span to the gateway's call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gateway_kit.errors import TracingError
from gateway_kit.tracing import sdk
from gateway_kit.tracing.connection import TraceConnection
from gateway_kit.tracing.reads import TraceApi

if TYPE_CHECKING:
    from langfuse import Langfuse
    from langfuse.types import MaskFunction

ScoreType = Literal["NUMERIC", "BOOLEAN", "CATEGORICAL"]


class Recording:
    """What an application records: spans through `client` or the SDK's `observe`, scores through `score`."""

    def __init__(
        self, connection: TraceConnection, api: TraceApi, *, mask: MaskFunction | None, timeout_s: int
    ) -> None:
        self.url = connection.url
        self.api = api
        self._connection = connection
        self._mask = mask
        self._timeout_s = timeout_s

    def activate(self) -> None:
        """From now on `observe` and `get_client` of the SDK record here; `connect_tracing` has done it already."""
        sdk.recorder(self._connection, self._mask, self._timeout_s, activate=True)

    @property
    def client(self) -> Langfuse:
        """The SDK's `langfuse.Langfuse`: `start_as_current_observation`, `update_current_span`, and much more.

        It has threads of its own, and spans go nowhere but to this project.
        """
        return self._recorder().client

    def current_trace_id(self) -> str | None:
        """The trace under way, inside `observe` or a `with` block of the client; None outside."""
        return self.client.get_current_trace_id() if _in_a_span() else None

    def gateway_metadata(self, **more: Any) -> dict[str, Any]:
        """The metadata that hangs a call of the gateway under the span that is current here.

        gateway.ask("…", extra_body={"metadata": tracing.gateway_metadata(generation_name="summary")})

        The gateway's process records its own observation; by `trace_id` and `parent_observation_id` LiteLLM puts
        it into this trace. User, session, tags and trace name that `propagate_attributes` has set come along.
        `more` is LiteLLM's other metadata, and wins. Raises TracingError where no span is current.
        """
        client = self.client
        if not _in_a_span():
            raise TracingError(
                "No span is current here. Call this inside a function decorated with @observe."
            )
        found = {
            "trace_id": client.get_current_trace_id(),
            "parent_observation_id": client.get_current_observation_id(),
            **_propagated(),
        }
        return {name: value for name, value in {**found, **more}.items() if value is not None}

    def score(
        self,
        trace_id: str,
        name: str,
        value: float | str | bool,
        comment: str | None = None,
        data_type: ScoreType | None = None,
        observation_id: str | None = None,
    ) -> str:
        """The id of a new score of a trace, or of one of its observations; stored when this returns.

        A number is NUMERIC, True and False are BOOLEAN, a text is CATEGORICAL, unless `data_type` says otherwise.
        `POST /api/public/scores`, at once; the SDK's `client.create_score` queues instead. A score may come before
        its trace. Raises TracingError where it is refused.
        """
        kind = data_type or _score_type(value)
        number = float(value) if isinstance(value, bool) else value
        answer = self.api.call(
            lambda: self.api.api.scores.create(
                name=name,
                value=number,
                trace_id=trace_id,
                observation_id=observation_id,
                comment=comment,
                data_type=kind,
            )
        )
        return str(answer.id)

    def flush(self) -> None:
        """Sends what this process has queued; raises TracingError where spans could not be delivered.

        Spans wait in two places. The SDK in this process sends what `observe` recorded every 5 seconds, and this
        sends it now. The gateway is a process of its own, whose callback sends every second or so: nothing
        here can hasten it, so wait for its part with `wait_for_trace`. What was recorded and not sent when a process
        is killed is lost.
        """
        recorder = self._recorder()
        recorder.resources.flush()
        lost, why = recorder.delivery.take_losses()
        if lost:
            raise TracingError(
                f"{lost} span(s) could not be delivered to {self.url} and are lost: {why}. "
                "Look at: gateway-kit status, gateway-kit logs tracing"
            )

    def shutdown(self) -> None:
        """Sends what is queued and ends the SDK's threads.

        Reading goes on working. `client` and `activate` begin recording anew.
        """
        sdk.end(self._connection, self._mask, self._timeout_s)

    def _recorder(self) -> sdk.Recorder:
        return sdk.recorder(self._connection, self._mask, self._timeout_s)


def _in_a_span() -> bool:
    from opentelemetry import trace

    return trace.get_current_span().get_span_context().is_valid


def _propagated() -> dict[str, Any]:
    """What `propagate_attributes` has put on the current span, by LiteLLM's names."""
    from opentelemetry import trace

    attributes = getattr(trace.get_current_span(), "attributes", None) or {}
    tags = attributes.get("langfuse.trace.tags")
    return {
        "trace_user_id": attributes.get("user.id"),
        "session_id": attributes.get("session.id"),
        "trace_name": attributes.get("langfuse.trace.name"),
        "tags": list(tags) if tags else None,
    }


def _score_type(value: float | str | bool) -> ScoreType:
    if isinstance(value, bool):
        return "BOOLEAN"
    return "CATEGORICAL" if isinstance(value, str) else "NUMERIC"
