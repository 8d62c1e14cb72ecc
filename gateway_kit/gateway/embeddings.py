"""Texts as vectors, by the gateway's embedding models. Internal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gateway_kit.litellm_api.errors import from_openai, sendable

if TYPE_CHECKING:
    import numpy as np
    import openai
    from numpy.typing import NDArray


def embed(
    client: openai.OpenAI, url: str, texts: str | Sequence[str], model: str, params: Mapping[str, Any]
) -> NDArray[np.float64]:
    """One row per text. Raises a subclass of GatewayError, with the gateway's `url`."""
    import numpy as np
    import openai

    listed = [texts] if isinstance(texts, str) else list(texts)
    try:
        # "float", since some providers refuse the base64 that the OpenAI client asks for by default.
        with sendable():
            answer = client.embeddings.create(model=model, input=listed, encoding_format="float", **params)
    except openai.APIError as exc:
        raise from_openai(exc, url) from exc
    return np.array([item.embedding for item in sorted(answer.data, key=lambda item: item.index)])
