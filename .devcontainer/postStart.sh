#!/usr/bin/env bash
# At each start of the container, and by hand when a service is missing: starts what does not run, heals what is ill.
set -euo pipefail
cd "$(dirname "$0")/.."
export GATEWAY_HOME=${GATEWAY_HOME:-/opt/llm_gateway}
if [ ! -w "$GATEWAY_HOME" ] || [ ! -x .venv/bin/gateway-kit ]; then
    .devcontainer/postCreate.sh
fi
# 3: the gateway serves, and a service that it can do without did not start.
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
    *) echo "Admin UI: $url/ui" ;; # somebody else's gateway
    esac
fi
exit "$code"
