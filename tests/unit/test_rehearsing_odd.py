"""Odd configurations: what stops a rehearsal says where and why; what does not is led to the simulator all the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway_kit.errors import ConfigError, KitError, StackError
from gateway_kit.stack.configuration import TEMPLATES, check_config
from gateway_kit.stack.rehearsing.translation import Change, Translation, translate

SIMULATOR = "http://127.0.0.1:18080"
ONE = "model_list:\n  - model_name: a\n    litellm_params: {model: openai/gpt-4o, api_key: os.environ/K}\n"


def translated(
    folder: Path, text: str | bytes, env: Mapping[str, str] | None = None, **options: Any
) -> Translation:
    file = folder / "config.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return translate(file, env or {}, simulator_url=SIMULATOR, **options)


def model(params: str, info: str = "{}") -> str:
    return f"model_list:\n  - model_name: a\n    litellm_params: {{{params}}}\n    model_info: {info}\n"


def first(translation: Translation) -> dict[str, Any]:
    params = yaml.safe_load(translation.text)["model_list"][0]["litellm_params"]
    assert isinstance(params, dict)
    return params


def change_of(translation: Translation, setting: str) -> Change:
    return next(change for change in translation.replaced if change.setting == setting)


REFUSED = {
    "empty": ("", r"line 1: the file has no settings"),
    "not UTF-8": (b"model_list:\n  - model_name: \xe4\n", "not UTF-8"),
    "a tab": ("model_list:\n\t- a\n", "line 2: a tab"),
    "models without indentation": ("model_list:\n", "line 1"),
    "an anchor in itself": (f"x-a: &a\n  b: *a\n{ONE}", "line 1: an anchor"),
    "an include that is missing": (f"include: [nope.yaml]\n{ONE}", "line 1: the included"),
    "a provider that nobody knows": (model("model: frobnitz/x"), "line 3: LiteLLM does not know"),
    "no provider": (model("model: wizard"), "line 3: `wizard` has no provider"),
    "no models": ("general_settings: {master_key: sk-1}\n", "no models to rehearse"),
    "a chart's values": ("proxy_config: {model_list: []}\n", "config.yaml:1 has a configuration inside"),
    "a model by a variable that is not set": (model("model: os.environ/MODEL"), "config.yaml:3: the variable MODEL"),
    "a key that YAML reads as a number": (model("model: openai/x, api_key: 12345678901"), "line 3: `api_key`"),
    "a misspelt built-in callback": (f"{ONE}litellm_settings: {{callbacks: [promethues]}}\n", "line 4"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_mistake_is_refused_with_its_place(text: str | bytes, message: str, tmp_path: Path):
    with pytest.raises(ConfigError, match=message):
        translated(tmp_path, text)


@pytest.mark.parametrize("name", ["no-such-file.yaml", "."])
def test_what_is_no_file_is_refused(name: str, tmp_path: Path):
    with pytest.raises(ConfigError, match="cannot be used"):
        translate(tmp_path / name, {}, simulator_url=SIMULATOR)


def test_anchors_that_repeat_for_ever_are_refused(tmp_path: Path):
    ten = "".join(f"x-{n}: &{n} [{', '.join([f'*{n - 1}'] * 9)}]\n" for n in range(1, 8))
    with pytest.raises(ConfigError, match="100,000"):
        translated(tmp_path, f"x-0: &0 [a, a]\n{ten}{ONE}")


@pytest.mark.parametrize("text", [ONE.replace("\n", "\r\n"), "\ufeff" + ONE, yaml.safe_dump(yaml.safe_load(ONE)),
                                  f"litellm_settings:\nrouter_settings:\nguardrails:\ncredential_list:\n{ONE}"],
                         ids=["CRLF", "a byte order mark", "PyYAML's", "empty sections"])  # fmt: skip
def test_how_the_file_is_written_does_not_matter(text: str, tmp_path: Path):
    assert first(translated(tmp_path, text))["api_base"] == f"{SIMULATOR}/d/a-openai/v1"


@pytest.mark.parametrize("template", sorted(path.stem for path in TEMPLATES.glob("*.yaml")))
def test_each_template_of_the_kit_can_be_rehearsed(template: str):
    translation = translate(TEMPLATES / f"{template}.yaml", {}, simulator_url=SIMULATOR)
    assert translation.deployments
    assert "${" not in translation.text


def test_a_model_by_a_variable_is_the_variables_model(tmp_path: Path):
    translation = translated(
        tmp_path, model("model: os.environ/MODEL"), {"MODEL": "groq/llama-3.1-8b-instant"}
    )
    assert first(translation)["model"] == "groq/llama-3.1-8b-instant"
    assert translation.deployments[0].provider == "groq"


def test_a_value_by_a_variable_is_used_and_scaled(tmp_path: Path):
    text = model("model: openai/gpt-4o, rpm: os.environ/RPM, tpm: '1000', api_version: os.environ/VERSION")
    translation = translated(tmp_path, text, {"RPM": "30", "VERSION": "2024-06-01"}, speed=10)
    params = first(translation)
    assert (params["rpm"], params["tpm"]) == (300, 10_000)
    assert translation.env[params["api_version"].removeprefix("os.environ/")] == "2024-06-01"


def test_a_limit_by_a_variable_that_is_not_set_is_not_rehearsed(tmp_path: Path):
    translation = translated(tmp_path, model("model: openai/gpt-4o, rpm: os.environ/RPM"))
    assert "rpm" not in first(translation)
    change = change_of(translation, "model_list[0].litellm_params.rpm")
    assert (change.what, change.place) == ("not_rehearsed", "config.yaml:3")
    assert "export RPM" in change.why


def test_a_wrong_value_of_what_is_taken_away_is_no_obstacle(tmp_path: Path):
    settings = "litellm_settings: {success_callback: langfuse}\ngeneral_settings: {master_key: sk-1234, alerting: 3}\n"
    translation = translated(tmp_path, ONE + settings)
    assert "langfuse" not in translation.text
    assert any("success_callback" in note for note in translation.notes)


def test_what_a_shell_fills_in_later_is_no_obstacle_where_it_is_replaced(tmp_path: Path):
    text = model("model: openai/gpt-4o, api_key: $KEY, api_base: 'https://${HOST}/v1'")
    translation = translated(tmp_path, text)
    assert first(translation)["api_base"] == f"{SIMULATOR}/d/a-openai/v1"
    assert (
        len([note for note in translation.notes if "config.yaml:3" in note and "The rehearsal" in note]) == 2
    )


def test_a_secret_in_an_unlikely_place_is_not_written(tmp_path: Path):
    settings = (
        "litellm_settings: {some_list: [{a: AKIAIOSFODNN7EXAMPLE}], other: 'postgres://u:pass-word@db/x'}\n"
        "router_settings: {default_litellm_params: {api_key: sk-abcdefghijkl, timeout: 3}}\n"
    )
    translation = translated(tmp_path, ONE + settings)
    told = (
        translation.text + repr(translation.replaced) + repr(translation.notes) + repr(translation.warnings)
    )
    assert [secret for secret in ("AKIAIOSF", "pass-word", "sk-abcdef") if secret in told] == []
    assert yaml.safe_load(translation.text)["router_settings"]["default_litellm_params"] == {"timeout": 3}


def test_names_that_look_like_keys_stay(tmp_path: Path):
    text = model("model: openai/gpt-4o", "{id: sk-deployment-one}").replace(
        "model_name: a", "model_name: desk-helper"
    )
    translation = translated(tmp_path, text)
    entry = yaml.safe_load(translation.text)["model_list"][0]
    assert (entry["model_name"], entry["model_info"]["id"]) == ("desk-helper", "sk-deployment-one")
    assert translation.deployments[0].label == "sk-deployment-one"


def test_an_id_that_cannot_be_a_label_stays_the_deployments_id(tmp_path: Path):
    translation = translated(tmp_path, model("model: openai/gpt-4o", "{id: 'team a/eu west'}"))
    assert translation.deployments[0].id == "team a/eu west"
    assert translation.deployments[0].label == "team-a-eu-west"


def test_labels_are_short_and_unique_whatever_the_names(tmp_path: Path):
    names = ["n" * 200, "n" * 199, "a*b", "a/b", "a b"]
    text = "model_list:\n" + "".join(
        f"  - model_name: '{name}'\n    litellm_params: {{model: openai/gpt-4o, api_key: os.environ/K{n}}}\n"
        for n, name in enumerate(names)
    )
    labels = [deployment.label for deployment in translated(tmp_path, text).deployments]
    assert len(set(labels)) == len(names)
    assert max(map(len, labels)) <= 60


def test_a_credential_that_the_file_lacks_is_noted(tmp_path: Path):
    translation = translated(tmp_path, model("model: azure/gpt-4o, litellm_credential_name: nope"))
    assert any("config.yaml:3" in note and "`nope`" in note for note in translation.notes)


def test_a_provider_of_the_files_own_needs_the_option(tmp_path: Path):
    (tmp_path / "mine.py").write_text("HANDLER = 1\n")
    own = "custom_provider_map: [{provider: mine, custom_handler: mine.HANDLER}]"
    text = f"{model('model: mine/x')}litellm_settings:\n  {own}\n"
    with pytest.raises(StackError, match=r"config\.yaml:3: mine/x"):
        translated(tmp_path, text)
    translation = translated(tmp_path, text, as_openai=True)
    assert first(translation)["model"] == "openai/x"
    assert translation.folder_files == {}


def test_parameters_of_another_api_do_not_reach_openais(tmp_path: Path):
    text = model(
        "model: watsonx/ibm/granite-3-8b-instruct, project_id: p, aws_region_name: eu, temperature: 0.1"
    )
    params = first(translated(tmp_path, text, as_openai=True))
    assert set(params) == {"model", "temperature", "api_base", "api_key"}


def test_modules_are_copied_with_what_they_import(tmp_path: Path):
    (tmp_path / "hooks.py").write_text("import words\n\nhandler = words.WORD\n")
    (tmp_path / "words.py").write_text("WORD = 1\n")
    translation = translated(tmp_path, f"{ONE}litellm_settings: {{callbacks: hooks.handler}}\n")
    assert set(translation.folder_files) == {"hooks.py", "words.py"}
    assert change_of(translation, "litellm_settings.callbacks").what == "kept"


def test_code_that_needs_what_this_machine_lacks_is_not_rehearsed(tmp_path: Path):
    (tmp_path / "hooks.py").write_text("import the_companys_own\n\nhandler = 1\n")
    guard = "guardrails:\n  - {guardrail_name: g, litellm_params: {guardrail: away.Guard, mode: pre_call}}\n"
    translation = translated(tmp_path, f"{ONE}litellm_settings: {{callbacks: [hooks.handler]}}\n{guard}")
    assert change_of(translation, "litellm_settings.callbacks[0]").what == "not_rehearsed"
    assert "the_companys_own" in change_of(translation, "litellm_settings.callbacks[0]").why
    assert change_of(translation, "guardrails[0]").what == "not_rehearsed"
    assert translation.folder_files == {}


@pytest.mark.parametrize("name", ["hooks.handlr", "hoks.handler"])
def test_code_with_a_mistake_is_refused(name: str, tmp_path: Path):
    (tmp_path / "hooks.py").write_text("handler = 1\n")
    with pytest.raises(ConfigError, match=r"line 4: .* Did you mean `hooks\.handler`"):
        translated(tmp_path, f"{ONE}litellm_settings: {{callbacks: [{name}]}}\n")


SPEEDS: dict[float | None, tuple[int, int, str]] = {
    None: (30, 10, "1d"), 1: (30, 10, "1d"), 0.5: (60, 5, "172800s"), 10: (3, 100, "8640s"), 1e6: (1, 10**7, "1s"),
}  # fmt: skip


@pytest.mark.parametrize(("speed", "expected"), SPEEDS.items())
def test_what_a_faster_clock_scales(speed: float | None, expected: tuple[int, int, str], tmp_path: Path):
    router = "{cooldown_time: 30, timeout: 20, provider_budget_config: {openai: {budget_limit: 1, time_period: 1d}}}"
    text = f"{model('model: openai/gpt-4o, rpm: 10, timeout: 5')}router_settings: {router}\n"
    translation = translated(tmp_path, text, speed=speed)
    written = yaml.safe_load(translation.text)
    settings = written["router_settings"]
    actual = (
        settings["cooldown_time"],
        first(translation)["rpm"],
        settings["provider_budget_config"]["openai"]["time_period"],
    )
    assert actual == expected
    assert (settings["timeout"], first(translation)["timeout"]) == (20, 5)
    scaled = {change.setting for change in translation.replaced if change.what == "scaled"}
    assert ("router_settings.cooldown_time" in scaled) == (speed not in (None, 1))


def test_limits_of_calls_at_one_time_grow_with_the_speed(tmp_path: Path):
    general = "general_settings: {global_max_parallel_requests: 40}"
    text = f"{model('model: openai/gpt-4o, max_parallel_requests: 5')}{general}\n"
    written = yaml.safe_load(translated(tmp_path, text, speed=10).text)
    assert written["model_list"][0]["litellm_params"]["max_parallel_requests"] == 50
    assert written["general_settings"]["global_max_parallel_requests"] == 400


def test_counts_of_a_minute_are_kept_as_long_by_usage_based_routing(tmp_path: Path):
    text = "{}router_settings: {{routing_strategy: {}, routing_strategy_args: {{ttl: 120}}}}\n"
    written = {
        strategy: yaml.safe_load(translated(tmp_path, text.format(ONE, strategy), speed=10).text)[
            "router_settings"
        ]
        for strategy in ("usage-based-routing-v2", "latency-based-routing")
    }
    assert written["usage-based-routing-v2"]["routing_strategy_args"]["ttl"] == 120
    assert written["latency-based-routing"]["routing_strategy_args"]["ttl"] == 12


def test_every_error_is_the_kits(tmp_path: Path):
    for broken in (
        "[]",
        "a",
        "model_list: 3",
        "model_list: [3]",
        "model_list: [{model_name: a, litellm_params: 3}]",
    ):
        with pytest.raises(KitError):
            translated(tmp_path, broken)


def test_the_same_deployment_twice_is_one_with_twice_the_share(tmp_path: Path):
    """LiteLLM makes the id of what is written, so it counts, limits and cools both down as one."""
    found = translated(
        tmp_path,
        ONE + ONE.removeprefix("model_list:\n") + ONE.removeprefix("model_list:\n").replace("/K", "L"),
    )
    assert [one.label for one in found.deployments] == ["a-openai-1", "a-openai-2"]
    entries = yaml.safe_load(found.text)["model_list"]
    assert [entry["model_info"]["id"] for entry in entries] == ["a-openai-1", "a-openai-1", "a-openai-2"]
    assert any("twice the share" in warning for warning in found.warnings)
    made = tmp_path / "made.yaml"
    made.write_text(found.text)
    assert not [finding for finding in check_config(made, found.env) if finding.level == "error"]
