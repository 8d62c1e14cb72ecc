"""A thin client of the gateway: `connect()` gives a `Gateway` with an OpenAI client and a call record."""

from gateway_kit.gateway.answer import Answer, TextStream
from gateway_kit.gateway.client import Gateway, connect
from gateway_kit.gateway.record import CALL_COLUMNS, Call, Calls

__all__ = ["CALL_COLUMNS", "Answer", "Call", "Calls", "Gateway", "TextStream", "connect"]
