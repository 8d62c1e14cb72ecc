"""The Langfuse SDK as a user has it, with the trace store as its server.

The same files run with both lines of the SDK that a server of version 4 is used with: tests/stack/tracestore/
test_sdk_lines.py starts them. The lines share one store, so names are made unique with the fixture `unique`.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Iterator

import pytest
from langfuse import Langfuse


@pytest.fixture(scope="session")
def line() -> int:
    """The SDK's major version."""
    return int(os.environ["LANGFUSE_LINE"])


@pytest.fixture(scope="session")
def langfuse() -> Iterator[Langfuse]:
    """The client, configured by the environment alone. What it sends is in the store after `flush`."""
    client = Langfuse()
    yield client
    client.shutdown()


@pytest.fixture
def unique() -> Callable[[str], str]:
    """Makes a name of its own for this test, the same one for the same word."""
    suffix = uuid.uuid4().hex[:8]
    return lambda word: f"{word}-{suffix}"
