"""Recording: the SDK's client, scores, and the link from a span to the gateway's call. Internal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from gateway_kit.errors import TracingError
from gateway_kit.tracing import langfuse_sdk
from gateway_kit.tracing.api import TraceApi
from gateway_kit.tracing.connection import TraceConnection, log_of

if TYPE_CHECKING:
    from langfuse import Langfuse
    from langfuse.model import PromptClient
    from langfuse.types import MaskFunction

ScoreType = Literal["NUMERIC", "BOOLEAN", "CATEGORICAL"]


class Instrument:
    """What an application records: spans through `client` or the SDK's `observe`, scores through `score`."""

    def __init__(self, connection: TraceConnection, api: TraceApi, *, timeout_s: int) -> None:
        self._connection = connection
        self._api = api
        self._timeout_s = timeout_s

    def activate(self) -> None:
        """Make the SDK's `observe` and `get_client` record here from now on."""
        langfuse_sdk.recorder(self._connection, self._timeout_s, activate=True)

    def close(self) -> None:
        """Send what is queued and end the SDK's threads; `client` starts new ones."""
        langfuse_sdk.end(self._connection, self._timeout_s)

    @property
    def client(self) -> Langfuse:
        """The SDK's client, made when it is first needed."""
        return self._recorder().client

    @property
    def mask(self) -> MaskFunction | None:
        """The mask of what this process records."""
        return langfuse_sdk.mask_of(self._connection)

    @mask.setter
    def mask(self, mask: MaskFunction | None) -> None:
        langfuse_sdk.set_mask(self._connection, mask)

    def current_trace_id(self) -> str | None:
        """The id of the current trace, inside `observe` or a `with` block of `client`; None outside."""
        return self.client.get_current_trace_id() if _in_a_span() else None

    def gateway_metadata(self, *, prompt: PromptClient | None = None, **more: Any) -> dict[str, Any]:
        """Metadata that puts a call of the gateway under the current span.

        The gateway's process records its own observation, which LiteLLM puts into this trace by `trace_id` and
        `parent_observation_id`. User, session, tags and trace name of `propagate_attributes` are passed on.

        Args:
            prompt: what the SDK's `get_prompt` returned: the gateway's observation is linked to this version. A
                fallback, which has no version, links nothing.
            **more: other metadata of LiteLLM, such as `generation_name`; it overrides what is passed on.

        Returns:
            The value of `metadata` in a request's `extra_body`.

        Raises:
            TracingError: outside of a span.

        Example:
            >>> metadata = gateway.tracing.gateway_metadata(generation_name="summary")
            >>> gateway.ask("…", extra_body={"metadata": metadata})
        """
        client = self.client
        if not _in_a_span():
            raise TracingError(
                "There is no current span. Call gateway_metadata() inside a function decorated with @observe."
            )
        metadata = {
            "trace_id": client.get_current_trace_id(),
            "parent_observation_id": client.get_current_observation_id(),
            **_propagated(),
            "prompt": _link(prompt),
            **more,
        }
        return {name: value for name, value in metadata.items() if value is not None}

    def score(
        self,
        trace_id: str,
        name: str,
        value: float | str | bool,
        comment: str | None = None,
        data_type: ScoreType | None = None,
        observation_id: str | None = None,
    ) -> str:
        """Score a trace, or one of its observations (`POST /api/public/scores`).

        The embedded store has stored the score when this returns. Langfuse itself has only queued it: `wait_for_scores`
        finds it 5 to 8 seconds later. The SDK's `client.create_score` queues on this side besides.

        Args:
            trace_id: the trace; it may arrive after its score.
            name: what is judged, such as `helpful`.
            value: a number, True or False, or a category as text.
            comment: a reason, shown beside the score.
            data_type: by default NUMERIC, BOOLEAN or CATEGORICAL by the type of `value`.
            observation_id: one observation of the trace.

        Returns:
            The score's id.

        Raises:
            TracingError: the trace store refuses the score.
        """
        kind = data_type or _score_type(value)
        number = float(value) if isinstance(value, bool) else value
        answer = self._api.call(
            lambda: self._api.api.scores.create(
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
        """Send what this process has queued.

        The SDK sends what `observe` recorded every 5 seconds; this sends it now. The gateway is another process, whose
        callback sends about once a second: `wait_for_trace` waits for its part. If a process is killed, what it has
        queued is lost.

        Raises:
            TracingError: spans could not be delivered.
        """
        recorder = self._recorder()
        recorder.client.flush()
        lost, why = recorder.delivery.take_losses()
        if lost:
            raise TracingError(
                f"{lost} span(s) could not be delivered to {self._connection.url} and are lost: {why}. "
                f"Look at: gateway-kit status, {log_of(self._connection.url)}"
            )

    def _recorder(self) -> langfuse_sdk.Recorder:
        return langfuse_sdk.recorder(self._connection, self._timeout_s)


def _in_a_span() -> bool:
    from opentelemetry import trace

    return trace.get_current_span().get_span_context().is_valid


def _link(prompt: PromptClient | None) -> dict[str, Any] | None:
    """What LiteLLM links an observation by. It wants a text as well, and does not record it."""
    if prompt is None or prompt.is_fallback:
        return None
    return {"name": prompt.name, "version": prompt.version, "prompt": ""}


def _propagated() -> dict[str, Any]:
    """What `propagate_attributes` has set on the current span, under LiteLLM's names."""
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
