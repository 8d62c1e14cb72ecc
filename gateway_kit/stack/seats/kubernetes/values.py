"""The values file for the chart, and the secret that goes beside it: no code and no key stands in the values."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway_kit.stack.lab import FIRST_PAGE
from gateway_kit.stack.seats import signing_in, tries
from gateway_kit.stack.seats.kubernetes import facts, hub_part
from gateway_kit.stack.seats.signing_in import FACILITATOR
from gateway_kit.workshop.membership import join_code
from gateway_kit.workshop.record import Store, Workshop

Values = dict[str, Any]

_PYTHON = f"{facts.KIT}/.venv/bin/python"
# Where the chart has the hub's configuration: what lies there can be imported.
_HUB_CODE = "/usr/local/etc/jupyterhub"


@dataclass(frozen=True)
class Wanted:
    """What the facilitator chooses: the image as the cluster will pull it, and the address that attendees open."""

    image: str
    tag: str
    address: str = ""
    storage: str = facts.STORAGE


def chart_values(workshop: Workshop, wanted: Wanted) -> Values:
    """The values for the chart; `facts` has the versions that they are written for."""
    return {
        "hub": _hub(),
        "proxy": _proxy(wanted.address),
        "singleuser": _seat(workshop, wanted),
        "cull": {"enabled": True, "timeout": facts.IDLE_S, "every": 300, "users": False},
        # Every node has the image before the first attendee comes.
        "prePuller": {"hook": {"enabled": True}, "continuous": {"enabled": True}},
    }


def seats_secret(workshop: Workshop, facilitator_code: str) -> Values:
    """The Kubernetes secret with every seat's code and join code."""
    seats = {
        seat.name: {"code": seat.code, "join": join_code(workshop, seat.name)} for seat in workshop.seats
    }
    held = {
        "workshop": workshop.name,
        "until": workshop.until.isoformat(),
        "facilitator_code": facilitator_code,
        "seats": seats,
    }
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": facts.SEATS_SECRET},
        "type": "Opaque",
        "stringData": {Path(facts.SEATS_FILE).name: json.dumps(held, indent=1) + "\n"},
    }


def _hub() -> Values:
    return {
        "config": {
            "JupyterHub": {
                "authenticator_class": f"{hub_part.__name__}.{hub_part.PodAuthenticator.__name__}"
            },
            "PodAuthenticator": {
                "seats_file": facts.SEATS_FILE,
                "allow_all": True,
                "admin_users": [FACILITATOR],
            },
        },
        "extraConfig": {
            "seats": (
                f"from {hub_part.__name__} import give_join_code\n"
                f"from {signing_in.__name__} import first_page\n"
                "c.Spawner.pre_spawn_hook = give_join_code\n"
                "c.JupyterHub.default_url = first_page\n"
            )
        },
        "extraFiles": {
            module.__name__.rpartition(".")[2]: {
                "mountPath": f"{_HUB_CODE}/{module.__name__.replace('.', '/')}.py",
                "stringData": Path(str(module.__file__)).read_text(),
            }
            for module in (tries, signing_in, hub_part)
        },
        "extraVolumes": [{"name": "seats", "secret": {"secretName": facts.SEATS_SECRET}}],
        "extraVolumeMounts": [
            {"name": "seats", "mountPath": str(Path(facts.SEATS_FILE).parent), "readOnly": True}
        ],
        "allowNamedServers": False,
        "concurrentSpawnLimit": 20,
        "db": {"type": "sqlite-pvc", "pvc": {"storage": "1Gi"}},
    }


def _proxy(address: str) -> Values:
    """TLS with a certificate of the facilitator's, if attendees open an https address."""
    if not address.startswith("https://"):
        return {"https": {"enabled": False}}
    host = urlsplit(address).hostname
    return {
        "https": {"enabled": True, "type": "secret", "hosts": [host], "secret": {"name": facts.TLS_SECRET}}
    }


def _seat(workshop: Workshop, wanted: Wanted) -> Values:
    program = [_PYTHON, "-Pm", f"{hub_part.__name__.rpartition('.')[0]}.seat_pod"]
    return {
        "image": {"name": wanted.image, "tag": wanted.tag, "pullPolicy": "IfNotPresent"},
        "cmd": program,
        "uid": facts.UID,
        "fsGid": facts.UID,
        "defaultUrl": FIRST_PAGE,
        # The first start on a node pulls the image, which is large.
        "startTimeout": 900,
        "memory": {"guarantee": facts.MEMORY_GUARANTEE, "limit": facts.MEMORY_LIMIT},
        "cpu": {"guarantee": facts.CPU_GUARANTEE, "limit": facts.CPU_LIMIT},
        "storage": {"type": "dynamic", "capacity": wanted.storage, "homeMountPath": facts.HOME},
        # The database is written out before the pod ends.
        "lifecycleHooks": {"preStop": {"exec": {"command": [*program, "--end"]}}},
        "networkPolicy": _network(workshop.store),
    }


def _network(store: Store) -> Values:
    """What a seat may reach: the hub and names, which the chart allows by itself, and the store of results."""
    parts = urlsplit(store.url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    allow = {"cloudMetadataServer": False, "privateIPs": False, "nonPrivateIPs": False}
    try:
        number = ipaddress.ip_address(parts.hostname or "")
    except ValueError:  # a name, which may lead anywhere
        return {"enabled": True, "egressAllowRules": {**allow, "nonPrivateIPs": True}}
    egress: list[Mapping[str, Any]] = []
    if not number.is_loopback and not number.is_unspecified:
        block = f"{number}/{number.max_prefixlen}"
        egress = [{"to": [{"ipBlock": {"cidr": block}}], "ports": [{"port": port, "protocol": "TCP"}]}]
    return {"enabled": True, "egress": egress, "egressAllowRules": allow}
