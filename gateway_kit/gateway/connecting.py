"""`connect()`: finds a gateway that answers."""

from __future__ import annotations

import warnings

from gateway_kit.common.failed_cells import explain_missing_names
from gateway_kit.common.joined import joined_home
from gateway_kit.errors import IncompleteStackWarning
from gateway_kit.gateway.client import DEFAULT_MODEL, DEFAULT_TIMEOUT_S, Gateway
from gateway_kit.litellm_api.connection import check_reachable, resolve_connection


def connect(
    api_key: str | None = None,
    url: str | None = None,
    *,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    model: str = DEFAULT_MODEL,
) -> Gateway:
    """Find a gateway that answers: by the arguments, else the environment, else the local stack.

    Warns (IncompleteStackWarning) of each service of the local stack that does not run. In a notebook, a later cell
    that lacks a name says which cell before it failed to set it.

    Args:
        api_key: the virtual key that calls are made with; GATEWAY_API_KEY by default.
        url: the gateway's address; GATEWAY_URL by default.
        timeout_s: how long a call may take until the next bytes arrive; with GATEWAY_PATIENCE so many times as long.
        model: the model that is asked if a call names none.

    Raises:
        GatewayUnreachableError: nothing answers.
        SettingsError: the address is known and no key.

    Example:
        >>> gateway = connect()                                        # the stack that `gateway-kit up` started
        >>> gateway = connect("sk-…", "https://gateway.example.com")   # any other LiteLLM proxy
    """
    explain_missing_names()
    connection = resolve_connection(api_key, url)
    check_reachable(connection.url)
    for sentence in connection.missing:
        warnings.warn(sentence, IncompleteStackWarning, stacklevel=2)
    gateway = Gateway(connection, timeout_s=timeout_s, model=model)
    if (home := joined_home()) is not None:
        from gateway_kit.workshop.lesson import report_connect

        report_connect(home, gateway.calls.totals)
    return gateway
