"""Reading: tables of observations, traces, sessions and scores. Internal."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gateway_kit.errors import TraceMissingError
from gateway_kit.tracing.api import TraceApi, moment
from gateway_kit.tracing.connection import log_of
from gateway_kit.tracing.filters import ALL_FIELDS, Wanted
from gateway_kit.tracing.observations import observations_frame
from gateway_kit.tracing.scores import SCORE_FIELDS, scores_frame
from gateway_kit.tracing.traces import sessions_frame, traces_frame
from gateway_kit.tracing.tree import TraceTree

if TYPE_CHECKING:
    import pandas as pd


class Queries:
    """Tables of one project. Every method raises TracingError if the trace store refuses or does not answer.

    Filters match exactly, `since` is inclusive and `until` is not; both need a time zone.
    """

    def __init__(self, api: TraceApi) -> None:
        self.api = api
        self.url = api.url
        self._project_id = ""

    def observations(
        self,
        trace_id: str | None = None,
        *,
        request_id: str | None = None,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - Langfuse's word
        level: str | None = None,
        user: str | None = None,
        session: str | None = None,
        tag: str | None = None,
        model: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1000,
    ) -> pd.DataFrame:
        """Observations: spans, calls of models, events (`v2/observations`, all pages).

        Args:
            trace_id: the trace.
            request_id: LiteLLM's id of a call.
            name: the observation's name.
            type: SPAN, GENERATION, EVENT, EMBEDDING, TOOL, AGENT, …
            level: DEBUG, DEFAULT, WARNING or ERROR.
            user: on whose behalf the caller asked.
            session: the conversation.
            tag: one of the tags.
            model: as it was sent.
            since: the earliest start.
            until: the end of the period, exclusive.
            limit: at most so many rows.

        Returns:
            One row per observation, the newest first.

                - `trace_id` (string): 32 hexadecimal digits
                - `observation_id` (string): 16 hexadecimal digits
                - `parent_id` (string): the observation it is part of; missing at the top
                - `trace_name` (string): the name of its trace
                - `type` (string): SPAN, GENERATION, EVENT, EMBEDDING, TOOL, AGENT, …
                - `name` (string): its own name
                - `started` (datetime64[ns, UTC]): to the millisecond
                - `latency_s` (float64): seconds until its end; missing if it has not ended
                - `ttft_s` (float64): seconds until the first token; without a stream, LiteLLM reports the latency
                - `model` (string): as it was sent; missing if no model was called
                - `prompt_name` (string): the prompt that it is linked to
                - `prompt_version` (Int64): the version of that prompt
                - `prompt_tokens` (Int64): cached tokens too; missing if none were sent
                - `completion_tokens` (Int64): missing if none were sent
                - `total_tokens` (Int64): missing if none were sent
                - `cost_usd` (float64): US dollars; missing if not known
                - `level` (string): DEBUG, DEFAULT, WARNING or ERROR
                - `status_message` (string): the text of an error
                - `user` (string): on whose behalf the caller asked
                - `session` (string): the conversation it belongs to
                - `tags` (object): list of str
                - `cache_hit` (boolean): the gateway's cache answered; missing for the application's own spans
                - `request_id` (string): LiteLLM's id of the call, as in the call record and the spend log
                - `response_id` (string): the answer's id, which the provider gave
                - `metadata` (object): dict; the server cuts values at 200 characters
                - `input` (object): parsed if it was JSON, else text
                - `output` (object): parsed if it was JSON, else text
        """
        wanted = Wanted(trace_id, request_id, name, type, level, user, session, tag, model,
                        moment(since, "since"), moment(until, "until"))  # fmt: skip
        query = {**wanted.parameters(), "fields": ALL_FIELDS}
        return observations_frame(self.api.observations(query, limit))

    def traces(
        self,
        *,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - Langfuse's word
        level: str | None = None,
        user: str | None = None,
        session: str | None = None,
        tag: str | None = None,
        model: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 50,
    ) -> pd.DataFrame:
        """Traces that have an observation which passes the filters.

        They are grouped here, from all observations of each trace: one request per trace to `v2/observations`.

        Args:
            name: the observation's name.
            type: SPAN, GENERATION, EVENT, EMBEDDING, TOOL, AGENT, …
            level: DEBUG, DEFAULT, WARNING or ERROR.
            user: on whose behalf the caller asked.
            session: the conversation.
            tag: one of the tags.
            model: as it was sent.
            since: the earliest start.
            until: the end of the period, exclusive.
            limit: at most so many rows.

        Returns:
            One row per trace, the newest first.

                - `trace_id` (string): 32 hexadecimal digits
                - `name` (string): the trace's, else that of its first observation
                - `user` (string): on whose behalf the application asked
                - `session` (string): the conversation it belongs to
                - `tags` (object): list of str, of all its observations
                - `started` (datetime64[ns, UTC]): start of the first observation
                - `latency_s` (float64): seconds from the first start to the last end
                - `observations` (Int64): how many
                - `errors` (Int64): observations of level ERROR
                - `cache_hits` (Int64): calls that the gateway's cache answered
                - `prompt_tokens` (Int64): sum; missing if nothing has tokens
                - `completion_tokens` (Int64): sum; missing if nothing has tokens
                - `total_tokens` (Int64): sum; missing if nothing has tokens
                - `cost_usd` (float64): US dollars, the sum; missing if nothing has a cost
        """
        wanted = Wanted(None, None, name, type, level, user, session, tag, model,
                        moment(since, "since"), moment(until, "until"))  # fmt: skip
        trace_ids: dict[str, None] = {}
        for observation in self.api.observations({**wanted.parameters(), "fields": "core"}, 1_000_000):
            trace_ids[observation.trace_id] = None
            if len(trace_ids) >= limit:
                break
        return traces_frame(self._of_traces(list(trace_ids)))

    def trace_tree(self, trace_id: str) -> TraceTree:
        """One trace as a tree: `print(tree)` draws it, `tree.frame()` is its table.

        Raises:
            TraceMissingError: the store has no observation of it; see `wait_for_trace`.
        """
        observations = self.observations(trace_id, limit=10_000)
        if observations.empty:
            raise TraceMissingError(
                f"There is no trace {trace_id} at {self.url}. A trace is stored about a second after the flush: "
                f"use wait_for_trace, or look at: {log_of(self.url)}"
            )
        return TraceTree(trace_id, observations)

    def trace_url(self, trace_id: str) -> str:
        """The address of a trace's page, which asks for a sign-in."""
        if not self._project_id:
            self._project_id = str(self.api.call(self.api.api.projects.get).data[0].id)
        return f"{self.url}/project/{quote(self._project_id)}/traces/{quote(trace_id, safe='')}"

    def sessions(
        self,
        *,
        user: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 10_000,
    ) -> pd.DataFrame:
        """Sessions: conversations of one or more traces.

        Args:
            user: on whose behalf the caller asked.
            since: the earliest start.
            until: the end of the period, exclusive.
            limit: how many observations to read, the newest first.

        Returns:
            One row per session, the last active one first.

                - `session` (string): its name
                - `users` (object): list of str
                - `traces` (Int64): how many
                - `observations` (Int64): how many
                - `errors` (Int64): observations of level ERROR
                - `cache_hits` (Int64): calls that the gateway's cache answered
                - `started` (datetime64[ns, UTC]): start of the first observation
                - `ended` (datetime64[ns, UTC]): end of the last observation
                - `prompt_tokens` (Int64): sum; missing if nothing has tokens
                - `completion_tokens` (Int64): sum; missing if nothing has tokens
                - `total_tokens` (Int64): sum; missing if nothing has tokens
                - `cost_usd` (float64): US dollars, the sum; missing if nothing has a cost
        """
        return sessions_frame(self.observations(user=user, since=since, until=until, limit=limit))

    def scores(
        self,
        trace_id: str | None = None,
        *,
        name: str | None = None,
        session: str | None = None,
        observation_id: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        limit: int = 1000,
    ) -> pd.DataFrame:
        """Scores: judgements stored with a trace (`v3/scores`, all pages).

        Args:
            trace_id: the trace.
            name: the score's name.
            session: the session that was judged.
            observation_id: the observation that was judged; needs `trace_id`.
            since: the earliest time.
            until: the end of the period, exclusive.
            limit: at most so many rows.

        Returns:
            One row per score, the newest first.

                - `score_id` (string): its id
                - `trace_id` (string): the trace that was judged
                - `observation_id` (string): the observation that was judged
                - `session` (string): the session that was judged
                - `name` (string): what was judged
                - `data_type` (string): NUMERIC, BOOLEAN or CATEGORICAL
                - `value` (float64): the number; 1 and 0 for true and false; missing for a category
                - `text` (string): the category, or "True" and "False"; missing for a number
                - `comment` (string): the reason
                - `source` (string): API, ANNOTATION (a person on Langfuse's page) or EVAL
                - `timestamp` (datetime64[ns, UTC]): when it was given
        """
        given = {
            "trace_id": trace_id,
            "name": name,
            "session_id": session,
            "observation_id": observation_id,
            "from_timestamp": moment(since, "since"),
            "to_timestamp": moment(until, "until"),
        }
        query = {key: value for key, value in given.items() if value is not None}
        return scores_frame(self.api.scores({**query, "fields": SCORE_FIELDS}, limit))

    def _of_traces(self, trace_ids: list[str]) -> pd.DataFrame:
        """All observations of these traces, without input and output."""
        fields = ALL_FIELDS.replace("io,", "")

        def of_trace(trace_id: str) -> list[Any]:
            return list(self.api.observations({"trace_id": trace_id, "fields": fields}, 10_000))

        with ThreadPoolExecutor(max_workers=4) as pool:
            parts = list(pool.map(of_trace, trace_ids))
        return observations_frame(observation for part in parts for observation in part)
