"""Adding models: names that no response header can hold are refused before LiteLLM stores them."""

from __future__ import annotations

import math
from typing import Any

import httpx
import pytest

from gateway_kit.errors import RequestRefusedError
from gateway_kit.gateway import Gateway
from gateway_kit.litellm_api.connection import Connection
from gateway_kit.litellm_api.models import models_frame, refuse_header_faults

PARAMS = {"model": "openai/gpt-4o-mini", "api_key": "x"}


def administration(sent: list[str]) -> Gateway:
    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.url.path)
        return httpx.Response(200, json={"current_values": {}})

    connection = Connection("http://gateway.test", "sk-key", master_key="sk-master")
    return Gateway(connection, timeout_s=1, transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("name", "params", "info", "words"),
    [
        ("中文", PARAMS, None, "model_name '中文'.*U\\+4E2D"),
        ("two\nlines", PARAMS, None, "control character U\\+000A"),
        (" chat", PARAMS, None, "begins or ends with a blank"),
        ("chat", {**PARAMS, "model": "openai/模型"}, None, "model 'openai/模型'"),
        ("chat", {**PARAMS, "api_base": "http://h/中"}, None, "api_base"),
        ("chat", PARAMS, {"id": "中"}, "id '中'"),
    ],
)
def test_a_name_that_no_header_can_hold_is_refused_before_it_is_sent(
    name: str, params: dict[str, Any], info: dict[str, Any] | None, words: str
) -> None:
    sent: list[str] = []
    with pytest.raises(RequestRefusedError, match=words):
        administration(sent).models.add(name, params, info)
    assert sent == []


def test_an_alias_that_no_header_can_hold_is_refused_and_others_are_sent() -> None:
    sent: list[str] = []
    with pytest.raises(RequestRefusedError, match="the alias '别名'"):
        administration(sent).router.set(model_group_alias={"别名": "chat"})
    assert sent == []
    administration(sent).router.set(model_group_alias={"best": "chat"})
    assert sent == ["/config/update", "/router/settings"]


def test_other_names_are_accepted() -> None:
    refuse_header_faults(
        {"model_name": "Café 1", "litellm_params": {**PARAMS, "tags": ["中"]}, "model_info": {"id": 5}}
    )


@pytest.mark.parametrize(
    ("value", "number"), [(4, 4.0), (0.5, 0.5), ("4", 4.0), ("80%", None), ([1], None), (None, None)]
)
@pytest.mark.parametrize("column", ["weight", "rpm", "tpm"])
def test_a_share_that_is_no_number_is_missing(column: str, value: Any, number: float | None) -> None:
    entry = {"model_name": "chat", "litellm_params": {**PARAMS, column: value}, "model_info": {"id": "x"}}
    shown = models_frame([entry], None)[column][0]
    assert shown == number or (number is None and math.isnan(shown))
