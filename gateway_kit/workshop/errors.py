"""What can be wrong with a workshop."""

from __future__ import annotations

from gateway_kit.errors import KitError


class WorkshopError(KitError):
    """A workshop, a seat or a join code cannot be used; the text says what to do."""
