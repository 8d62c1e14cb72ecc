"""Faults of the simulator for tests of the SDKs, which import nothing of the kit."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx


@contextlib.contextmanager
def fault(base: str, provider: str, **description: Any) -> Iterator[None]:
    """A fault of the provider for as long as the block runs."""
    made = httpx.post(f"{base}/_sim/faults", json={"provider": provider, **description}).json()
    try:
        yield
    finally:
        httpx.delete(f"{base}/_sim/faults/{made['id']}")
