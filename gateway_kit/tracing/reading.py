"""The reading half of `Tracing`: tables of observations, traces, sessions, scores, cost and latency."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote

from gateway_kit.errors import TraceMissingError
from gateway_kit.tracing.filters import ALL_FIELDS, Wanted
from gateway_kit.tracing.metrics import metrics_frame, metrics_query
from gateway_kit.tracing.observation_table import observations_frame
from gateway_kit.tracing.reads import TraceApi, moment
from gateway_kit.tracing.score_table import SCORE_FIELDS, scores_frame
from gateway_kit.tracing.trace_table import sessions_frame, traces_frame
from gateway_kit.tracing.tree import TraceTree

if TYPE_CHECKING:
    import pandas as pd

Over = Literal["minute", "hour", "day", "week", "month"]


class Reading:
    """Tables of one project. Every method raises TracingError where the trace store refuses or does not answer."""

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
        """One row per observation (a span, a call of a model, an event), newest first, at most `limit`.

        column                 dtype                 meaning
        trace_id, observation_id  string             hexadecimal digits, 32 and 16
        parent_id              string                the observation that it is part of; missing at the top
        trace_name             string
        type                   string                SPAN, GENERATION, EVENT, EMBEDDING, TOOL, AGENT, …
        name                   string
        started                datetime64[ns, UTC]   to the millisecond
        latency_s              float64               seconds to its end; missing where it has not ended
        ttft_s                 float64               seconds; of an answer in one piece LiteLLM gives the whole time
        model                  string                as it was sent; missing where no model was asked
        prompt_tokens, completion_tokens, total_tokens  Int64   missing where none were sent; cached input is input
        cost_usd               float64               US dollars; missing where none is known
        level                  string                DEBUG, DEFAULT, WARNING or ERROR
        status_message         string                an error's text
        user, session          string
        tags                   object                list of str
        cache_hit              boolean               the gateway's cache answered; missing for the application's own
        request_id             string                LiteLLM's id: `request_id` of the call record and the spend log
        response_id            string                the answer's id, as in the providers' journal
        metadata               object                dict; the server cuts values at 200 characters
        input, output          object                Python where it was JSON, else text

        The filters are exact; `since` counts, `until` does not. From `v2/observations`, page after page.
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
        """One row per trace with an observation that passes the filters, newest first, at most `limit`.

        column        dtype                 meaning
        trace_id      string
        name          string                the trace's, else that of its first observation
        user, session string
        tags          object                list of str, of all its observations
        started       datetime64[ns, UTC]   of the first observation
        latency_s     float64               seconds from the first start to the last end
        observations, errors, cache_hits  Int64   how many; an error is an observation of level ERROR
        prompt_tokens, completion_tokens, total_tokens  Int64   sums; missing where nothing has tokens
        cost_usd      float64               US dollars, the sum; missing where nothing has a cost

        Grouped here, of all the observations of each trace: one request per trace to `v2/observations`.
        """
        wanted = Wanted(None, None, name, type, level, user, session, tag, model,
                        moment(since, "since"), moment(until, "until"))  # fmt: skip
        found: dict[str, None] = {}
        for one in self.api.observations({**wanted.parameters(), "fields": "core"}, 1_000_000):
            found[one.trace_id] = None
            if len(found) >= limit:
                break
        return traces_frame(self._of_traces(list(found)))

    def trace_tree(self, trace_id: str) -> TraceTree:
        """One trace as a tree: `print(tree)` draws it, `tree.frame()` has it as rows.

        Raises TraceMissingError where the store has no observation of it; see `wait_for_trace`.
        """
        found = self.observations(trace_id, limit=10_000)
        if found.empty:
            raise TraceMissingError(
                f"There is no trace {trace_id} at {self.url}. It shows a second or so after the flush: "
                "use wait_for_trace, or look at: gateway-kit logs tracing"
            )
        return TraceTree(trace_id, found)

    def trace_url(self, trace_id: str) -> str:
        """The address of a trace's page, which asks who you are; the same as the SDK's `get_trace_url`."""
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
        """One row per session, the one last active first, from the newest `limit` observations.

        column        dtype                 meaning
        session       string
        users         object                list of str
        traces, observations, errors, cache_hits  Int64   how many
        started, ended  datetime64[ns, UTC]   of the first start and the last end
        prompt_tokens, completion_tokens, total_tokens  Int64   sums; missing where nothing has tokens
        cost_usd      float64               US dollars, the sum; missing where nothing has a cost
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
        """One row per score, newest first, at most `limit`.

        column          dtype                 meaning
        score_id        string
        trace_id, observation_id, session  string   what was judged
        name            string
        data_type       string                NUMERIC, BOOLEAN or CATEGORICAL
        value           float64               the number; 1 and 0 for true and false; missing for a category
        text            string                the category, or "True" and "False"; missing for a number
        comment         string
        source          string                API, ANNOTATION (a person on Langfuse's page) or EVAL
        timestamp       datetime64[ns, UTC]

        `observation_id` needs `trace_id`. From `v3/scores`, page after page.
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

    def cost_and_latency(
        self,
        by: str | None = "model",
        *,
        percentiles: tuple[int, ...] = (50, 95, 99),
        over: Over | None = None,
        window: timedelta = timedelta(days=1),
        until: datetime | None = None,
        name: str | None = None,
        type: str | None = None,  # noqa: A002 - Langfuse's word
        level: str | None = None,
        user: str | None = None,
        session: str | None = None,
        tag: str | None = None,
        model: str | None = None,
        limit: int = 1000,
    ) -> pd.DataFrame:
        """One row per model (or user, session, tag, …) and interval, aggregated by the server (`v2/metrics`).

        column            dtype                 meaning
        <by>              string                the group's name; missing for what has none. None: one group
        time              datetime64[ns, UTC]   only with `over`: the interval's begin
        observations      Int64                 how many
        latency_p50_s, …  float64               seconds; one column for each of `percentiles`
        prompt_tokens, completion_tokens, total_tokens  Int64   sums
        cost_usd          float64               US dollars, the sum

        `by` is one of METRIC_DIMENSIONS, a percentile one of PERCENTILES. The largest groups come first; with
        `over` rows are in the order of time, and an interval in which nothing happened has 0 observations.
        What asked no model is left out where `by` is "model". A tag's group is the whole list of tags, joined by
        ", ". Users and sessions have too many values for intervals: the server refuses them with `over`; use
        the filters instead. At most the `limit` largest rows, from the `window`
        before `until` (default: now).
        """
        end = moment(until, "until") or datetime.now(UTC) + timedelta(seconds=1)
        wanted = Wanted(name=name, type=type, level=level, user=user, session=session, tag=tag, model=model)
        query = metrics_query(by, wanted, end - window, end, percentiles=percentiles, over=over, limit=limit)
        return metrics_frame(self.api.metrics(query), by, percentiles, over)

    def _of_traces(self, trace_ids: list[str]) -> pd.DataFrame:
        """All the observations of these traces; input and output are left out."""
        fields = ALL_FIELDS.replace("io,", "")

        def one(trace_id: str) -> list[Any]:
            return list(self.api.observations({"trace_id": trace_id, "fields": fields}, 10_000))

        with ThreadPoolExecutor(max_workers=4) as pool:
            return observations_frame(one for part in pool.map(one, trace_ids) for one in part)
