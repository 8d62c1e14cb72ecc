#!/bin/sh
# Create .venv from the lock files: everything is pinned, every file is checked against its hash.
#
#   sh tools/setup.sh            what the stack and the lessons need
#   sh tools/setup.sh workshop   what a workshop's facilitator needs as well
#   sh tools/setup.sh dev        the development tools and all of the above
#
# In a folder that `make bundle` packed everything is taken from `bundle/`, without a network.
# Safe to repeat and to interrupt: the next run completes what is missing.
set -eu
cd "$(dirname "$0")/.."
locks="requirements.lock requirements-models.lock"
# Keep what earlier set-ups installed.
kind=lab
sdks=
if [ "${1:-}" = dev ] || [ -e .venv/.set-up-dev ]; then
    locks="$locks requirements-workshop.lock requirements-dev.lock"
    kind=dev
    sdks=yes
elif [ "${1:-}" = workshop ] || [ -e .venv/.set-up-workshop ]; then
    kind=workshop
    locks="$locks requirements-workshop.lock"
fi

# The versions of Python that the packages are there for: all that the kit runs on, or those of the bundle.
pythons="3.13 3.12 3.11"
if [ -d bundle ]; then
    packed=$(sed -n 's/^ *"pythons": "\([0-9. ]*\)".*/\1/p' bundle/manifest.json 2>/dev/null || true)
    pythons=${packed:-$pythons}
fi

# shellcheck disable=SC2086  # a list of versions
suits() { "$1" -c 'import sys; sys.exit("%d.%d" % sys.version_info[:2] not in sys.argv[1:])' $pythons 2>/dev/null; }

find_python() {
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if suits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    if [ -d bundle ]; then
        echo "This bundle was made for Python $pythons, which this machine lacks. Install that version, or set its path:" >&2
        echo "make lab PYTHON=/path/to/python3. Or make a bundle for another: make bundle BUNDLE_ARGS='--python 3.12'" >&2
        exit 1
    fi
    echo "gateway-kit needs Python 3.11, 3.12 or 3.13. On Fedora: dnf install -y python3.13; on Debian 12 or newer and" >&2
    echo "Ubuntu 24.04: apt-get install -y python3 python3-venv. Or set its path: make setup PYTHON=/path/to/python3" >&2
    exit 1
}

platform=$(uname -sm)
if [ "$platform" != "Linux x86_64" ] && [ -d bundle ]; then
    echo "This bundle was made for Linux x86_64; this is $platform. Use a machine of that kind, or a seat on a server." >&2
    exit 1
elif [ "$platform" != "Linux x86_64" ] && [ "$platform" != "Linux aarch64" ]; then
    echo "gateway-kit's embedded stack runs on Linux, on x86_64 and aarch64 (64-bit ARM); this is $platform. Open the" >&2
    echo "devcontainer or a Codespace." >&2
    exit 1
fi

# PYTHONDONTWRITEBYTECODE would prevent compiling bytecode at the end. The other variables would change where Python
# looks for modules, where pip and uv install packages, and which ones.
unset PYTHONDONTWRITEBYTECODE PYTHONPATH PYTHONHOME PYTHONSTARTUP
unset PIP_USER PIP_TARGET PIP_PREFIX PIP_ROOT PIP_REQUIRE_VIRTUALENV PIP_PYTHON PIP_CONSTRAINT PIP_NO_BINARY PIP_PLATFORM
unset UV_PYTHON UV_SYSTEM_PYTHON UV_CONSTRAINT UV_OVERRIDE UV_EXCLUDE_NEWER UV_NO_BINARY UV_COMPILE_BYTECODE UV_PROJECT
export UV_NO_PROGRESS=1 UV_PYTHON_DOWNLOADS=never PIP_DISABLE_PIP_VERSION_CHECK=1

started=$(date +%s)
python=$(find_python)
if [ -d bundle ]; then
    echo "set-up: checking the bundle"
    "$python" -B tools/check_bundle.py "$kind"
    unset UV_INDEX UV_DEFAULT_INDEX UV_INDEX_URL UV_EXTRA_INDEX_URL
    export UV_OFFLINE=1 UV_NO_INDEX=1 UV_FIND_LINKS=bundle/wheels
fi
"$python" -B tools/preflight.py
uv=$("$python" -B tools/get_uv.py)
# Use the system's certificates, because a corporate proxy has its own. If the system has none, uv uses its built-in ones.
if (cd tools && "$python" -B -c 'import sys, wheel_index; sys.exit(not wheel_index.has_certificates())'); then
    export UV_SYSTEM_CERTS=1
fi

# An interrupted set-up may have left an incomplete package that looks complete.
if [ -e .venv/.installing ] || ! suits .venv/bin/python || [ ! -f .venv/pyvenv.cfg ]; then
    echo "set-up: virtual environment ($("$python" --version))"
    rm -rf .venv
    "$uv" venv --quiet --python "$python" .venv
fi
touch .venv/.installing
echo "set-up: Python packages"
# shellcheck disable=SC2086  # a list of files
"$uv" pip sync --quiet --python .venv --require-hashes --only-binary :all: $locks
if [ -n "$sdks" ]; then
    # An environment of its own: the newest openai and LiteLLM cannot share one.
    suits .venv/sdks/bin/python || "$uv" venv --quiet --clear --python "$python" .venv/sdks
    "$uv" pip sync --quiet --python .venv/sdks --require-hashes --only-binary :all: requirements-sdks.lock
fi
echo "set-up: the kit itself"
"$uv" pip install --quiet --python .venv --no-deps --no-build-isolation --editable .
rm .venv/.installing
.venv/bin/python -m gateway_kit.stack.toolchain
case $locks in *workshop*) .venv/bin/python -m gateway_kit.stack.toolchain --workshop ;; esac
echo "set-up: done in $(($(date +%s) - started)) s"
