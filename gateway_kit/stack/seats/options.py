"""How a workshop is served: addresses, ports and users, as `serve` was told and as the next one takes them up."""

from __future__ import annotations

import json
import socket
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from gateway_kit.common.private_files import read_private, write_private
from gateway_kit.settings import BASE_PORTS, HOST
from gateway_kit.stack.services.models import VARIABLES
from gateway_kit.workshop.errors import WorkshopError

FILE = "serve.json"
PORT = 8000
# Seats' stacks lie this far apart: no two services' ports differ by a multiple of it.
STEP = 97
FIRST_OFFSET = 1000
LOOPBACK = (HOST, "localhost", "::1")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  # recognised, not listened on

# The workshop's own services use the first offset's ports of services that it does not run.
_HUB, _PROXY_API = "lab", "gateway"


@dataclass(frozen=True)
class ServeOptions:
    """The choices of `serve`.

    `public_address` is what attendees open, if that is not where the proxy listens: a name, or the venue's own proxy.
    `port_offset` is the workshop's own; seat n's stack is `STEP` times n further. `cull_after_minutes` is None if
    idle seats go on; `own_users` says whether each seat is a system user of its own.
    """

    listen: str = HOST
    port: int = PORT
    port_offset: int = FIRST_OFFSET
    tls_cert: str | None = None
    tls_key: str | None = None
    public_address: str | None = None
    cull_after_minutes: int | None = None
    own_users: bool = False

    @property
    def address(self) -> str:
        """What attendees open in a browser."""
        return self.public_address or self._url(own_address() if self.listen in EVERYWHERE else self.listen)

    @property
    def bind_url(self) -> str:
        """Where the proxy listens."""
        return self._url(self.listen)

    @property
    def hub_port(self) -> int:
        """Where the hub listens, on 127.0.0.1, for its proxy and the seats' servers."""
        return BASE_PORTS[_HUB] + self.port_offset

    @property
    def proxy_api_port(self) -> int:
        """Where the proxy takes the hub's orders, on 127.0.0.1."""
        return BASE_PORTS[_PROXY_API] + self.port_offset

    @property
    def shared_models(self) -> dict[str, str]:
        """The variables that name the two real models, which keep nothing: all seats use the workshop's own."""
        return {
            variable: f"http://{HOST}:{BASE_PORTS[name] + self.port_offset}/v1"
            for name, variable in VARIABLES.items()
        }

    def _url(self, host: str) -> str:
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if self.tls_cert else 'http'}://{shown}:{self.port}"

    def seat_offset(self, seat: str) -> int:
        """The port offset of a seat's stack, from the number in its name."""
        return self.port_offset + STEP * int(seat.rpartition("-")[2])


def own_address() -> str:
    """This machine's address in the room's network: its first one of IPv4 that is not the loopback's."""
    up = {name for name, state in psutil.net_if_stats().items() if state.isup}
    for name, addresses in psutil.net_if_addrs().items():
        for address in addresses if name in up else []:
            if address.family == socket.AF_INET and not address.address.startswith("127."):
                return str(address.address)
    return HOST


def hub_folder(folder: Path) -> Path:
    """Where the hub of the workshop in `folder` keeps its secrets, its database and its logs."""
    return folder / "hub"


def write_options(folder: Path, options: ServeOptions) -> None:
    """Keep the options for the hub and for the next `serve`. Raises OSError."""
    write_private(hub_folder(folder) / FILE, json.dumps(asdict(options), indent=1) + "\n")


def read_options(folder: Path) -> ServeOptions | None:
    """The options of the last `serve`; None if there was none. Raises WorkshopError for a damaged file."""
    path = hub_folder(folder) / FILE
    advice = f"Remove it, and give the options again: rm {path}"
    text = read_private(path, advice)
    if text is None:
        return None
    try:
        return ServeOptions(**json.loads(text))
    except (ValueError, TypeError) as exc:
        raise WorkshopError(f"{path} is damaged ({exc}). {advice}") from exc
