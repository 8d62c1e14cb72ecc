"""One call of a log, whatever wrote the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["chat", "completions", "embeddings", "responses"]

# Where a call of each kind is sent, below the gateway's address.
PATHS: Mapping[Kind, str] = {
    "chat": "/v1/chat/completions",
    "completions": "/v1/completions",
    "embeddings": "/v1/embeddings",
    "responses": "/v1/responses",
}


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One call as its log has it; None where the log does not say.

    number             its place in order of time, from 0
    line               its line in the file, from 1; for a JSON array the number of its object
    at                 seconds since 1970, UTC, when it was made
    kind               which of the gateway's endpoints
    model              the name that was asked for, after `--map`
    body               the request, without `model` and `stream`; None if the log has no texts
    stream             was a stream asked for
    key, team, user    who asked: the key's alias (else its hash), the team's alias or id, the end user
    tags               what it was for: LiteLLM's tags, Langfuse's
    prompt_tokens      all input tokens, cached ones included
    completion_tokens  all output tokens, reasoning included
    cached_tokens      of the input, read from the provider's cache
    cache_write_tokens of the input, written to the provider's cache
    reasoning_tokens   of the output
    latency_s          seconds until the last byte
    ttft_s             streams: seconds until the first content
    cost_usd           US dollars charged
    status             HTTP status
    error              short text
    cache_hit          did the gateway's own cache answer
    provider_model     the provider's name of the model that answered, as LiteLLM writes it (`azure/gpt-4o`)
    deployment         id of the deployment that answered
    """

    number: int
    line: int
    at: float | None
    kind: Kind
    model: str
    body: Mapping[str, Any] | None = field(repr=False)
    stream: bool = False
    key: str | None = None
    team: str | None = None
    user: str | None = None
    tags: tuple[str, ...] = ()
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    latency_s: float | None = None
    ttft_s: float | None = None
    cost_usd: float | None = None
    status: int | None = None
    error: str | None = None
    cache_hit: bool | None = None
    provider_model: str | None = None
    deployment: str | None = None
