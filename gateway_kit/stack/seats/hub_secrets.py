"""What opens the hub: its proxy's token, the token of the service that ends idle seats, the facilitator's code."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, field
from pathlib import Path

from gateway_kit.common.private_files import read_private, write_private
from gateway_kit.stack.seats.options import hub_folder
from gateway_kit.workshop.errors import WorkshopError
from gateway_kit.workshop.record import new_code

FILE = "secrets.json"


@dataclass(frozen=True)
class HubSecrets:
    """The hub's secrets; made once, so that a hub that is started again knows its proxy and its users."""

    proxy_token: str = field(repr=False)
    culler_token: str = field(repr=False)
    cookie_secret: str = field(repr=False)
    facilitator_code: str = field(repr=False)


def make_secrets(folder: Path) -> HubSecrets:
    """Fresh secrets for the workshop in `folder`, kept for their owner alone. Raises OSError."""
    made = HubSecrets(
        proxy_token=secrets.token_hex(32),
        culler_token=secrets.token_hex(32),
        cookie_secret=secrets.token_hex(32),
        facilitator_code=f"{new_code()}-{new_code()}",
    )
    write_private(hub_folder(folder) / FILE, json.dumps(asdict(made), indent=1) + "\n")
    return made


def read_secrets(folder: Path) -> HubSecrets | None:
    """The kept secrets, None before the first `serve`. Raises WorkshopError for a damaged file."""
    path = hub_folder(folder) / FILE
    advice = f"Make new ones: rm {path} && gateway-kit workshop stop && gateway-kit workshop serve"
    text = read_private(path, advice)
    if text is None:
        return None
    try:
        return HubSecrets(**json.loads(text))
    except (ValueError, TypeError) as exc:
        raise WorkshopError(f"{path} is damaged ({type(exc).__name__}). {advice}") from exc
