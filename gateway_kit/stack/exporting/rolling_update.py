"""A script that replaces the gateways one by one, without losing a request."""

from __future__ import annotations

from collections.abc import Sequence

_SCRIPT = """\
#!/bin/sh
# Replaces the gateways one by one, by what .env, compose.yaml and config.yaml say now. No request is lost:
# the balancer stops sending to a gateway before that one is told to end, and sends to it again once it is ready.
set -eu
cd "$(dirname "$0")"
# The balancer's user has to be able to read the file.
umask 022
routing=balancer/routing.yml

# The balancer reads the file at once: it must never see half of one.
send() {
  cat > balancer/next
  mv balancer/next "$routing"
}

all=$(cat "$routing")
# Should a step fail, the others go on, and the balancer leaves out what is not ready.
trap 'printf "%s\\n" "$all" | send' EXIT

docker compose run --rm migrate
for gateway in {names}; do
  printf '%s\\n' "$all" | grep -v "http://$gateway:4000" | send
  sleep "${SETTLE_S:-2}"
  docker compose up --detach --no-deps --force-recreate --wait "$gateway"
  printf '%s\\n' "$all" | send
  # Until the balancer has seen that it is ready.
  sleep "${SETTLE_S:-5}"
  echo "$gateway is new"
done
"""


def rolling_update(names: Sequence[str]) -> str:
    """The script for these gateways."""
    return _SCRIPT.replace("{names}", " ".join(names))
