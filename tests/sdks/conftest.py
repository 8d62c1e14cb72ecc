"""What every test of a provider's own SDK gets: where the simulator or the gateway is.

These tests run in .venv/sdks, where the SDKs are in their newest versions, and import nothing of the kit.
"""

from __future__ import annotations

import functools
import os
import ssl
from importlib.util import find_spec

import pytest

# Each client of an SDK would load the certificates, which takes longer than its requests, none of which needs them.
ssl.create_default_context = functools.cache(ssl.create_default_context)
if find_spec("httpcore2"):
    import httpcore2

    httpcore2.default_ssl_context = functools.cache(httpcore2.default_ssl_context)


@pytest.fixture(scope="session")
def sim_base() -> str:
    """The simulator's address, such as http://127.0.0.1:4010."""
    return os.environ["SIM_BASE"]


@pytest.fixture(scope="session")
def gateway_url() -> str:
    """The address of a LiteLLM gateway in front of the simulator."""
    return os.environ["GATEWAY_URL"]


@pytest.fixture(scope="session")
def gateway_key() -> str:
    """A virtual key of that gateway."""
    return os.environ["GATEWAY_API_KEY"]
