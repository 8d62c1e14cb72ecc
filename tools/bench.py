"""Measure the kit and print and save what was found: `make bench` writes bench.json.

Times on a shared machine are noise; ratios within one run are not, so everything that is compared is measured
interleaved in this one run. Parts can be picked: `python tools/bench.py start load`.
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

import bench_caching
import bench_generator
import bench_lessons
import bench_load
import bench_metrics
import bench_setup
import bench_start
import bench_tracestore
import bench_tracing_outage
import bench_widgets

ROOT = Path(__file__).resolve().parent.parent

PARTS: dict[str, Callable[[Path], dict[str, Any]]] = {
    "setup": bench_setup.measure,
    "start": bench_start.measure,
    "lessons": bench_lessons.measure,
    "load": bench_load.measure,
    "caching": bench_caching.measure,
    "generator": bench_generator.measure,
    "metrics": bench_metrics.measure,
    "tracestore": bench_tracestore.measure,
    "tracing_outage": bench_tracing_outage.measure,
    "widgets": bench_widgets.measure,
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
