"""The SDKs that reach every provider through the gateway."""

from __future__ import annotations

import pytest
from sdk_environment import SDK_TESTS, run_sdk_tests

FILES = sorted((SDK_TESTS / "gateway").glob("test_*.py"))
SDKS = sorted({path.stem.split("_")[1] for path in FILES})


@pytest.mark.parametrize("sdk", SDKS)
def test_an_sdk_reaches_the_simulated_providers_through_the_gateway(
    sdk: str, stack_env: dict[str, str]
) -> None:
    names = ("GATEWAY_URL", "GATEWAY_API_KEY", "LITELLM_MASTER_KEY", "PROVIDERS_URL")
    run_sdk_tests(
        [path for path in FILES if path.stem.split("_")[1] == sdk],
        **{name: stack_env[name] for name in names},
    )
