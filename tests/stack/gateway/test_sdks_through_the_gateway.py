"""The SDKs that reach every provider through the gateway."""

from __future__ import annotations

import pytest
from sdk_environment import SDK_TESTS, run_sdk_tests

THROUGH = sorted(path.name for path in (SDK_TESTS / "gateway").glob("test_*.py"))


@pytest.mark.parametrize("file", THROUGH)
def test_an_sdk_reaches_the_simulated_providers_through_the_gateway(
    file: str, stack_env: dict[str, str]
) -> None:
    names = ("GATEWAY_URL", "GATEWAY_API_KEY", "LITELLM_MASTER_KEY")
    run_sdk_tests(SDK_TESTS / "gateway" / file, **{name: stack_env[name] for name in names})
