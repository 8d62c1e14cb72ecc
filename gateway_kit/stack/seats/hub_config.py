"""JupyterHub's configuration, made from what `gateway-kit workshop serve` keeps; the hub executes this file."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gateway_kit.settings import HOST
from gateway_kit.stack.seats.authenticator import SeatAuthenticator
from gateway_kit.stack.seats.hub_secrets import read_secrets
from gateway_kit.stack.seats.options import hub_folder, read_options
from gateway_kit.stack.seats.signing_in import FACILITATOR, first_page
from gateway_kit.stack.seats.spawner import SeatSpawner
from gateway_kit.workshop.record import load

if TYPE_CHECKING:
    from gateway_kit.stack.seats.hub_secrets import HubSecrets
    from gateway_kit.stack.seats.options import ServeOptions

CULLER = "cull-idle"
# Starting a stack takes some ten seconds, and with a full room a seat waits for those before it.
START_TIMEOUT_S = 1800
# How soon what ended of a seat's stack is noticed.
POLL_S = 5


def configure(c: Any, folder: Path, options: ServeOptions, secrets: HubSecrets) -> None:
    """Fill in the hub's configuration object."""
    hub = hub_folder(folder)
    c.JupyterHub.bind_url = options.bind_url
    c.JupyterHub.hub_ip, c.JupyterHub.hub_port = HOST, options.hub_port
    c.JupyterHub.db_url = f"sqlite:///{hub / 'hub.sqlite'}"
    c.JupyterHub.cookie_secret = bytes.fromhex(secrets.cookie_secret)
    c.JupyterHub.template_paths = [str(Path(__file__).parent / "templates")]
    c.JupyterHub.data_files_path = str(Path(sys.prefix, "share", "jupyterhub"))
    # A hub that ends leaves proxy and seats alone, and the next one takes them over.
    c.JupyterHub.cleanup_servers = False
    c.ConfigurableHTTPProxy.should_start = False
    c.ConfigurableHTTPProxy.api_url = f"http://{HOST}:{options.proxy_api_port}"
    c.ConfigurableHTTPProxy.auth_token = secrets.proxy_token

    c.JupyterHub.authenticator_class = SeatAuthenticator
    c.SeatAuthenticator.workshop = str(folder)
    # Known from the start, so that the facilitator can start all seats before the first person comes.
    c.SeatAuthenticator.allowed_users = {seat.name for seat in load(folder).seats}
    c.SeatAuthenticator.allow_all = True  # whom the record names, also of seats that were added since
    c.SeatAuthenticator.admin_users = {FACILITATOR}

    c.JupyterHub.spawner_class = SeatSpawner
    c.SeatSpawner.workshop = str(folder)
    c.SeatSpawner.start_timeout = START_TIMEOUT_S
    c.SeatSpawner.http_timeout = 180
    c.SeatSpawner.poll_interval = POLL_S
    c.SeatSpawner.env_keep = []
    c.JupyterHub.allow_named_servers = False
    c.JupyterHub.concurrent_spawn_limit = 0  # the spawner lets as many start at once as there are cores
    c.JupyterHub.default_url = first_page
    # The page with the start's progress is shown at once.
    c.JupyterHub.tornado_settings = {"slow_spawn_timeout": 0}
    c.JupyterHub.last_activity_interval = 30

    c.JupyterHub.services = [{"name": CULLER, "api_token": secrets.culler_token}]
    c.JupyterHub.load_roles = [
        {
            "name": CULLER,
            "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
            "services": [CULLER],
        }
    ]


def _configure(c: Any) -> None:
    folder = Path(os.environ["GATEWAY_WORKSHOP"])
    options, secrets = read_options(folder), read_secrets(folder)
    if options is None or secrets is None:
        sys.exit(f"{hub_folder(folder)} has no options or secrets. Run: gateway-kit workshop serve")
    configure(c, folder, options, secrets)


if "get_config" in globals():  # the hub gives it to the file that it executes
    _configure(globals()["get_config"]())
