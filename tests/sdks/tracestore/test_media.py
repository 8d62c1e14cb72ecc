"""Media in the SDK's own way: a span holds a reference, the store has the bytes."""

from __future__ import annotations

import httpx
from langfuse.media import LangfuseMedia


def test_the_bytes_of_a_span_are_uploaded_once_and_read_back(langfuse, unique):
    content = f"picture {unique('x')}".encode()
    media = LangfuseMedia(content_bytes=content, content_type="image/png")
    with langfuse.start_as_current_observation(name="with media", input={"image": media}) as span:
        pass
    langfuse.flush()
    (found,) = langfuse.api.observations.get_many(trace_id=span.trace_id, fields="core,io").data
    assert media._media_id in found.input
    read = langfuse.api.media.get(media._media_id)
    assert (read.content_type, read.content_length) == ("image/png", len(content))
    assert httpx.get(read.url, trust_env=False).content == content
    resolved = langfuse.resolve_media_references(
        obj={"image": media._reference_string}, resolve_with="base64_data_uri"
    )
    assert resolved["image"].startswith("data:image/png;base64,")
