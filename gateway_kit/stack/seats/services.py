"""What a workshop runs besides its seats: the store of results, the hub, its proxy, what seats share."""

from __future__ import annotations

import sys
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from gateway_kit.common.environment import digest, minimal_env
from gateway_kit.settings import HOST, Settings
from gateway_kit.stack.seats.hub_secrets import HubSecrets
from gateway_kit.stack.seats.options import ServeOptions, hub_folder
from gateway_kit.stack.seats.place import fork_socket
from gateway_kit.stack.services.credentials import Credentials
from gateway_kit.stack.services.fork_server import can_listen, fork_server_service
from gateway_kit.stack.services.models import chat_model_service, embeddings_service
from gateway_kit.stack.services.postgres import own_database_url, postgres_service
from gateway_kit.stack.services.programs import HUB_FOLDER, code_digest, node
from gateway_kit.stack.services.tracing import own_tracing_url, tracestore_service
from gateway_kit.stack.supervisor.probes import http_ok
from gateway_kit.stack.supervisor.process import Service
from gateway_kit.workshop.errors import WorkshopError

_PROXY = HUB_FOLDER / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
_SEATS = Path(__file__).parent


def check_installed() -> None:
    """Raise WorkshopError unless what serves seats is installed."""
    missing = [
        name for name in ("jupyterhub", "jupyterhub_idle_culler", "jupyterlab") if find_spec(name) is None
    ]
    if missing or not _PROXY.is_file():
        what = ", ".join(missing) or "configurable-http-proxy"
        raise WorkshopError(f"{what} is not installed, which serves seats. Run: make workshop")


def store_settings(folder: Path, options: ServeOptions) -> Settings:
    """Folder and ports of the workshop's store of results."""
    return Settings(home=folder / "store", port_offset=options.port_offset)


def own_store_url(folder: Path, options: ServeOptions) -> str:
    """Where the workshop's own store of results answers."""
    return own_tracing_url(store_settings(folder, options))


def workshop_services(
    folder: Path, options: ServeOptions, secrets: HubSecrets, keys: Credentials | None
) -> dict[str, Service]:
    """The workshop's own services by name; `keys` are the store's, None if results go to somebody else's store."""
    store = store_settings(folder, options)
    services = [
        chat_model_service(store),
        embeddings_service(store),
        _proxy(folder, options, secrets),
        _hub(folder, options, secrets),
    ]
    socket = fork_socket(folder)
    if can_listen(socket):
        log = hub_folder(folder) / "logs" / "fork-server.log"
        services.append(fork_server_service(socket, log, any_user=options.own_users))
    if keys is not None:
        url = own_database_url(store, keys)
        services += [
            postgres_service(store, keys),
            tracestore_service(store, keys, database_url=url, own_postgres=True),
        ]
    if options.cull_after_minutes is not None:
        services.append(_culler(folder, options, secrets))
    return {service.name: service for service in services}


def _proxy(folder: Path, options: ServeOptions, secrets: HubSecrets) -> Service:
    hub = f"http://{HOST}:{options.hub_port}"
    argv = (
        str(node()), str(_PROXY),
        "--ip", options.listen, "--port", str(options.port),
        "--api-ip", HOST, "--api-port", str(options.proxy_api_port),
        "--default-target", hub, "--error-target", f"{hub}/hub/error", "--log-level", "warn",
        *(["--ssl-cert", options.tls_cert] if options.tls_cert else []),
        *(["--ssl-key", options.tls_key] if options.tls_key else []),
    )  # fmt: skip
    api = f"http://{HOST}:{options.proxy_api_port}/api/routes"
    token = {"Authorization": f"token {secrets.proxy_token}"}
    return Service(
        name="proxy",
        argv=argv,
        env=minimal_env(CONFIGPROXY_AUTH_TOKEN=secrets.proxy_token),
        port=options.port,
        url=options.bind_url,
        log_path=hub_folder(folder) / "logs" / "proxy.log",
        ready=lambda: http_ok(api, headers=token),
        identity=digest(*argv, secrets.proxy_token),
        version="",
    )


def _hub(folder: Path, options: ServeOptions, secrets: HubSecrets) -> Service:
    url = f"http://{HOST}:{options.hub_port}"
    argv = (sys.executable, "-P", "-m", "jupyterhub", "--config", str(_SEATS / "hub_config.py"))
    code = code_digest(*sorted(_SEATS.glob("*.py")), _SEATS / "templates")
    return Service(
        name="hub",
        argv=argv,
        env=minimal_env(GATEWAY_WORKSHOP=str(folder)),
        port=options.hub_port,
        url=url,
        log_path=hub_folder(folder) / "logs" / "hub.log",
        ready=lambda: http_ok(f"{url}/hub/health"),
        requires=("proxy",),
        identity=digest(*argv, repr(options), secrets.cookie_secret, secrets.proxy_token, code),
        version=version("jupyterhub"),
    )


def _culler(folder: Path, options: ServeOptions, secrets: HubSecrets) -> Service:
    idle_s = 60 * (options.cull_after_minutes or 0)
    argv = (
        sys.executable, "-P", "-m", "jupyterhub_idle_culler", f"--timeout={idle_s}",
        f"--cull-every={min(60, idle_s // 2)}", f"--url=http://{HOST}:{options.hub_port}/hub/api",
    )  # fmt: skip
    return Service(
        name="culler",
        argv=argv,
        env=minimal_env(JUPYTERHUB_API_TOKEN=secrets.culler_token),
        port=0,
        url="",
        log_path=hub_folder(folder) / "logs" / "culler.log",
        ready=lambda: True,
        requires=("hub",),
        identity=digest(*argv, secrets.culler_token),
        version=version("jupyterhub-idle-culler"),
    )
