"""A configuration as it stands in production becomes one that runs against the kit's simulator.

    translation = translate(Path("config.yaml"), os.environ, simulator_url="http://127.0.0.1:18080")
    translation.text          # for the rehearsal's gateway
    translation.replaced      # what was replaced, scaled, kept or cannot be rehearsed, with lines and reasons

The user's file, and the folder it lies in, are only read.
"""

from __future__ import annotations

from gateway_kit.stack.rehearsing.translation.result import (
    Change,
    SemanticCache,
    SimulatedDeployment,
    Translation,
)
from gateway_kit.stack.rehearsing.translation.translating import translate

__all__ = ["Change", "SemanticCache", "SimulatedDeployment", "Translation", "translate"]
