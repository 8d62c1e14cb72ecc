"""What `gateway.ask` and `gateway.stream` return."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import httpx

from gateway_kit.gateway.record import Call
from gateway_kit.gateway.transport import CALL_EXTENSION
from gateway_kit.litellm_api.errors import from_openai, from_transport

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletion


@dataclass(frozen=True)
class Answer:
    """A model's answer: `text`, the recorded `call`, and the whole `completion` (tool calls, usage, …)."""

    text: str
    call: Call
    completion: ChatCompletion = field(repr=False)

    def __str__(self) -> str:
        return self.text

    def _repr_markdown_(self) -> str:
        calls = self.completion.choices[0].message.tool_calls or [] if self.completion.choices else []
        tools = "\n".join(
            f"- `{c.function.name}({c.function.arguments})`" for c in calls if c.type == "function"
        )
        return "\n\n".join(part for part in (self.text, tools, f"*{self.call.summary()}*") if part)


class TextStream:
    """An answer's text piece by piece, as it arrives: `for piece in gateway.stream(…)`.

    `text` is what has arrived so far, `call` the recorded call once the stream has ended. `close()`, or the end of a
    `with` block, leaves the stream early. A stream that breaks raises its GatewayError while it is iterated.
    """

    def __init__(self, chunks: openai.Stream[Any], url: str) -> None:
        self.text = ""
        self._chunks = chunks
        self._url = url

    def __iter__(self) -> Iterator[str]:
        import openai

        try:
            for chunk in self._chunks:
                for choice in chunk.choices:
                    if piece := choice.delta.content:
                        self.text += piece
                        yield piece
        except openai.APIError as exc:
            raise from_openai(exc, self._url) from exc
        except httpx.TransportError as exc:
            raise from_transport(exc, self._url) from exc
        finally:
            self.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def call(self) -> Call | None:
        """The recorded call; None while the stream is under way."""
        return self._chunks.response.request.extensions.get(CALL_EXTENSION)

    def close(self) -> None:
        """Leave the stream early; no-op if it has ended."""
        self._chunks.close()
