"""The providers' own SDKs, in their newest versions, take the simulator for the provider."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sdk_environment import SDK_TESTS, run_sdk_tests

from gateway_kit.gateway.providers import Providers

FILES = sorted((SDK_TESTS / "direct").glob("test_*.py"))
# Importing an SDK takes seconds, so one process runs all files of an SDK: test_SDK.py and test_SDK_*.py.
SDKS = sorted({path.stem.split("_")[1] for path in FILES})


@pytest.mark.parametrize("sdk", SDKS)
def test_an_sdk_takes_the_simulator_for_the_provider(
    sdk: str, quick: Providers, service_account: Callable[[str], str], tmp_path: Path
) -> None:
    account = tmp_path / "service-account.json"
    account.write_text(json.dumps(json.loads(service_account("sim-vertex"))))
    run_sdk_tests(
        [path for path in FILES if path.stem.split("_")[1] == sdk],
        SIM_BASE=quick.url,
        GOOGLE_APPLICATION_CREDENTIALS=str(account),
    )
