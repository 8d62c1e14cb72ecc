"""An httpx transport that records a `Call` for every request that passes through it. Internal."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import httpx

from gateway_kit.gateway.record import Call, CallRecord
from gateway_kit.gateway.sse import EventReader
from gateway_kit.litellm_api.facts import facts_of_body, facts_of_headers, settle_cost, short_error

# The request's extension that holds its Call once it has ended.
CALL_EXTENSION = "gateway_kit.call"

_KINDS = {
    "/chat/completions": "chat",
    "/completions": "completions",
    "/embeddings": "embeddings",
    "/responses": "responses",
    "/messages": "messages",
    "/models": "models",
}


class RecordingTransport(httpx.BaseTransport):
    """Passes requests on to `inner` and records each in `calls`, failures included.

    One thing is changed on the way: a streamed chat asks for its usage (`stream_options.include_usage`), since nothing
    else has its tokens and cost. A caller who did not ask for it does not see that chunk.
    """

    def __init__(self, calls: CallRecord, key_label: str, inner: httpx.BaseTransport) -> None:
        self._calls = calls
        self._key_label = key_label
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request; it is recorded when its answer has been read, was left, or failed."""
        body = _json_body(request)
        kind = kind_of(request.url.path)
        pending = _Pending(self._calls, request, kind, body, self._key_label)
        sent, hide_usage = request, False
        if pending.stream and kind == "chat":
            sent, hide_usage = _asking_for_usage(request, body)
        try:
            response = self._inner.handle_request(sent)
        except BaseException as exc:  # KeyboardInterrupt too: the interrupted call belongs in the record
            pending.finish(error=f"{type(exc).__name__}: {exc}".rstrip(": "))
            raise
        headers = httpx.Headers(
            [(k, v) for k, v in response.headers.multi_items() if k not in _ENCODING_HEADERS]
        )
        stream = _RecordingStream(response, pending, hide_usage=hide_usage)
        return httpx.Response(
            response.status_code, headers=headers, stream=stream, extensions=response.extensions
        )

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()


# The body is handed on decoded, and may be shorter by the usage chunk.
_ENCODING_HEADERS = {"content-encoding", "content-length"}


class _Pending:
    """A call under way; `finish` turns it into a row, once."""

    def __init__(
        self, calls: CallRecord, request: httpx.Request, kind: str, body: Mapping[str, Any], key_label: str
    ) -> None:
        self.request = request
        self.kind = kind
        self.stream = body.get("stream") is True
        texts = body.get("input") if kind == "embeddings" else None
        self.texts = len(texts) if isinstance(texts, list) else 1
        self._calls = calls
        self._parts = calls.open_parts()
        self._model = body.get("model") if isinstance(body.get("model"), str) else None
        self._key_label = key_label
        self._started = datetime.now(UTC)
        self._begin = time.perf_counter()
        self._done = False

    def elapsed_s(self) -> float:
        return time.perf_counter() - self._begin

    def finish(self, **known: Any) -> None:
        if self._done:
            return
        self._done = True
        call = Call(
            started=self._started,
            kind=self.kind,
            model=self._model,
            stream=self.stream,
            latency_s=self.elapsed_s(),
            key=self._key_label,
            **known,
        )
        self.request.extensions[CALL_EXTENSION] = call
        self._calls.add(call, self._parts)


class _RecordingStream(httpx.SyncByteStream):
    """The answer's bytes on their way to the caller; finishes the call at their end."""

    def __init__(self, response: httpx.Response, pending: _Pending, *, hide_usage: bool) -> None:
        self._response = response
        self._pending = pending
        self._reader: EventReader | None = None
        self._body = bytearray()
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            self._reader = EventReader(pending.elapsed_s, hide_usage=hide_usage)

    def __iter__(self) -> Iterator[bytes]:
        try:
            with closing(self._response):
                for chunk in self._response.iter_bytes():
                    if self._reader is None:
                        self._body += chunk
                        yield chunk
                        continue
                    passed = self._reader.feed(chunk)
                    if self._reader.done:
                        # The caller stops reading at [DONE]: record the call first.
                        self._finish()
                    if passed:
                        yield passed
                if self._reader is not None and (rest := self._reader.flush()):
                    yield rest
                self._finish()
        except GeneratorExit:
            self._finish(left="left by the caller before its end")
            raise
        except BaseException as exc:
            self._finish(left=f"{type(exc).__name__}: {exc}".rstrip(": "))
            raise

    def close(self) -> None:
        self._finish(left="left by the caller before its end")
        self._response.close()

    def _finish(self, left: str | None = None) -> None:
        response, pending = self._response, self._pending
        content = bytes(self._body) if self._reader is None else self._reader
        head = (pending.kind, response.status_code, response.headers)
        known = facts_of_ended(*head, content, left=left, texts=pending.texts)
        pending.finish(status=response.status_code, **known)


def facts_of_ended(
    kind: str,
    status: int,
    headers: Mapping[str, str],
    content: bytes | EventReader,
    *,
    left: str | None,
    texts: int = 1,
) -> dict[str, Any]:
    """The call's fields from an answer that has ended or was `left`; for a stream, `content` is its reader."""
    known = facts_of_headers(kind, status, headers)
    if isinstance(content, EventReader):
        known |= content.facts()
        known["error"] = content.error or left or content.missing_end(kind)
    else:
        body = parsed(content)
        known |= facts_of_body(body)
        known["error"] = short_error(status, body) or left
    settle_cost(known, texts)
    return known


def kind_of(path: str) -> str:
    """What a URL path asks for: chat, embeddings, …; any other path's last part."""
    trimmed = path.rstrip("/")
    for ending, kind in _KINDS.items():
        if trimmed.endswith(ending):
            return kind
    return trimmed.rsplit("/", 1)[-1] or "other"


def parsed(body: bytes) -> Any:
    """A JSON body as Python, None if it is no JSON."""
    try:
        return json.loads(body)
    except ValueError:
        return None


def _json_body(request: httpx.Request) -> Mapping[str, Any]:
    if not request.headers.get("content-type", "").startswith("application/json"):
        return {}
    body = parsed(request.read())
    return body if isinstance(body, dict) else {}


def _asking_for_usage(request: httpx.Request, body: Mapping[str, Any]) -> tuple[httpx.Request, bool]:
    """The request with include_usage, and whether to hide that chunk from the caller."""
    options = body.get("stream_options") or {}
    if not isinstance(options, dict) or "include_usage" in options:
        return request, False  # the caller decided
    content = json.dumps({**body, "stream_options": {**options, "include_usage": True}}).encode()
    headers = httpx.Headers(request.headers)
    headers["content-length"] = str(len(content))
    sent = httpx.Request(
        request.method, request.url, headers=headers, content=content, extensions=request.extensions
    )
    return sent, True
