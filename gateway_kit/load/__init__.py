"""A load generator for lessons and benchmarks. Locust makes the calls in its own process.

`run_load(LoadPlan(…))` makes a load; `saturation` and `measure_footprint` say how much a gateway can do, and what a
call costs it.
"""

from gateway_kit.load.footprint import measure_footprint
from gateway_kit.load.plan import LoadPlan
from gateway_kit.load.result import LoadRun
from gateway_kit.load.run import run_load
from gateway_kit.load.saturation import saturation

__all__ = ["LoadPlan", "LoadRun", "measure_footprint", "run_load", "saturation"]
