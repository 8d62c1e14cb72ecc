"""What can be wrong with a rehearsal."""

from __future__ import annotations

from gateway_kit.errors import KitError


class RehearsalError(KitError):
    """A configuration, a traffic file or an option cannot be rehearsed; the text says what to do."""

    command_exit_code = 2


class RehearsalFailedError(RehearsalError):
    """A rehearsal that had begun could not go on; the text says what it left."""

    command_exit_code = 1
