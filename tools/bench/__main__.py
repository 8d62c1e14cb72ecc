"""Measure the kit, and print and save the results: `make bench` writes bench.json.

Absolute times on a shared machine are noise, but ratios within one run are not, so everything that is compared is
measured in interleaved rounds of the same run. To run some parts only: `python -m tools.bench start load`.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.bench import (
    balancer,
    book,
    bundle,
    caching,
    gateway_cpu,
    gateway_settings,
    generator,
    lessons,
    load,
    metrics,
    rehearsal_drive,
    rehearsal_traffic,
    replicas,
    reset,
    rolling,
    seats,
    setup,
    simulator,
    start,
    tracestore,
    tracing_outage,
    widgets,
    workshop_board,
)
from tools.bench.stack import on_own_stack

ROOT = Path(__file__).resolve().parents[2]

PARTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "balancer": balancer.measure,
    "setup": setup.measure,
    "book": book.measure,
    "bundle": bundle.measure,
    "start": start.measure,
    "lessons": lessons.measure,
    "load": load.measure,
    "caching": on_own_stack(caching.measure_on),
    "gateway_cpu": on_own_stack(gateway_cpu.measure_on),
    "generator": on_own_stack(generator.measure_on),
    "gateway_settings": on_own_stack(gateway_settings.measure_on),
    "metrics": metrics.measure,
    "rehearsal_drive": on_own_stack(rehearsal_drive.measure_on),
    "rehearsal_traffic": rehearsal_traffic.measure,
    "replicas": on_own_stack(replicas.measure_on),
    "reset": on_own_stack(reset.measure_on),
    "rolling": on_own_stack(rolling.measure_on),
    "seats": seats.measure,
    "simulator": simulator.measure,
    "tracestore": tracestore.measure,
    "tracing_outage": on_own_stack(tracing_outage.measure_on),
    "widgets": widgets.measure,
    "workshop_board": workshop_board.measure,
}


def main() -> None:
    """Run the chosen parts and write bench.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="default: all")
    parser.add_argument("--out", type=Path, default=ROOT / "bench.json")
    options = parser.parse_args()
    result: dict[str, Any] = {
        "measured": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "system": platform.platform(),
        },
    }
    for name in options.parts or PARTS:
        print(f"== {name}", flush=True)
        with tempfile.TemporaryDirectory(prefix=f"gateway-kit-bench-{name}-") as scratch:
            result[name] = PARTS[name](Path(scratch))
        print(json.dumps(result[name], indent=1), flush=True)
        options.out.write_text(json.dumps(result, indent=1) + "\n")
    print(f"written to {options.out}")


if __name__ == "__main__":
    sys.exit(main())
