"""Rules about secrets and about what a lesson may do and production may not."""

from __future__ import annotations

from collections.abc import Iterator

from gateway_kit.stack.configuration.document import lookup, text_of
from gateway_kit.stack.configuration.findings import shown
from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.configuration.production.literals import literal_secrets
from gateway_kit.stack.configuration.production.mends import Step
from gateway_kit.stack.configuration.production.rule import DOCS, PAGE, Hit, Rule, must_be_off
from gateway_kit.stack.configuration.production.subject import Subject

_MASTER_KEY, _SALT_KEY = "LITELLM_MASTER_KEY", "LITELLM_SALT_KEY"

# Shorter salt keys are examples, such as the `sk-1234` of many pages.
_SHORTEST_SALT_KEY = 16

# What leads to the kit's simulator.
_SIMULATOR = ("PROVIDERS_URL", "SIMULATED_VERTEX_CREDENTIALS")


def _master_key(subject: Subject) -> Iterator[Hit]:
    setting = subject.given("general_settings", "master_key")
    reference = f"{REFERENCE}{_MASTER_KEY}"
    steps: tuple[Step, ...] = (subject.write("general_settings", "master_key", value=reference),)
    if not subject.variables.may_give(_MASTER_KEY):
        steps = (*steps, subject.set_secret(_MASTER_KEY))
    if setting is None:
        if not subject.variables.may_give(_MASTER_KEY):
            place = subject.place("general_settings", "master_key")
            yield Hit(place, "no master key is given, and LiteLLM does not start without one.", steps)
        return
    text = text_of(setting.value) or ""
    if not text.startswith(REFERENCE):
        why = (
            "the master key stands in the file: whoever reads the repository, the image or the ConfigMap may make "
            "and delete keys, and read every logged prompt."
        )
        yield Hit(setting.value, why, steps)
    elif not subject.variables.may_give(text.removeprefix(REFERENCE)):
        name = shown(text.removeprefix(REFERENCE), 40)
        why = (
            f"the gateway does not get the variable {name}, which `master_key` names: LiteLLM does not start."
        )
        yield Hit(setting.value, why, steps)


def _salt_key(subject: Subject) -> Iterator[Hit]:
    given, place = subject.variables, subject.variables_place()
    salt, steps = given.value(_SALT_KEY), (subject.set_secret(_SALT_KEY),)
    once = "Set it once, before the first model or key is stored, and never change it"
    if not given.may_give(_SALT_KEY):
        why = (
            f"{_SALT_KEY} is not given, so LiteLLM encrypts the providers' keys in its database with the master key: "
            f"after that changes, nobody can read them. {once}."
        )
        yield Hit(place, why, steps)
    elif salt is not None and salt == given.value(_MASTER_KEY):
        why = f"{_SALT_KEY} is the master key: when you change that one, nobody can read what is encrypted. {once}."
        yield Hit(place, why, steps)
    elif salt is not None and len(salt) < _SHORTEST_SALT_KEY:
        why = f"{_SALT_KEY} is short enough to be guessed or to be an example. {once}."
        yield Hit(place, why, steps)


def _secret_in_file(subject: Subject) -> Iterator[Hit]:
    for secret in (*subject.secrets, *literal_secrets(subject)):
        why = f"{shown(secret.name, 40)} is a secret written in the file, and in each copy and release made of it."
        yield Hit(secret.node, why, secret.steps)


def _simulated_provider(subject: Subject) -> Iterator[Hit]:
    for number, name, deployment in subject.models():
        for key in ("api_base", "aws_bedrock_runtime_endpoint", "vertex_credentials"):
            entry = lookup(deployment, "litellm_params", key)
            text = (text_of(entry.value) if entry else None) or ""
            address = subject.variables.value(_SIMULATOR[0])
            simulated = any(word in text for word in _SIMULATOR) or (address and text.startswith(address))
            if entry is not None and simulated:
                why = f"`{shown(name, 40)}` is answered by the kit's simulator: real keys, made-up answers."
                yield Hit(entry.value, why, (subject.delete("model_list", number, "litellm_params", key),))
                break


RULES = (
    Rule(
        "master-key",
        "error",
        f"{PAGE}#set-a-master-key",
        _master_key,
        ("master_key", _MASTER_KEY),
    ),
    Rule("salt-key", "error", f"{PAGE}#set-the-salt-key", _salt_key, (_SALT_KEY,)),
    Rule(
        "secret-in-file",
        "error",
        "https://docs.docker.com/compose/how-tos/environment-variables/best-practices/",
        _secret_in_file,
    ),
    Rule(
        "mock-requests",
        "error",
        f"{DOCS}/reliability",
        must_be_off(
            "general_settings",
            "dangerously_allow_mock_testing_request_params",
            why="any caller may ask for a made-up failure, and so put models into a cooldown for everybody.",
        ),
        ("dangerously_allow_mock_testing_request_params",),
    ),
    Rule("simulated-provider", "error", f"{DOCS}/configs", _simulated_provider, ("api_base",)),
)
