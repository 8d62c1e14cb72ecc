"""Whose calls are limited how: keys, teams and users from a file, or as LiteLLM lists them."""

from gateway_kit.rehearsal.limits.files import read_limits
from gateway_kit.rehearsal.limits.limits import KeyLimits, Limits, TeamLimits, UserLimits

__all__ = ["KeyLimits", "Limits", "TeamLimits", "UserLimits", "read_limits"]
