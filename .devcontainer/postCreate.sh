#!/usr/bin/env bash
# Runs once per container: creates the state folder, installs everything and copies the lessons. Safe to repeat.
set -euo pipefail
cd "$(dirname "$0")/.."
home=${GATEWAY_HOME:-/opt/llm_gateway}
if [ ! -w "$home" ]; then
    as_root=$([ "$(id -u)" -eq 0 ] || echo sudo)
    $as_root mkdir -p "$home"
    $as_root chown "$(id -u):$(id -g)" "$home"
fi
chmod 700 "$home"
make setup
# The editor opens the first lesson's copy as soon as this script has ended.
.venv/bin/gateway-kit lessons copy || true # it says what is wrong
