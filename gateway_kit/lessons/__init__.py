"""The lessons' graders, hints and solutions, and the runner. Internal but `check`, `hint` and `solution`."""

from gateway_kit.lessons.api import check, hint, solution

__all__ = ["check", "hint", "solution"]
