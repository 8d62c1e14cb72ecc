"""What the export is written for, and how much a seat gets."""

from __future__ import annotations

# The chart Zero to JupyterHub, and the JupyterHub in it. A seat's own has to be of the same major version.
CHART_VERSION = "4.4.0"
HUB_VERSION = "5.5.0"
HUB_WHEEL_SHA256 = "2e38d1767742d41911cfc2160cad485eae2698f98ed291308c7d3be090c757a0"
BASE_IMAGE = "python:3.12.12-slim-bookworm"

UID = 1000
HOME = "/home/seat"
KIT = "/opt/gateway-kit"

# A pod shares nothing with others: what a seat costs on one server (docs/facilitator), and two models of its own, 370
# MB together. The limit leaves room for a second gateway and for large notebooks.
MEMORY_GUARANTEE, MEMORY_LIMIT = "1300M", "2500M"
# A seat computes while it starts and while load runs, and else next to nothing.
CPU_GUARANTEE, CPU_LIMIT = 0.25, 2
# The trace store keeps up to 2 GB of media, and PostgreSQL's log of changes may grow to 1 GB under load.
STORAGE = "5Gi"
IDLE_S = 2 * 3600  # longer than any break

SEATS_SECRET = "gateway-kit-seats"  # noqa: S105  # a name
TLS_SECRET = "gateway-kit-tls"  # noqa: S105  # a name
SEATS_FILE = "/etc/gateway-kit/seats.json"
