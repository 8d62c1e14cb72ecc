#!/usr/bin/env bash
# Runs at each start of the container, or by hand if a service is missing: starts what is not running and restarts what
# is unhealthy.
set -euo pipefail
cd "$(dirname "$0")/.."
export GATEWAY_HOME=${GATEWAY_HOME:-/opt/llm_gateway}
if [ ! -w "$GATEWAY_HOME" ] || [ ! -x .venv/bin/gateway-kit ]; then
    .devcontainer/postCreate.sh
fi
# Exit code 3: the gateway is up, but an optional service did not start.
code=0
.venv/bin/gateway-kit up "$@" || code=$?
if [ "$code" -ne 0 ] && [ "$code" -ne 3 ]; then
    exit "$code"
fi
if [ -n "${CODESPACE_NAME:-}" ]; then
    domain=${GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN:-app.github.dev}
    url=$(.venv/bin/gateway-kit status --json | .venv/bin/python -c \
        'import json, sys; print(next(row["url"] for row in json.load(sys.stdin) if row["service"] == "gateway"))')
    case $url in
    http://127.0.0.1:*) echo "Admin UI of this Codespace: https://$CODESPACE_NAME-${url##*:}.$domain/ui" ;;
    *) echo "Admin UI: $url/ui" ;; # a gateway that is not the kit's
    esac
fi
.venv/bin/gateway-kit lessons copy || true # some may be new or newer; it says what is wrong
exit "$code"
