"""A service account for each Vertex AI deployment, which the simulator knows by the account's name.

Google's client signs a token with the account's RSA key before it calls Vertex AI, so there must be a real key; it
opens nothing but the simulator. All accounts of a translation share one.
"""

from __future__ import annotations

import functools
import json

from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.services.providers import google_account, new_rsa_key


def account_variable(draft: Draft, label: str, simulator_url: str) -> str:
    """The reference to a variable with the account of a deployment, which the draft's environment gets."""
    name = f"REHEARSAL_VERTEX_ACCOUNT_{sum(key.startswith('REHEARSAL_VERTEX_') for key in draft.env) + 1}"
    draft.env[name] = json.dumps(google_account(f"{simulator_url}/oauth/token", f"sim-{label}", _key()))
    return REFERENCE + name


@functools.cache
def _key() -> str:
    return new_rsa_key()
