#!/usr/bin/env bash
# At each start of the container, and by hand when a service is missing: starts what does not run, heals what is ill.
set -euo pipefail
cd "$(dirname "$0")/.."
export GATEWAY_HOME=${GATEWAY_HOME:-/opt/llm_gateway}
if [ ! -w "$GATEWAY_HOME" ] || [ ! -x .venv/bin/gateway-kit ]; then
    .devcontainer/postCreate.sh
fi
.venv/bin/gateway-kit up "$@"
if [ -n "${CODESPACE_NAME:-}" ]; then
    domain=${GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN:-app.github.dev}
    echo "Admin UI of this Codespace: https://$CODESPACE_NAME-4000.$domain/ui"
fi
