"""Models that a test adds to the running gateway, with its master key."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator

import httpx


@contextlib.contextmanager
def added_bedrock_model(gateway_url: str, model: str) -> Iterator[str]:
    """The name of a new model of the gateway, which is this one of simulated Bedrock."""
    headers = {"authorization": f"Bearer {os.environ['LITELLM_MASTER_KEY']}"}
    name = f"test-{uuid.uuid4().hex[:8]}"
    deployment = {
        "model": model,
        "aws_access_key_id": "sim-bedrock",
        "aws_secret_access_key": "simulated",
        "aws_region_name": "us-east-1",
        "aws_bedrock_runtime_endpoint": os.environ["PROVIDERS_URL"],
    }
    with httpx.Client(base_url=gateway_url, headers=headers, timeout=60) as admin:
        made = admin.post("/model/new", json={"model_name": name, "litellm_params": deployment}).json()
        try:
            yield name
        finally:
            admin.post("/model/delete", json={"id": made["model_id"]})
