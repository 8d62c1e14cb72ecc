"""Logged traffic, whatever wrote it: read, put in order of time, summed up, masked."""

from gateway_kit.rehearsal.traffic.problems import Problem
from gateway_kit.rehearsal.traffic.traffic import Traffic, read_traffic

__all__ = ["Problem", "Traffic", "read_traffic"]
