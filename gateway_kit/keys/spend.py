"""Who spent what, added up by LiteLLM: reports as tables. Pure functions, and the endpoints they come from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from gateway_kit.errors import RequestRefusedError
from gateway_kit.gateway.management import ManagementApi
from gateway_kit.keys.limits import name_of
from gateway_kit.keys.tables import frame

if TYPE_CHECKING:
    import pandas as pd

_COUNTS: Mapping[str, tuple[str, str]] = {
    "spend_usd": ("spend", "float64"),
    "requests": ("api_requests", "Int64"),
    "failed": ("failed_requests", "Int64"),
    "prompt_tokens": ("prompt_tokens", "Int64"),
    "completion_tokens": ("completion_tokens", "Int64"),
}
SPEND_COLUMNS: Mapping[str, str] = {name: dtype for name, (_, dtype) in _COUNTS.items()}
# As LiteLLM's spend tables name calls with the master key, and calls without a team, user or tag.
_MASTER, _NOBODY = "litellm_proxy_master_key", "Unassigned"
_ROWS_A_PAGE = 1000
# More digits than a double has at the size of a cost: what is beyond is noise of the addition.
_DECIMALS = 12


class SpendReports:
    """Reports over days (UTC), today by default. `since` and `until` are dates, both included.

    Each is one row per thing, dearest first, with the columns

    spend_usd          float64   US dollars, cache hits being 0
    requests, failed   Int64     all of them; those that ended with an error
    prompt_tokens, completion_tokens   Int64   a cache hit counts the first answer's tokens again

    LiteLLM adds these up by day, in tables of its own, some seconds after the calls; the rows of one request each
    are in `gateway.spend.logs`. The free edition answers all the endpoints named here; `/global/spend/report` wants
    a licence, `/spend/logs?summarize=true` has no tokens and no teams, and `/global/spend/tags` rounds to 0.0001 USD.
    """

    api: ManagementApi

    def spend_by_key(self, since: date | None = None, until: date | None = None) -> pd.DataFrame:
        """By virtual key: `alias` (string; `master` for the master key) and `key_hash` before the columns above.

        From `/user/daily/activity` page by page: `/user/daily/activity/aggregated` leaves out keys after the 100th.
        """
        parts = self._breakdowns("/user/daily/activity", "api_keys", since, until)
        columns = {"alias": "string", "key_hash": "string"}
        return report(
            parts, columns, lambda key, about: ("master" if key == _MASTER else about.get("key_alias"), key)
        )

    def spend_by_team(self, since: date | None = None, until: date | None = None) -> pd.DataFrame:
        """By team: `team`, missing for keys without one, and `team_id`. From `/team/daily/activity`."""
        parts = self._breakdowns("/team/daily/activity", "entities", since, until)
        columns = {"team": "string", "team_id": "string"}
        return report(parts, columns, lambda i, about: (about.get("team_alias") or _nobody(i), _nobody(i)))

    def spend_by_user(self, since: date | None = None, until: date | None = None) -> pd.DataFrame:
        """By user: `user`, missing for keys without one. From `/user/daily/activity`, page by page."""
        parts = self._breakdowns("/user/daily/activity", "entities", since, until)
        return report(parts, {"user": "string"}, lambda user, _: (_nobody(user),))

    def spend_by_end_user(self, since: date | None = None, until: date | None = None) -> pd.DataFrame:
        """By end user: `end_user`, of requests that named one. From `/customer/daily/activity`, page by page."""
        parts = self._breakdowns("/customer/daily/activity", "entities", since, until)
        return report(parts, {"end_user": "string"}, lambda user, _: (_nobody(user),))

    def spend_by_tag(
        self, since: date | None = None, until: date | None = None, *, automatic: bool = False
    ) -> pd.DataFrame:
        """By tag: `tag`. From `/tag/daily/activity`, page by page; written less often than the others.

        A request with two tags counts for both, so the rows do not add up to the whole. With `automatic` those
        are shown too that LiteLLM sets itself, the caller's `User-Agent`.
        """
        parts = self._breakdowns("/tag/daily/activity", "entities", since, until)
        wanted = ((t, p) for t, p in parts if automatic or not t.startswith("User-Agent:"))
        return report(wanted, {"tag": "string"}, lambda tag, _: (tag,))

    def spend_by_model(self, since: date | None = None, until: date | None = None) -> pd.DataFrame:
        """By the model's name that callers ask for: `model`. From `/user/daily/activity/aggregated`."""
        parts = self._breakdowns("/user/daily/activity/aggregated", "model_groups", since, until)
        return report(parts, {"model": "string"}, lambda model, _: (model,))

    def spend_by_day(self, since: date | None = None, until: date | None = None) -> pd.DataFrame:
        """By day: `day` (datetime64[ns], UTC), oldest first. From `/user/daily/activity/aggregated`."""
        days = self._days("/user/daily/activity/aggregated", since, until)
        parts = ((day["date"], {"metrics": day["metrics"]}) for day in days)
        made = report(parts, {"day": "string"}, lambda day, _: (day,))
        return made.astype({"day": "datetime64[ns]"}).sort_values("day", ignore_index=True)

    def wait_for_tag(self, tag: str, requests: int, *, timeout_s: float = 45.0) -> pd.DataFrame:
        """`spend_by_tag()` once `requests` requests of today with that tag are booked. Raises GatewayError."""
        name_of("A tag", tag)
        found = self.spend_by_tag()

        def booked() -> bool:
            nonlocal found
            found = self.spend_by_tag()
            return int(found.loc[found["tag"] == tag, "requests"].sum()) >= requests

        self.api.wait_for(booked, f"{requests} requests with the tag {tag!r}", timeout_s)
        return found

    def _breakdowns(
        self, path: str, by: str, since: date | None, until: date | None
    ) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for day in self._days(path, since, until):
            yield from day["breakdown"].get(by, {}).items()

    def _days(self, path: str, since: date | None, until: date | None) -> Iterator[Mapping[str, Any]]:
        first, last = days_of(since, until)
        dates = {"start_date": first.isoformat(), "end_date": last.isoformat()}
        if path.endswith("/aggregated"):
            yield from self.api.get(path, **dates)["results"]
            return
        page, pages = 1, 1
        while page <= pages:
            body = self.api.get(path, **dates, page=page, page_size=_ROWS_A_PAGE)
            # A day that is longer than a page comes again on the next one, with the rest.
            yield from body["results"]
            pages, page = int(body["metadata"].get("total_pages") or 1), page + 1


def report(
    parts: Iterable[tuple[str, Mapping[str, Any]]],
    columns: Mapping[str, str],
    names: Any,
) -> pd.DataFrame:
    """One row per thing, dearest first. `parts` are LiteLLM's (id, {metrics, metadata}), an id as often as may be.

    `names(id, metadata)` gives the values of `columns`.
    """
    sums: dict[str, dict[str, list[float]]] = {}
    about: dict[str, Mapping[str, Any]] = {}
    for name, part in parts:
        mine = sums.setdefault(name, {column: [] for column in _COUNTS})
        about[name] = part.get("metadata") or about.get(name) or {}
        for column, (field, _) in _COUNTS.items():
            mine[column].append(part["metrics"].get(field) or 0)
    rows = []
    for name, mine in sums.items():
        counts: dict[str, Any] = {column: int(sum(values)) for column, values in mine.items()}
        counts["spend_usd"] = round(math.fsum(mine["spend_usd"]), _DECIMALS)
        rows.append({**dict(zip(columns, names(name, about[name]), strict=True)), **counts})
    made = frame(rows, {**columns, **SPEND_COLUMNS})
    return made.sort_values("spend_usd", ascending=False, kind="stable", ignore_index=True)


def days_of(since: date | None, until: date | None) -> tuple[date, date]:
    """The first and the last day of a report; today (UTC) where none is given. Raises RequestRefusedError."""
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
