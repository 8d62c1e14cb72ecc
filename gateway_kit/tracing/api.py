"""Calls of the trace store's API through the Langfuse SDK, with the kit's errors and all pages. Internal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar

import httpx
import pydantic
from langfuse import __version__ as sdk_version
from langfuse.api import LangfuseAPI
from langfuse.api.core.api_error import ApiError

from gateway_kit.errors import TracingError, TracingKeysRefusedError
from gateway_kit.tracing.connection import TraceConnection, log_of, unreachable

T = TypeVar("T")

# The largest pages of v2/observations and v3/scores.
OBSERVATIONS_PAGE = 1000
SCORES_PAGE = 100


class TraceApi:
    """The reads, and the one write that answers at once (a score)."""

    def __init__(self, connection: TraceConnection, http: httpx.Client) -> None:
        self.url = connection.url
        self._http = http
        self.api = LangfuseAPI(
            base_url=connection.url,
            username=connection.public_key,
            password=connection.secret_key,
            x_langfuse_sdk_name="python",
            x_langfuse_sdk_version=sdk_version,
            x_langfuse_public_key=connection.public_key,
            httpx_client=http,
        )

    def call(self, what: Callable[[], T]) -> T:
        """The result of a call; raises a TracingError with the trace store's own message."""
        try:
            return what()
        except ApiError as exc:
            raise self._refused(exc) from exc
        except httpx.TransportError as exc:
            raise unreachable(self.url, f"{type(exc).__name__}: {exc}".rstrip(": ")) from exc
        except UnicodeEncodeError as exc:
            character = f"{exc.object[exc.start : exc.end]!a} at position {exc.start}"
            raise TracingError(
                f"The request was not sent: {character} is not a character ({exc.reason})."
            ) from exc
        except (pydantic.ValidationError, ValueError) as exc:
            raise TracingError(self._not_langfuse("an answer that the SDK cannot read")) from exc

    def check(self) -> None:
        """Raise a TracingError unless these keys belong to a project (`/api/public/projects`)."""
        if not self.call(self.api.projects.get).data:
            raise TracingKeysRefusedError(
                f"The keys belong to no project at {self.url}. Check LANGFUSE_PUBLIC_KEY: gateway-kit env"
            )

    def observations(self, query: Mapping[str, Any], limit: int) -> Iterator[Any]:
        """The SDK's observations, newest first, page after page, at most `limit`."""
        page = self.api.observations.get_many
        yield from self._pages(page, query, limit, OBSERVATIONS_PAGE)

    def scores(self, query: Mapping[str, Any], limit: int) -> Iterator[Any]:
        """The SDK's scores, newest first, page after page, at most `limit`."""
        page = self.api.scores_v3.get_many_v3
        yield from self._pages(page, query, limit, SCORES_PAGE)

    def metrics(self, query: str) -> list[dict[str, Any]]:
        """The rows of a metrics query (`v2/metrics`)."""
        rows: list[dict[str, Any]] = self.call(lambda: self.api.metrics.metrics(query=query)).data
        return rows

    def _pages(
        self, get: Callable[..., Any], query: Mapping[str, Any], limit: int, page_size: int
    ) -> Iterator[Any]:
        cursor: str | None = None
        while limit > 0:
            size = min(limit, page_size)
            given = {**query, "limit": size, **({"cursor": cursor} if cursor else {})}
            answer = self.call(lambda given=given: get(**given))  # type: ignore[misc]
            yield from answer.data
            limit -= len(answer.data)
            cursor = answer.meta.cursor
            if not cursor or not answer.data:
                return

    def _refused(self, exc: ApiError) -> TracingError:
        body = exc.body
        message = body.get("message") if isinstance(body, Mapping) else None
        if exc.status_code in (401, 403):
            return TracingKeysRefusedError(
                f"The trace store at {self.url} refuses the keys: {message or body}. Check LANGFUSE_HOST, "
                "LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY: gateway-kit env",
                status=exc.status_code,
            )
        if not isinstance(message, str):
            return TracingError(
                self._not_langfuse(f"status {exc.status_code} without a message"), status=exc.status_code
            )
        hint = f" Look at: {log_of(self.url)}" if (exc.status_code or 0) >= 500 else ""
        return TracingError(
            f"The trace store at {self.url} answered {exc.status_code}: {message}{_details(body)}.{hint}",
            status=exc.status_code,
        )

    def _not_langfuse(self, what: str) -> str:
        return f"What answers at {self.url} is not Langfuse ({what}). Check LANGFUSE_HOST: gateway-kit env"


def _details(body: Any) -> str:
    """Which parameters a validation error names."""
    issues = body.get("error") if isinstance(body, Mapping) else None
    if not isinstance(issues, list):
        return ""
    named = [
        f"{'.'.join(str(p) for p in i.get('path', []))}: {i.get('message')}"
        for i in issues
        if isinstance(i, Mapping)
    ]
    return f" ({'; '.join(named)})" if named else ""


def moment(value: datetime | None, name: str) -> datetime | None:
    """The time; raises TracingError if it has no zone, since some would read it as local time and others as UTC."""
    if value is not None and value.tzinfo is None:
        raise TracingError(f"`{name}` has no time zone; use datetime.now(timezone.utc).")
    return value
