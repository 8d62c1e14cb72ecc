"""One call over HTTP, and what was seen of it.

Below Locust's FastHttpUser lies geventhttpclient, which is used here directly: FastHttpUser reads a stream in blocks
of a fixed size, so that nobody can tell when its first token came, and takes half as much time again per call.
"""

from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlsplit

from geventhttpclient.client import HTTPClient
from geventhttpclient.response import HTTPParseError, HTTPSocketPoolResponse

from gateway_kit.stack.servers.load_generator.job import Job
from gateway_kit.stack.servers.load_generator.sequence import Ask

CONNECT_S = 10.0
# Large, since most answers then come with one read.
BLOCK_BYTES = 65536

# Times are read from a clock that never jumps, and told as seconds since 1970 by this difference.
_EPOCH_S = time.time() - time.perf_counter()


def epoch_s(clock_s: float) -> float:
    """Seconds since 1970 at a reading of `time.perf_counter`."""
    return _EPOCH_S + clock_s


class Caller:
    """Makes calls over kept connections, `connections` of them at the most."""

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

    def call(self, ask: Ask, seen: dict[str, Any]) -> None:
        """Make one call, and write what was seen into `seen` as it comes, so that an interrupted call has it too.

        key          meaning
        started      seconds since 1970 when the request left
        status       HTTP status; None where no answer came
        headers      of the answer: LiteLLM's own, and the content type
        body         the answer's bytes, one character a byte
        pieces       streams: [seconds since `started`, bytes] of each event as it arrived
        error        what broke, where something did
        latency_s    seconds until the last byte
        """
        body = self._body(ask)
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

    def _body(self, ask: Ask) -> bytes:
        prompt = self._job.prompts[ask.prompt]
        if self._job.tag is not None:
            prompt = f"{prompt} [{self._job.tag}-{ask.number}]"
        body = {"model": ask.model, "messages": [{"role": "user", "content": prompt}], **self._job.body}
        if ask.stream:
            # Tokens and cost of a stream are told in its last event only, and only to who asks for it.
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        return json.dumps(body).encode()


def _read_stream(response: HTTPSocketPoolResponse, begin: float, seen: dict[str, Any]) -> None:
    """Read line by line: an event is known to be whole as soon as its line is."""
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
