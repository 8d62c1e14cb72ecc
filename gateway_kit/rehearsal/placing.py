"""Where a fault of a story is set at the simulator, so that it strikes the deployments that the story names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gateway_kit.rehearsal.run_folder import Deployment
from gateway_kit.rehearsal.story import StoryEvent


def places_of(event: StoryEvent, deployments: Sequence[Deployment]) -> list[Mapping[str, str]]:
    """The scopes of the simulator's faults: one for all, one for a dialect, else one for each deployment.

    The simulator knows a deployment's dialect, not its provider: Groq's speaks OpenAI's, and must not be struck by what
    strikes OpenAI.
    """
    struck = event.struck(deployments)
    if len(struck) == len(deployments):
        return [{}]
    dialects = {deployment.dialect for deployment in struck}
    if len(dialects) == 1 and len(struck) == sum(
        deployment.dialect in dialects for deployment in deployments
    ):
        return [{"provider": dialect} for dialect in dialects]
    return [{"deployment": deployment.label} for deployment in struck]
