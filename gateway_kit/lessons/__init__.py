"""The lessons' graders, hints and solutions, and the runner. Internal but `check` and `hint`."""

from gateway_kit.lessons.api import check, hint

__all__ = ["check", "hint"]
