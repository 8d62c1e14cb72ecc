"""What lessons use: `check` grades an exercise, `hint` helps with it."""

from gateway_kit.lessons.api import check, hint

__all__ = ["check", "hint"]
