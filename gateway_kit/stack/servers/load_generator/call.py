"""One call over HTTP, and its record.

It uses geventhttpclient, on which Locust's FastHttpUser is built: FastHttpUser reads streams in blocks of a fixed size,
so that the time of the first token is lost, and takes half as long again per call.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from geventhttpclient.client import HTTPClient
from geventhttpclient.response import HTTPParseError, HTTPSocketPoolResponse

from gateway_kit.stack.servers.load_generator.job import Job
from gateway_kit.stack.servers.load_generator.sequence import Request

CONNECT_S = 10.0
# Large enough for most answers in one read.
BLOCK_BYTES = 65536
CHAT = "/v1/chat/completions"
# The error of a call that was in progress when the run was ended.
LEFT = "left by the caller before its end"

# Added to a monotonic clock, this gives seconds since 1970.
_EPOCH_S = time.time() - time.perf_counter()


def epoch_s(clock_s: float) -> float:
    """Seconds since 1970 at a reading of `time.perf_counter`."""
    return _EPOCH_S + clock_s


class Connections:
    """At most `most` kept connections to the gateway at `url`."""

    def __init__(self, url: str, most: int, *, timeout_s: float) -> None:
        self._base = urlsplit(url).path.rstrip("/")
        self._client = HTTPClient.from_url(
            url,
            concurrency=most,
            connection_timeout=CONNECT_S,
            network_timeout=timeout_s,
            block_size=BLOCK_BYTES,
        )

    def post(self, path: str, body: bytes, headers: Mapping[str, str], seen: dict[str, Any]) -> None:
        """Make one call, and record it in `seen` as it proceeds, so that an interrupted call is recorded too.

        key          meaning
        started      seconds since 1970 when the request left
        status       HTTP status; None without an answer
        headers      of the answer: LiteLLM's own, and the content type
        body         the answer's bytes, one character a byte
        pieces       streams: [seconds since `started`, bytes] of each event as it arrived
        error        the error, if any
        latency_s    seconds until the last byte
        """
        begin = time.perf_counter()
        seen |= {
            "started": epoch_s(begin),
            "status": None,
            "headers": {},
            "body": "",
            "pieces": None,
            "error": None,
        }
        try:
            response = self._client.request("POST", self._base + path, body, headers)
            seen["status"] = response.status_code
            seen["headers"] = kept = {
                name: value
                for name, value in response.info().iterlower()
                if name.startswith("x-litellm-") or name == "content-type"
            }
            if kept.get("content-type", "").startswith("text/event-stream"):
                _read_stream(response, begin, seen)
            else:
                seen["body"] = response.read().decode("latin-1")
        except (OSError, HTTPParseError) as exc:
            seen["error"] = f"{type(exc).__name__}: {exc}".rstrip(": ")
        except BaseException:
            seen["error"] = LEFT
            raise
        finally:
            seen["latency_s"] = time.perf_counter() - begin


class Caller:
    """Makes a job's calls over at most `connections` kept connections."""

    def __init__(self, job: Job, key: str, connections: int) -> None:
        self._job = job
        self._headers = headers_of(key)
        self._connections = Connections(job.url, connections, timeout_s=job.timeout_s)

    def call(self, request: Request, seen: dict[str, Any]) -> None:
        """Make one call, and record it in `seen`, as `Connections.post` does."""
        self._connections.post(CHAT, self._body(request), self._headers, seen)

    def _body(self, request: Request) -> bytes:
        prompt = self._job.prompts[request.prompt]
        if self._job.tag is not None:
            prompt = f"{prompt} [{self._job.tag}-{request.number}]"
        body = {"model": request.model, "messages": [{"role": "user", "content": prompt}], **self._job.body}
        if request.stream:
            # A stream reports tokens and cost only in its last event, and only on request.
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return json.dumps(body).encode()


def headers_of(key: str) -> dict[str, str]:
    """The headers of a request with this key."""
    return {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}


def _read_stream(response: HTTPSocketPoolResponse, begin: float, seen: dict[str, Any]) -> None:
    """Read line by line, since an event is complete when its line is."""
    text = bytearray()
    pieces: list[list[float]] = []
    try:
        while line := response.readline(b"\n"):
            text += line
            if pieces and not line.strip():
                pieces[-1][1] += len(line)  # the empty line that ends an event
            else:
                pieces.append([time.perf_counter() - begin, len(line)])
        if rest := response.read():
            text += rest
            pieces.append([time.perf_counter() - begin, len(rest)])
    finally:
        seen |= {"body": text.decode("latin-1"), "pieces": pieces}
