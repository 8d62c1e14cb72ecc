"""A callback of LiteLLM that adds a header to each answer: the port of the replica that gave it."""

import sys
from typing import Any

from litellm.integrations.custom_logger import CustomLogger

PORT = sys.argv[sys.argv.index("--port") + 1] if "--port" in sys.argv else "unknown"


class AnsweredBy(CustomLogger):  # type: ignore[misc]  # LiteLLM is not typed
    """Names the replica in `x-answered-by`."""

    async def async_post_call_response_headers_hook(self, *_: Any, **_more: Any) -> dict[str, str]:
        """The header of one answer."""
        return {"x-answered-by": PORT}


header = AnsweredBy()
