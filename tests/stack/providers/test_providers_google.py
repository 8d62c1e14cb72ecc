"""What the SDKs hide of Gemini and Vertex AI: paths, keys, spellings, and the JSON list."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway_kit.gateway.providers import Providers

FLASH = "/v1beta/models/gemini-2.5-flash"
VERTEX = "/v1beta1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash"
ASK: dict[str, Any] = {"contents": [{"role": "user", "parts": [{"text": "Tell me about trams"}]}]}
KEY = {"x-goog-api-key": "sim-gemini-east"}
TYPES = "type.googleapis.com/google.ai.generativelanguage.v1beta"


def post(http: httpx.Client, url: str, body: Any, **more: Any) -> httpx.Response:
    return http.post(url, json=body, **{"headers": KEY, **more})


def message_of(answer: httpx.Response) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["error"]["message"])


def test_an_answer_has_the_fields_of_the_real_one_and_no_others(quick: Providers, http: httpx.Client) -> None:
    gemini = post(http, f"{quick.url}{FLASH}:generateContent", ASK).json()
    assert gemini.keys() == {"candidates", "usageMetadata", "modelVersion", "responseId"}
    assert gemini["candidates"][0].keys() == {"content", "finishReason", "index"}
    assert gemini["usageMetadata"].keys() == {
        "promptTokenCount", "candidatesTokenCount", "totalTokenCount", "promptTokensDetails", "candidatesTokensDetails",
    }  # fmt: skip
    bearer = {"authorization": "Bearer k"}
    vertex = post(http, f"{quick.url}{VERTEX}:generateContent", ASK, headers=bearer).json()
    assert vertex.keys() == {*gemini, "createTime"}
    assert vertex["candidates"][0].keys() == {"content", "finishReason", "index", "avgLogprobs"}
    assert vertex["usageMetadata"]["trafficType"] == "ON_DEMAND"


def test_without_alt_sse_a_stream_and_its_error_are_one_list(quick: Providers, http: httpx.Client) -> None:
    url = f"{quick.url}{FLASH}:streamGenerateContent"
    chunks = post(http, url, ASK).json()
    assert len(chunks) > 5
    whole = post(http, f"{quick.url}{FLASH}:generateContent", ASK).json()
    texts = [chunk["candidates"][0]["content"]["parts"][0]["text"] for chunk in chunks]
    assert "".join(texts) == whole["candidates"][0]["content"]["parts"][0]["text"]
    assert chunks[-1]["usageMetadata"] == whole["usageMetadata"]
    (refused,) = post(http, url, {}).json()
    assert refused["error"]["code"] == 400
    (odd,) = post(http, f"{url}?alt=xml", ASK).json()
    assert "'alt'" in odd["error"]["message"]
    assert "error" in post(http, f"{url}?alt=sse", {}).json()


def test_a_stream_ends_when_a_fault_cuts_it(quick: Providers, http: httpx.Client) -> None:
    quick.fault("gemini", kind="cut_stream", after_chunks=2)
    with pytest.raises(httpx.RemoteProtocolError):
        post(http, f"{quick.url}{FLASH}:streamGenerateContent", ASK)


SPELLINGS: list[dict[str, Any]] = [
    {"generationConfig": {"maxOutputTokens": 3}},
    {"generation_config": {"max_output_tokens": 3}},
    {"generationConfig": {"max_output_tokens": "3", "stopSequences": None}},
    {"generation_config": {"maxOutputTokens": 3.0, "stop_sequences": "never"}},
]


@pytest.mark.parametrize("config", SPELLINGS)
@pytest.mark.parametrize(
    "contents", [ASK["contents"], ASK["contents"][0], {"parts": {"text": "Tell me about trams"}}]
)
def test_google_reads_json_in_many_spellings(
    config: dict[str, Any], contents: Any, quick: Providers, http: httpx.Client
) -> None:
    answer = post(http, f"{quick.url}{FLASH}:generateContent", {"contents": contents, **config}).json()
    assert answer["usageMetadata"]["candidatesTokenCount"] == 3
    assert answer["candidates"][0]["finishReason"] == "MAX_TOKENS"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"nonsense": 1}, 'Invalid JSON payload received. Unknown name "nonsense": Cannot find field.'),
    (
        {"generation_config": {"nonsense": 1}},
        "Unknown name \"nonsense\" at 'generation_config': Cannot find field.",
    ),
    ({"generationConfig": {"topK": 1.5}}, "Invalid value at 'generation_config.top_k' (TYPE_INT32), 1.5"),
    (
        {"generationConfig": {"seed": 2**31}},
        "Invalid value at 'generation_config.seed' (TYPE_INT32), 2147483648",
    ),
    (
        {"generationConfig": {"topP": "high"}},
        "Invalid value at 'generation_config.top_p' (TYPE_FLOAT), \"high\"",
    ),
    ({"generationConfig": {"responseLogprobs": 1}}, "generation_config.response_logprobs' (TYPE_BOOL), 1"),
    (
        {"generationConfig": [1]},
        'Unknown name "generationConfig": Proto field is not repeating, cannot start list.',
    ),
    (
        {"contents": [{"parts": [{"text": {"a": 1}}]}]},
        "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), Starting an object on a scalar field",
    ),
    ({"contents": [{"parts": [3]}]}, f"Invalid value at 'contents[0].parts[0]' ({TYPES}.Part), 3"),
    (
        {"contents": [{"parts": [{"text": "a", "functionCall": {"name": "f"}}]}]},
        "oneof field 'data' is already set. Cannot set 'functionCall'",
    ),
    (
        {"contents": [{"parts": [{"inlineData": {"mimeType": "image/png", "data": "%%%"}}]}]},
        '(TYPE_BYTES), Base64 decoding failed for "%%%"',
    ),
    (
        {"contents": [{"parts": [{"inlineData": {"mimeType": "application/zip", "data": "aGk="}}]}]},
        "Unsupported MIME type: application/zip",
    ),
    (
        {"safetySettings": [{"category": "RUDE"}]},
        f"Invalid value at 'safety_settings[0].category' ({TYPES}.HarmCategory), \"RUDE\"",
    ),
    (
        {"tools": [{"functionDeclarations": [{"name": "f", "parameters": {"type": "THING"}}]}]},
        f'parameters.type\' ({TYPES}.Type), "THING"',
    ),
    (
        {"systemInstruction": "Be brief"},
        f"Invalid value at 'system_instruction' ({TYPES}.Content), \"Be brief\"",
    ),
]


@pytest.mark.parametrize(("more", "sentence"), WRONG)
def test_what_google_cannot_read_is_named(
    more: dict[str, Any], sentence: str, quick: Providers, http: httpx.Client
) -> None:
    assert sentence in message_of(post(http, f"{quick.url}{FLASH}:generateContent", {**ASK, **more}))


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"{bad", "Unexpected token."), (b"[]", "Root element must be a message.")]
)
def test_a_body_that_is_no_message(
    content: bytes, sentence: str, quick: Providers, http: httpx.Client
) -> None:
    answer = http.post(f"{quick.url}{FLASH}:generateContent", content=content, headers=KEY)
    assert message_of(answer).startswith("Invalid JSON payload received.")
    assert message_of(answer).endswith(sentence)


def test_all_faults_are_named_at_once(quick: Providers, http: httpx.Client) -> None:
    body = {**ASK, "first": 1, "generationConfig": {"second": 1, "temperature": []}}
    answer = post(http, f"{quick.url}{FLASH}:generateContent", body)
    (detail,) = answer.json()["error"]["details"]
    assert [one.get("field") for one in detail["fieldViolations"]] == [
        None,
        "generation_config",
        "generation_config",
    ]
    assert message_of(answer).count("\n") == 2


def test_v1_is_geminis_with_its_key_and_openais_without(quick: Providers, http: httpx.Client) -> None:
    assert "models" in http.get(f"{quick.url}/v1/models", headers=KEY).json()
    assert (
        http.get(f"{quick.url}/v1/models", headers={"authorization": "Bearer k"}).json()["object"] == "list"
    )
    assert (
        http.get(f"{quick.url}/v1/models/gemini-2.5-pro", headers=KEY).json()["name"]
        == "models/gemini-2.5-pro"
    )
    unknown = http.get(f"{quick.url}/v1/nonsense", headers=KEY)
    assert (unknown.status_code, unknown.json()["error"]["status"]) == (404, "NOT_FOUND")
    assert post(http, f"{quick.url}/v1/models/gemini-2.5-flash:generateContent", ASK).status_code == 200


@pytest.mark.parametrize("place", ["header", "query", "bearer"])
def test_a_key_in_each_of_its_places_names_the_deployment(
    place: str, quick: Providers, http: httpx.Client
) -> None:
    headers = {"header": KEY, "query": {}, "bearer": {"authorization": "Bearer sim-gemini-east"}}[place]
    query = "?key=sim-gemini-east" if place == "query" else ""
    assert post(http, f"{quick.url}{FLASH}:generateContent{query}", ASK, headers=headers).status_code == 200
    assert quick.journal().iloc[-1].deployment == "gemini-east"


def test_a_rate_limit_says_when_to_come_back(quick: Providers, http: httpx.Client) -> None:
    quick.fault("gemini", kind="rate_limit", retry_after_s=7)
    error = post(http, f"{quick.url}{FLASH}:generateContent", ASK).json()["error"]
    assert (error["code"], error["status"]) == (429, "RESOURCE_EXHAUSTED")
    assert error["details"][0]["retryDelay"] == "7s"


def test_pages_of_models(quick: Providers, http: httpx.Client) -> None:
    names: list[str] = []
    token = ""
    while True:
        page = http.get(
            f"{quick.url}/v1beta/models", params={"pageSize": 3, "pageToken": token}, headers=KEY
        ).json()
        names += [model["name"] for model in page["models"]]
        token = page.get("nextPageToken", "")
        if not token:
            break
        assert len(page["models"]) == 3
    assert len(names) == len(set(names)) > 9
    for wrong in ({"pageSize": "x"}, {"pageSize": -1}, {"pageToken": "nonsense"}):
        assert http.get(f"{quick.url}/v1beta/models", params=wrong, headers=KEY).status_code == 400
