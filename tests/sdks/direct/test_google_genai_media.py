"""google-genai's pictures, sounds and documents: what they cost, and what is none."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator

import pytest
from genai_raw import generate, text_of
from google import genai
from google.genai import errors, types

MODEL = "gemini-3.5-flash"


@pytest.fixture
def client(sim_base: str) -> Iterator[genai.Client]:
    with genai.Client(api_key="sim-genai", http_options=types.HttpOptions(base_url=sim_base)) as made:
        yield made


def png(width: int, height: int) -> bytes:
    """A black picture of that size."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress(b"\0" * ((width + 1) * height))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("model", "size", "tokens"),
    [
        ("gemini-2.5-flash", (300, 200), 258),
        ("gemini-2.5-flash", (960, 540), 6 * 258),
        (MODEL, (960, 540), 1_120),
    ],
)
def test_a_picture_counts_as_google_says(
    client: genai.Client, model: str, size: tuple[int, int], tokens: int
) -> None:
    picture = types.Part.from_bytes(data=png(*size), mime_type="image/png")
    answer = client.models.generate_content(model=model, contents=["What is this?", picture])
    details = answer.usage_metadata.prompt_tokens_details or []  # type: ignore[union-attr]
    assert {one.modality: one.token_count for one in details}[types.MediaModality.IMAGE] == tokens
    counted = client.models.count_tokens(model=model, contents=["What is this?", picture])
    assert counted.total_tokens == answer.usage_metadata.prompt_token_count  # type: ignore[union-attr]


def test_a_resolution_changes_what_a_picture_costs(client: genai.Client) -> None:
    picture = types.Part.from_bytes(data=png(960, 540), mime_type="image/png")
    low = types.GenerateContentConfig(media_resolution=types.MediaResolution.MEDIA_RESOLUTION_LOW)
    counts = [
        client.models.generate_content(
            model=MODEL, contents=["What is this?", picture], config=config
        ).usage_metadata.prompt_token_count  # type: ignore[union-attr]
        for config in (low, None)
    ]
    assert counts[1] - counts[0] == 1_120 - 280  # type: ignore[operator]


def test_sound_and_documents_count_too(client: genai.Client) -> None:
    wav = struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 0, b"WAVE", b"fmt ", 16, 1, 1, 8000, 8000, 1, 8, b"data", 0
    )
    sound = types.Part.from_bytes(data=wav + b"\0" * 16_000, mime_type="audio/wav")
    pages = b"%PDF-1.4 /Type /Pages /Type /Page /Type /Page"
    document = types.Part.from_bytes(data=pages, mime_type="application/pdf")
    answer = client.models.generate_content(model="gemini-2.5-flash", contents=["Sum up", sound, document])
    details = answer.usage_metadata.prompt_tokens_details or []  # type: ignore[union-attr]
    counts = {one.modality: one.token_count for one in details}
    assert counts[types.MediaModality.AUDIO] == 2 * 32
    assert counts[types.MediaModality.DOCUMENT] == 2 * 258


def test_a_file_elsewhere_is_counted_where_google_reads_it(client: genai.Client) -> None:
    part = types.Part.from_uri(file_uri="https://example.org/scones.jpg", mime_type="image/jpeg")
    answer = client.models.generate_content(model=MODEL, contents=["What is this?", part])
    assert answer.usage_metadata
    assert (answer.usage_metadata.prompt_token_count or 0) > 1_120
    bucket = types.Part.from_uri(file_uri="gs://a-bucket/scones.jpg", mime_type="image/jpeg")
    with pytest.raises(errors.ClientError, match="Unsupported file uri"):
        client.models.generate_content(model=MODEL, contents=["What is this?", bucket])


def test_an_empty_text_is_answered(client: genai.Client) -> None:
    assert client.models.generate_content(model=MODEL, contents="").text


def test_a_picture_that_is_none(client: genai.Client) -> None:
    broken = types.Part.from_bytes(data=b"not a picture", mime_type="image/png")
    with pytest.raises(errors.ClientError, match="Unable to process input image"):
        client.models.generate_content(model=MODEL, contents=["What is this?", broken])


def test_a_picture_in_base64_of_either_alphabet(sim_base: str) -> None:
    data = png(40, 1)
    for encoded in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
        part = {"inline_data": {"mime_type": "image/png", "data": encoded.decode()}}
        body = {"contents": [{"parts": [{"text": "What is this?"}, part]}]}
        assert text_of([generate(sim_base, "gemini", MODEL, body)])
