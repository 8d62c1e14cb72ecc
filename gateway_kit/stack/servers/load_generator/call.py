"""One call over HTTP, and its record.

It uses geventhttpclient, on which Locust's FastHttpUser is built: FastHttpUser reads streams in blocks of a fixed size,
so that the time of the first token is lost, and takes half as long again per call.
"""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlsplit

from geventhttpclient.client import HTTPClient
from geventhttpclient.response import HTTPParseError, HTTPSocketPoolResponse

from gateway_kit.stack.servers.load_generator.job import Job
from gateway_kit.stack.servers.load_generator.sequence import Request

CONNECT_S = 10.0
# Large enough for most answers in one read.
BLOCK_BYTES = 65536

# Added to a monotonic clock, this gives seconds since 1970.
_EPOCH_S = time.time() - time.perf_counter()


def epoch_s(clock_s: float) -> float:
    """Seconds since 1970 at a reading of `time.perf_counter`."""
    return _EPOCH_S + clock_s


class Caller:
    """Makes calls over at most `connections` kept connections."""

    def __init__(self, job: Job, key: str, connections: int) -> None:
        self._job = job
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._path = f"{urlsplit(job.url).path.rstrip('/')}/v1/chat/completions"
        self._client = HTTPClient.from_url(
            job.url,
            concurrency=connections,
            connection_timeout=CONNECT_S,
            network_timeout=job.timeout_s,
            block_size=BLOCK_BYTES,
        )

    def call(self, request: Request, seen: dict[str, Any]) -> None:
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
        body = self._body(request)
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
            response = self._client.request("POST", self._path, body, self._headers)
            seen["status"] = response.status_code
            seen["headers"] = headers = {
                name: value
                for name, value in response.info().iterlower()
                if name.startswith("x-litellm-") or name == "content-type"
            }
            if headers.get("content-type", "").startswith("text/event-stream"):
                _read_stream(response, begin, seen)
            else:
                seen["body"] = response.read().decode("latin-1")
        except (OSError, HTTPParseError) as exc:
            seen["error"] = f"{type(exc).__name__}: {exc}".rstrip(": ")
        except BaseException:
            seen["error"] = "left by the caller before its end"
            raise
        finally:
            seen["latency_s"] = time.perf_counter() - begin

    def _body(self, request: Request) -> bytes:
        prompt = self._job.prompts[request.prompt]
        if self._job.tag is not None:
            prompt = f"{prompt} [{self._job.tag}-{request.number}]"
        body = {"model": request.model, "messages": [{"role": "user", "content": prompt}], **self._job.body}
        if request.stream:
            # A stream reports tokens and cost only in its last event, and only on request.
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return json.dumps(body).encode()


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
