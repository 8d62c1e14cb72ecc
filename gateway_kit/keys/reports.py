"""`gateway.keys.reports`: what was spent by whom, as LiteLLM adds it up."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway_kit.common.tables import Column, Table
from gateway_kit.errors import RequestRefusedError
from gateway_kit.keys.limits import name_of
from gateway_kit.litellm_api.management import ManagementApi

if TYPE_CHECKING:
    import pandas as pd

COUNTS = Table(
    Column("spend_usd", "float64", "US dollars; a cache hit costs 0"),
    Column("requests", "Int64", "all of them"),
    Column("failed", "Int64", "those that ended with an error"),
    Column("prompt_tokens", "Int64", "a cache hit counts the first answer's tokens again"),
    Column("completion_tokens", "Int64", "likewise"),
)
BY_KEY = Table(
    Column("key_alias", "string", "the key's name; `master` for the master key"),
    Column("key_hash", "string", "the key as LiteLLM stores it"),
    *COUNTS,
)
BY_TEAM = Table(
    Column("team", "string", "its name; missing for keys without one"),
    Column("team_id", "string", "LiteLLM's id; missing likewise"),
    *COUNTS,
)
BY_USER = Table(Column("user", "string", "missing for keys without one"), *COUNTS)
BY_END_USER = Table(Column("end_user", "string", "the `user` of the requests that named one"), *COUNTS)
BY_TAG = Table(Column("tag", "string", "a request with two tags counts for both"), *COUNTS)
BY_MODEL = Table(Column("model", "string", "the name that was asked for"), *COUNTS)
BY_DAY = Table(Column("day", "datetime64[ns, UTC]", "its beginning"), *COUNTS)

# LiteLLM's names of the counts.
_FIELDS = {"spend_usd": "spend", "requests": "api_requests", "failed": "failed_requests"}
# As LiteLLM's spend tables name calls with the master key, and calls without a team, user or tag.
_MASTER, _NOBODY = "litellm_proxy_master_key", "Unassigned"
_ROWS_A_PAGE = 1000
# More digits than a double has at the size of a cost: what is beyond is noise of the addition.
_DECIMALS = 12


class Reports:
    """Reports over days (UTC), today by default; `since` and `until` are dates, both included.

    Each has one row per thing, dearest first. LiteLLM adds them up by day, in tables of its own, some seconds after the
    calls; the rows of one request each are in `gateway.spend.logs`. The free edition answers all the endpoints named
    here; `/global/spend/report` needs a licence, `/spend/logs?summarize=true` has no tokens and no teams, and
    `/global/spend/tags` rounds to 0.0001 USD.
    """

    def __init__(self, api: ManagementApi) -> None:
        self._api = api

    def by_key(self, since: date | None = None, until: date | None = None) -> pd.DataFrame:
        """Spend by virtual key.

        From `/user/daily/activity` page by page: `/user/daily/activity/aggregated` leaves out keys after the 100th.

        Returns:
            One row per key.

                - `key_alias` (string): the key's name; `master` for the master key
                - `key_hash` (string): the key as LiteLLM stores it
                - `spend_usd` (float64): US dollars; a cache hit costs 0
                - `requests` (Int64): all of them
                - `failed` (Int64): those that ended with an error
                - `prompt_tokens` (Int64): a cache hit counts the first answer's tokens again
                - `completion_tokens` (Int64): likewise
        """
        parts = self._breakdowns("/user/daily/activity", "api_keys", since, until)
        return report(
            parts, BY_KEY, lambda key, about: ("master" if key == _MASTER else about.get("key_alias"), key)
        )

    def by_team(self, since: date | None = None, until: date | None = None) -> pd.DataFrame:
        """Spend by team, from `/team/daily/activity`.

        Returns:
            One row per team, with these columns and the counts of `by_key`.

                - `team` (string): its name; missing for keys without one
                - `team_id` (string): LiteLLM's id; missing likewise
        """
        parts = self._breakdowns("/team/daily/activity", "entities", since, until)
        return report(parts, BY_TEAM, lambda i, about: (about.get("team_alias") or _nobody(i), _nobody(i)))

    def by_user(self, since: date | None = None, until: date | None = None) -> pd.DataFrame:
        """Spend by user, from `/user/daily/activity`, page by page.

        Returns:
            One row per user, with this column and the counts of `by_key`.

                - `user` (string): missing for keys without one
        """
        parts = self._breakdowns("/user/daily/activity", "entities", since, until)
        return report(parts, BY_USER, lambda user, _: (_nobody(user),))

    def by_end_user(self, since: date | None = None, until: date | None = None) -> pd.DataFrame:
        """Spend by end user, from `/customer/daily/activity`, page by page.

        Returns:
            One row per end user, with this column and the counts of `by_key`.

                - `end_user` (string): the `user` of the requests that named one
        """
        parts = self._breakdowns("/customer/daily/activity", "entities", since, until)
        return report(parts, BY_END_USER, lambda user, _: (_nobody(user),))

    def by_tag(
        self, since: date | None = None, until: date | None = None, *, automatic: bool = False
    ) -> pd.DataFrame:
        """Spend by tag, from `/tag/daily/activity`, page by page; written less often than the others.

        Args:
            since: the first day.
            until: the last day.
            automatic: also the tags that LiteLLM sets itself, the caller's `User-Agent`.

        Returns:
            One row per tag, with this column and the counts of `by_key`.

                - `tag` (string): a request with two tags counts for both
        """
        parts = self._breakdowns("/tag/daily/activity", "entities", since, until)
        wanted = ((t, p) for t, p in parts if automatic or not t.startswith("User-Agent:"))
        return report(wanted, BY_TAG, lambda tag, _: (tag,))

    def by_model(self, since: date | None = None, until: date | None = None) -> pd.DataFrame:
        """Spend by model, from `/user/daily/activity/aggregated`.

        Returns:
            One row per model, with this column and the counts of `by_key`.

                - `model` (string): the name that was asked for
        """
        parts = self._breakdowns("/user/daily/activity/aggregated", "model_groups", since, until)
        return report(parts, BY_MODEL, lambda model, _: (model,))

    def by_day(self, since: date | None = None, until: date | None = None) -> pd.DataFrame:
        """Spend by day, from `/user/daily/activity/aggregated`.

        Returns:
            One row per day, oldest first, with this column and the counts of `by_key`.

                - `day` (datetime64[ns, UTC]): its beginning
        """
        days = self._days("/user/daily/activity/aggregated", since, until)
        parts = ((day["date"], {"metrics": day["metrics"]}) for day in days)
        return report(parts, BY_DAY, lambda day, _: (day,)).sort_values("day", ignore_index=True)

    def wait_for_tag(self, tag: str, requests: int, *, timeout_s: float = 80.0) -> pd.DataFrame:
        """`by_tag()` once `requests` requests of today with that tag are booked.

        Raises:
            GatewayError: fewer are booked after `timeout_s`.
        """
        name_of("A tag", tag)
        table = self.by_tag()

        def booked() -> bool:
            nonlocal table
            table = self.by_tag()
            return int(table.loc[table["tag"] == tag, "requests"].sum()) >= requests

        self._api.wait_for(booked, f"{requests} requests with the tag {tag!r}", timeout_s)
        return table

    def _breakdowns(
        self, path: str, by: str, since: date | None, until: date | None
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for day in self._days(path, since, until):
            yield from day["breakdown"].get(by, {}).items()

    def _days(self, path: str, since: date | None, until: date | None) -> Iterator[Mapping[str, Any]]:
        first, last = days_of(since, until)
        dates = {"start_date": first.isoformat(), "end_date": last.isoformat()}
        if path.endswith("/aggregated"):
            yield from self._api.get(path, **dates)["results"]
            return
        page, pages = 1, 1
        while page <= pages:
            body = self._api.get(path, **dates, page=page, page_size=_ROWS_A_PAGE)
            # A day that is longer than a page comes again on the next one, with the rest.
            yield from body["results"]
            pages, page = int(body["metadata"].get("total_pages") or 1), page + 1


def report(
    parts: Iterable[tuple[str, Mapping[str, Any]]],
    table: Table,
    names: Callable[[str, Mapping[str, Any]], Sequence[Any]],
) -> pd.DataFrame:
    """LiteLLM's (id, {metrics, metadata}) added up by id, dearest first.

    `names(id, metadata)` gives the values of the columns before COUNTS.
    """
    sums: dict[str, dict[str, list[float]]] = {}
    about: dict[str, Mapping[str, Any]] = {}
    for name, part in parts:
        values = sums.setdefault(name, {column: [] for column in COUNTS.columns})
        about[name] = part.get("metadata") or about.get(name) or {}
        for column in COUNTS.columns:
            values[column].append(part["metrics"].get(_FIELDS.get(column, column)) or 0)
    rows = []
    for name, values in sums.items():
        spend_usd = round(math.fsum(values.pop("spend_usd")), _DECIMALS)
        rows.append([*names(name, about[name]), spend_usd, *(int(sum(counts)) for counts in values.values())])
    return table.frame(rows).sort_values("spend_usd", ascending=False, kind="stable", ignore_index=True)


def days_of(since: date | None, until: date | None) -> tuple[date, date]:
    """The first and the last day of a report; today (UTC) if none is given. Raises RequestRefusedError."""
    today = datetime.now(UTC).date()
    # A datetime is a date too, of its own time zone.
    first, last = (
        (d.astimezone(UTC).date() if isinstance(d, datetime) else d) or today for d in (since, until)
    )
    if not isinstance(first, date) or not isinstance(last, date):
        raise RequestRefusedError("since and until are dates, such as datetime.date(2026, 11, 24).")
    if first > last or last - first > timedelta(days=3660):
        raise RequestRefusedError(
            f"A report from {first} to {last} has no days, or too many: since comes first, and 10 years are the most."
        )
    return first, last


def _nobody(name: str) -> str | None:
    return None if name == _NOBODY else name
