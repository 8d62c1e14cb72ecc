"""Which reader knows a record, by its fields alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway_kit.rehearsal.traffic.problems import BadLine, shortened
from gateway_kit.rehearsal.traffic.readers.envelope import has_request, read_envelope
from gateway_kit.rehearsal.traffic.readers.kong import is_kong, read_kong
from gateway_kit.rehearsal.traffic.readers.langfuse import is_observation, read_observation
from gateway_kit.rehearsal.traffic.readers.own import is_own, read_own
from gateway_kit.rehearsal.traffic.readers.payload import is_payload, read_payload
from gateway_kit.rehearsal.traffic.readers.portkey import is_portkey, read_portkey
from gateway_kit.rehearsal.traffic.readers.prompts import has_prompt, read_prompt
from gateway_kit.rehearsal.traffic.readers.spend_log import is_spend_log, read_spend_log
from gateway_kit.rehearsal.traffic.reading import Fields, Reading
from gateway_kit.rehearsal.traffic.table import Row

Reader = Callable[[Mapping[str, Any], Reading], Fields | None]

# The first whose test holds reads the record.
READERS: tuple[tuple[str, Callable[[Mapping[str, Any]], bool], Reader], ...] = (
    ("gateway-kit", is_own, read_own),
    ("litellm-payload", is_payload, read_payload),
    ("litellm-spend", is_spend_log, read_spend_log),
    ("langfuse", is_observation, read_observation),
    ("kong", is_kong, read_kong),
    ("portkey", is_portkey, read_portkey),
    ("prompts", lambda record: isinstance(record, Row), read_prompt),
    ("openai", has_request, read_envelope),
    ("prompts", has_prompt, read_prompt),
    ("openai", lambda _: True, read_envelope),
)
FORMATS = tuple(dict.fromkeys(name for name, _, _ in READERS))


def reader_of(record: Any, only: str | None = None) -> tuple[str, Reader]:
    """The format's name and its reader."""
    if not isinstance(record, dict):
        raise BadLine("no object", f"not an object: {shortened(repr(record))}")
    for name, knows, read in READERS:
        if name == only or (only is None and knows(record)):
            return name, read
    raise BadLine("no request", f"no known record: {shortened(', '.join(map(str, record)), 100)}")
