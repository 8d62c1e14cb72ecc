"""What every test of a provider's own SDK gets: where the simulator or the gateway is.

These tests run in .venv/sdks, where the SDKs are in their newest versions, and import nothing of the kit.
"""

from __future__ import annotations

import os

import pytest


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
