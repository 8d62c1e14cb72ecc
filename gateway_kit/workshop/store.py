"""A workshop's store, by Langfuse's public API: reports are written one by one, and scores read page after page.

Only what a new Langfuse answers is used: `POST otel/v1/traces`, `POST scores`, `GET v3/scores`, `GET projects`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Self

import httpx

from gateway_kit.common.certificates import certificates_for
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.record import Store
from gateway_kit.workshop.results import Report, Result, to_score

_PAGE = 100  # the most that v3/scores answers at a time
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class StoreUnreachableError(WorkshopError):
    """The store does not answer, or not as it should: the same request may succeed later."""


class StoreRefusesError(WorkshopError):
    """The store refuses the keys: the workshop is closed, or they were wrong from the start."""


class ReportRefusedError(WorkshopError):
    """The store will never take this report, however often it is sent."""


class StoreClient:
    """A project of a store. `timeout_s` is how long each request may take, in seconds."""

    def __init__(
        self, store: Store, *, timeout_s: float = 5.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.url = store.url.rstrip("/")
        # The environment's proxy is for addresses elsewhere: it knows no service of this machine.
        local = httpx.URL(self.url).host in _LOOPBACK
        self._http = httpx.Client(
            base_url=f"{self.url}/api/public/",
            auth=(store.public_key, store.secret_key),
            timeout=timeout_s,
            trust_env=not local,
            verify=certificates_for(self.url),
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def check(self) -> None:
        """Raise StoreUnreachableError or StoreRefusesError unless these keys belong to a project."""
        answer = self._ask("GET", "projects")
        if not (isinstance(answer, Mapping) and answer.get("data")):
            raise StoreRefusesError(f"The keys belong to no project of the store at {self.url}")

    def write(self, report: Report, signature: str) -> None:
        """Store a report; writing it again changes nothing.

        The score's time is the store's own at its arrival, so that a reader that asks for what is new misses no report
        that was handed in late. Raises StoreUnreachableError, StoreRefusesError or ReportRefusedError.
        """
        if isinstance(report, Result):
            self._ask("POST", "otel/v1/traces", json=_trace(report))
        self._ask("POST", "scores", json=to_score(report, signature))

    def scores(
        self, since: datetime | None = None, *, names: Iterable[str] = (), session: str | None = None
    ) -> Iterator[dict[str, Any]]:
        """The scores that arrived since then, newest first, as `v3/scores` gives them with their details.

        A score that is written again keeps the time of its first arrival: ask for states (`names=["seat"]`,
        `session=` the workshop's name) without `since`. Raises StoreUnreachableError or StoreRefusesError.
        """
        query: dict[str, Any] = {"limit": _PAGE, "fields": "details,subject"}
        if since is not None:
            query["fromTimestamp"] = since.isoformat()
        if names := list(names):
            query["name"] = ",".join(names)
        if session is not None:
            query["sessionId"] = session
        while True:
            page = self._ask("GET", "v3/scores", params=query)
            try:
                yield from page["data"]
                cursor = page["meta"].get("cursor")
            except (KeyError, TypeError, AttributeError) as exc:
                raise self._strange("an answer without scores") from exc
            if not cursor:
                return
            query["cursor"] = cursor

    def _ask(self, method: str, path: str, **request: Any) -> Any:
        try:
            answer = self._http.request(method, path, **request)
        except httpx.HTTPError as exc:
            why = f"{type(exc).__name__}: {exc}".rstrip(": ")
            raise StoreUnreachableError(
                f"The workshop's store at {self.url} does not answer ({why})"
            ) from exc
        status = answer.status_code
        if status in (401, 403):
            raise StoreRefusesError(
                f"The workshop's store at {self.url} refuses the keys: the workshop may be closed. Ask the facilitator"
            )
        if status in (400, 413, 422) and method == "POST":
            raise ReportRefusedError(
                f"The workshop's store at {self.url} takes no such report ({status}: {answer.text[:200]})"
            )
        if status >= 300:
            raise self._strange(f"status {status}")
        try:
            return answer.json()
        except ValueError as exc:
            raise self._strange("an answer that is not JSON") from exc

    def _strange(self, what: str) -> StoreUnreachableError:
        return StoreUnreachableError(
            f"The workshop's store at {self.url} does not answer as Langfuse does: {what}"
        )


def _trace(result: Result) -> dict[str, Any]:
    """The trace that a result's score is about: one span, of the seat as user and the workshop as session."""
    attributes = {
        "langfuse.user.id": result.seat,
        "langfuse.session.id": result.workshop,
        "langfuse.trace.name": result.score_name,
    }
    at_ns = str(int(result.at.timestamp() * 1_000_000) * 1000)
    span = {
        "traceId": result.trace_id,
        "spanId": result.trace_id[:16],
        "name": result.score_name,
        "kind": 1,
        "startTimeUnixNano": at_ns,
        "endTimeUnixNano": at_ns,
        "attributes": [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()],
    }
    return {"resourceSpans": [{"scopeSpans": [{"scope": {"name": "gateway-kit"}, "spans": [span]}]}]}
