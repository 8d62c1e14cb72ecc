"""LiveKit's voice agents: https://docs.livekit.io/agents/."""

from __future__ import annotations

from gateway_kit.stack.servers.tracestore.ingest.frameworks.framework import (
    Attributes,
    Framework,
    Pair,
    first_pair,
)

SCOPE = "livekit-agents"
_INPUTS = ("lk.input_text", "lk.user_transcript", "lk.chat_ctx")
_OUTPUTS = ("lk.function_tool.output", "lk.response.text")
KEYS = frozenset((*_INPUTS, "lk.user_input", *_OUTPUTS))
_DEBUG = frozenset(
    (
        "user_speaking", "eou_detection", "llm_request_run", "tts_node", "tts_request", "tts_request_run",
        "tts_stream_adapter", "agent_speaking", "drain_agent_activity", "on_exit", "on_enter",
        "llm_fallback_adapter", "tts_fallback_adapter", "start_agent_activity",
    )
)  # fmt: skip


def messages(attributes: Attributes) -> Pair | None:
    """The user's speech or text, and the agent's or a tool's answer."""
    return first_pair(attributes, _INPUTS, _OUTPUTS)


FRAMEWORK = Framework(
    types={"agent_turn": "AGENT", "start_agent_activity": "AGENT", "function_tool": "TOOL"}, debug=_DEBUG
)
