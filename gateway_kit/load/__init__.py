"""A load generator for lessons and benchmarks: `run_load(LoadPlan(…))`. Locust makes the calls in its own process."""

from gateway_kit.load.footprint import measure_footprint
from gateway_kit.load.plan import LoadPlan
from gateway_kit.load.result import LoadRun
from gateway_kit.load.run import run_load
from gateway_kit.load.saturation import saturation

__all__ = ["LoadPlan", "LoadRun", "measure_footprint", "run_load", "saturation"]
