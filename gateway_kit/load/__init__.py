"""A load generator for lessons and benchmarks, on Locust in a program of its own: `run_load(LoadPlan(…))`."""

from gateway_kit.load.bank import prompt_bank
from gateway_kit.load.plan import LoadPlan
from gateway_kit.load.result import ARRIVAL_COLUMNS, LoadRun
from gateway_kit.load.run import LoadProgress, run_load

__all__ = ["ARRIVAL_COLUMNS", "LoadPlan", "LoadProgress", "LoadRun", "prompt_bank", "run_load"]
