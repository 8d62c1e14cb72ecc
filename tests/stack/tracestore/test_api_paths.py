"""What holds for every path of the API: methods, names with slashes, pages of lists."""

from __future__ import annotations

import uuid
from typing import Any

import httpx
import pytest

from .store_program import StoreProgram


def test_options_are_answered_without_a_body_and_without_leave_for_other_origins(store: StoreProgram):
    answered = httpx.options(f"{store.url}/api/public/models", headers={"origin": "https://example.com"})
    assert (answered.status_code, answered.content) == (204, b"")
    assert not [name for name in answered.headers if name.startswith("access-control")]


def test_head_is_answered_for_questions_about_the_deployment_alone(store: StoreProgram):
    def head(path: str) -> int:
        return store.http.head(f"/api/public/{path}").status_code

    assert [head(path) for path in ("health", "ready")] == [200, 200]
    paths = ("projects", "v2/prompts", "v2/metrics", "v2/observations", "v3/scores", "models/m", "traces")
    assert {head(path) for path in paths} == {405}


def test_a_name_in_a_path_may_have_an_encoded_slash_but_not_a_bare_one(store: StoreProgram):
    encoded = store.http.get("/api/public/models/team%2Fmodel")
    assert encoded.json() == {"message": "No model with this id found.", "error": "LangfuseNotFoundError"}
    bare = store.http.get("/api/public/models/team/model")
    assert bare.status_code == 404
    assert "gateway-kit up --tracing langfuse" in bare.json()["message"]


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"limit": "0"}, "Too small: expected number to be >=1"),
        ({"limit": "101"}, "Too big: expected number to be <=100"),
        ({"limit": "1.5"}, "Invalid input: expected int, received number"),
        ({"page": "0"}, "Too small: expected number to be >0"),
        ({"page": "x"}, "Invalid input: expected number, received NaN"),
    ],
)
def test_a_wrong_page_of_a_list_is_refused(store: StoreProgram, parameters, message):
    answered = store.http.get("/api/public/models", params=parameters)
    assert (answered.status_code, answered.json()["error"][0]["message"]) == (400, message)


def test_an_empty_parameter_of_a_list_counts_as_not_given(store: StoreProgram):
    meta = store.http.get("/api/public/models", params={"page": "", "limit": ""}).json()["meta"]
    assert (meta["page"], meta["limit"]) == (1, 50)


# Path -> a body and the names of its part that may be any JSON.
ANY_JSON: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "v2/prompts": ({"prompt": "x"}, ("config",)),
    "v2/datasets": ({}, ("metadata",)),
    "v2/datasets ": ({"expectedOutputSchema": {"type": "array"}}, ("inputSchema", "enum")),
    "dataset-items": ({"datasetName": "deep"}, ("input",)),
    "models": ({"matchPattern": "^$", "unit": "TOKENS", "totalPrice": 1}, ("tokenizerConfig",)),
    "scores": ({"value": 1, "traceId": "deep"}, ("metadata",)),
}


@pytest.mark.parametrize("path", ANY_JSON)
def test_a_value_of_any_depth_is_stored_and_read_or_refused(store: StoreProgram, path):
    store.http.post("/api/public/v2/datasets", json={"name": "deep"})
    for depth in (200, *range(245, 260), 600):
        body, (*names, last) = ANY_JSON[path]
        value: Any = [depth]
        for _ in range(depth - 1):
            value = [value]
        for name in (last, *reversed(names)):
            value = {name: value}
        name = uuid.uuid4().hex
        sent = {"name": name, "modelName": name, "id": name, **body, **value}
        answered = store.http.post(f"/api/public/{path.strip()}", json=sent)
        listed = store.http.get(f"/api/public/{'v3/scores' if path == 'scores' else path.strip()}")
        assert (answered.status_code in (200, 201, 400), listed.status_code) == (True, 200), (
            depth,
            answered.text,
        )
        assert path == "scores" or answered.is_success == (depth <= 250 - len(names)), depth
