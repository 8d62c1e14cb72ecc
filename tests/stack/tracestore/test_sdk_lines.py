"""The Langfuse SDK's own way through each part of the API, in both lines that a server of version 4 is used with.

A file of tests/sdks/tracestore/ is about one part. Importing the SDK takes seconds, so one process runs all of them.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sdk_environment import NEWEST, OWN, SDK_TESTS, run_sdk_tests

from .store_program import StoreProgram

FILES = sorted((SDK_TESTS / "tracestore").glob("test_*.py"))


@pytest.mark.parametrize(("line", "python"), [("4", OWN), ("5", NEWEST)], ids=["sdk4", "sdk5"])
def test_a_line_of_the_sdk_takes_the_store_for_langfuse(line: str, python: Path, store: StoreProgram) -> None:
    run_sdk_tests(
        FILES,
        python=python,
        LANGFUSE_LINE=line,
        LANGFUSE_BASE_URL=store.url,
        LANGFUSE_PUBLIC_KEY=store.public_key,
        LANGFUSE_SECRET_KEY=store.secret_key,
    )
