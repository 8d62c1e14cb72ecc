"""`gateway.tracing.evaluation`: prompts, datasets and experiments as tables. Internal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gateway_kit.common.polling import patient_s, poll_until
from gateway_kit.errors import TraceMissingError
from gateway_kit.tracing.api import TraceApi, moment
from gateway_kit.tracing.connection import log_of
from gateway_kit.tracing.evaluation_tables import (
    dataset_items_frame,
    datasets_frame,
    experiment_items_frame,
    experiments_frame,
    prompts_frame,
    versions_frame,
)

if TYPE_CHECKING:
    import pandas as pd

# The server asks for a beginning; this one leaves nothing out that is kept.
_LONG_AGO = timedelta(days=3650)
_PAGE = 100
_ITEM_FIELDS = "core,dataset,io,itemMetadata,scores"
# A score can be stored this long after its span; the real Langfuse needs 5 to 8 s.
_PAUSE_S, _GROWTH = 0.1, 1.5


class Evaluation:
    """Reads what the Langfuse SDK (`gateway.tracing.client`) makes: nothing here has a format of its own.

    To make prompts, datasets and experiments, use the SDK's `create_prompt`, `update_prompt`, `create_dataset`,
    `create_dataset_item` and `run_experiment`.

    Example:
        >>> gateway.tracing.client.create_prompt(name="help-desk", prompt="...", labels=["production"])
        >>> gateway.tracing.evaluation.prompt_versions("help-desk")
    """

    def __init__(self, api: TraceApi, flush: Callable[[], None]) -> None:
        self._api = api
        self._flush = flush

    def prompts(self, *, label: str | None = None, tag: str | None = None) -> pd.DataFrame:
        """All prompts, or those with a label or a tag.

        Returns:
            One row per prompt, by name.

                - `name` (string): its name
                - `type` (string): text or chat
                - `versions` (object): list of int, all of them
                - `labels` (object): list of str, of all versions
                - `tags` (object): list of str
                - `updated` (datetime64[ns, UTC]): last change
        """
        given = {name: value for name, value in (("label", label), ("tag", tag)) if value is not None}
        return prompts_frame(self._pages(self._api.api.prompts.list, **given))

    def prompt_versions(self, name: str) -> pd.DataFrame:
        """The versions of a prompt.

        Returns:
            One row per version, the newest first.

                - `version` (Int64): its number
                - `labels` (object): list of str; the application gets the one labelled production
                - `created` (datetime64[ns, UTC]): when it was made
                - `commit_message` (string): why
                - `prompt` (object): the text, or a list of messages; references are resolved
                - `config` (object): dict, such as model and temperature

        Raises:
            TracingError: there is no such prompt.
        """
        known = list(self._pages(self._api.api.prompts.list, name=name))
        # Without a version the server says what is missing.
        numbers = sorted(known[0].versions, reverse=True) if known else [None]
        get = self._api.api.prompts.get
        path = quote(name, safe="")
        return versions_frame(
            self._api.call(lambda number=number: get(path, version=number))  # type: ignore[misc]
            for number in numbers
        )

    def datasets(self) -> pd.DataFrame:
        """All datasets.

        Returns:
            One row per dataset, the newest first.

                - `name` (string): its name
                - `dataset_id` (string): its id
                - `description` (string): what it is for
                - `metadata` (object): dict
                - `created` (datetime64[ns, UTC]): when it was made
                - `updated` (datetime64[ns, UTC]): last change of the dataset itself
        """
        return datasets_frame(self._pages(self._api.api.datasets.list))

    def dataset_items(self, name: str, *, at: datetime | None = None) -> pd.DataFrame:
        """The items of a dataset, without archived ones.

        Args:
            name: of the dataset.
            at: as they were at this time.

        Returns:
            One row per item, the newest first.

                - `item_id` (string): its id
                - `input` (object): what the application gets
                - `expected` (object): what a good answer is, in the form that the evaluators read
                - `metadata` (object): dict
                - `trace_id` (string): the trace it comes from
                - `updated` (datetime64[ns, UTC]): time of this version of the item

        Raises:
            TracingError: there is no such dataset.
        """
        given = {"dataset_name": name, **({"version": moment(at, "at")} if at is not None else {})}
        return dataset_items_frame(self._pages(self._api.api.dataset_items.list, **given))

    def experiments(
        self, *, name: str | None = None, dataset_id: str | None = None, since: datetime | None = None
    ) -> pd.DataFrame:
        """The experiments: runs of an application over the items of a dataset, or over local data.

        Args:
            name: of the run; the SDK appends the time to the name that it is given, unless it gets a `run_name`.
            dataset_id: as in `datasets()`.
            since: the earliest start.

        Returns:
            One row per experiment, the newest first.

                - `experiment` (string): the name of the run
                - `experiment_id` (string): its id
                - `dataset_id` (string): missing for local data
                - `items` (Int64): how many were run
                - `started` (datetime64[ns, UTC]): first item
                - `ended` (datetime64[ns, UTC]): last item
                - `metadata` (object): dict
                - `scores` (object): dict of name → value, of the run as a whole
        """
        given = {
            key: value for key, value in (("name", name), ("dataset_id", dataset_id)) if value is not None
        }
        return experiments_frame(
            self._cursor(self._api.api.experiments.list, since, fields="core,metadata,scores", **given)
        )

    def experiment_items(self, name: str, *, since: datetime | None = None) -> pd.DataFrame:
        """What an experiment made of each item, with its scores.

        Args:
            name: of the run, as in `experiments()`.
            since: the earliest start.

        Returns:
            One row per item that was run, the newest first; empty if nothing is stored under this name.

                - `experiment` (string): the name of the run
                - `item_id` (string): the dataset's item
                - `input` (object): what the application got
                - `output` (object): what it returned
                - `expected` (object): what a good answer is
                - `metadata` (object): dict, of the dataset's item
                - `scores` (object): dict of name → value, of the item
                - `level` (string): ERROR if the application failed
                - `started` (datetime64[ns, UTC]): when the application began
                - `latency_s` (float64): seconds that the application took
                - `trace_id` (string): the item's trace
        """
        items = self._api.api.experiments.list_items
        return experiment_items_frame(self._cursor(items, since, fields=_ITEM_FIELDS, experiment_name=name))

    def wait_for_experiment(
        self, name: str, *, items: int, scores: int = 0, timeout_s: float = 60.0
    ) -> pd.DataFrame:
        """The items of an experiment, once all are stored with their scores; Langfuse itself needs 5 to 8 seconds.

        Args:
            name: of the run.
            items: how many there are.
            scores: how many scores each has at least.
            timeout_s: how long to wait, in seconds.

        Returns:
            A table as `experiment_items` returns it.

        Raises:
            TraceMissingError: there are fewer after `timeout_s` seconds.
        """
        self._flush()
        rows, enough = poll_until(
            lambda: self.experiment_items(name),
            lambda rows: len(rows) >= items and rows["scores"].map(len).min() >= scores,
            timeout_s=timeout_s,
            pause_s=_PAUSE_S,
            growth=_GROWTH,
        )
        if enough:
            return rows
        scored = int((rows["scores"].map(len) >= scores).sum())
        raise TraceMissingError(
            f"Waited {patient_s(timeout_s):.0f} s for {items} items of the experiment {name!r} with {scores} score(s) "
            f"each at {self._api.url}; {len(rows)} arrived, {scored} of them with as many. "
            f"Look at: {log_of(self._api.url)}"
        )

    def _pages(self, list_page: Callable[..., Any], **given: Any) -> Iterator[Any]:
        page = 1
        while True:
            answer = self._api.call(lambda page=page: list_page(page=page, limit=_PAGE, **given))  # type: ignore[misc]
            yield from answer.data
            if page >= answer.meta.total_pages:
                return
            page += 1

    def _cursor(self, get: Callable[..., Any], since: datetime | None, **given: Any) -> Iterator[Any]:
        given["from_start_time"] = moment(since, "since") or datetime.now(UTC) - _LONG_AGO
        while True:
            answer = self._api.call(lambda: get(limit=_PAGE, **given))
            yield from answer.data
            if not answer.meta.cursor or not answer.data:
                return
            given["cursor"] = answer.meta.cursor
