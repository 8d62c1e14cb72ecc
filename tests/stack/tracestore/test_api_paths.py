"""What holds for every path of the API: methods, names with slashes, pages of lists."""

from __future__ import annotations

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
