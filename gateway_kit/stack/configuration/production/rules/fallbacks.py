"""Rules about what happens when a model fails."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import yaml

from gateway_kit.stack.configuration.document import Entry, entries, items, lookup, text_of
from gateway_kit.stack.configuration.findings import shown
from gateway_kit.stack.configuration.production.mends import Path, Step
from gateway_kit.stack.configuration.production.rule import DOCS, Hit, Rule
from gateway_kit.stack.configuration.production.subject import Subject

_KINDS = ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks")

# LiteLLM takes its own default for a value that is not set.
_DEFAULT_FAILS = 3


def _fallbacks(subject: Subject, *kinds: str) -> Iterator[tuple[Path, Entry]]:
    """Each model that has fallbacks, with its place."""
    for section in ("router_settings", "litellm_settings"):
        for kind in kinds:
            setting = subject.given(section, kind)
            for number, item in enumerate(items(setting.value if setting else None)):
                for entry in entries(item):
                    yield (section, kind, number, entry.key), entry


def _aliases(subject: Subject) -> dict[str, str]:
    """Alias → the model that it stands for."""
    aliases: dict[str, str] = {}
    for section in ("router_settings", "litellm_settings"):
        setting = subject.given(section, "model_group_alias")
        for entry in entries(setting.value if setting else None):
            target = _name(entry.value)
            if target is not None:
                aliases[entry.key] = target
    return aliases


def _name(node: yaml.Node) -> str | None:
    inner = lookup(node, "model")
    return text_of(inner.value if inner is not None else node)


def _to_itself(subject: Subject) -> Iterator[Hit]:
    aliases = _aliases(subject)
    models = list(dict.fromkeys(name for _, name, _ in subject.models() if name and "*" not in name))
    for path, entry in _fallbacks(subject, *_KINDS):
        model = aliases.get(entry.key, entry.key)
        targets = [(node, _name(node)) for node in items(entry.value)]
        back = [node for node, name in targets if name is not None and aliases.get(name, name) == model]
        if not back:
            continue
        why = (
            f"`{shown(entry.key, 40)}` falls back to itself: LiteLLM leaves that out, or asks the same model again, "
            "and answers the error."
        )
        others = [name for _, name in targets if name is not None and aliases.get(name, name) != model]
        others = others or [name for name in models if name != model][:1]
        step: Step = subject.write(*path, value=others) if others else subject.delete(*path[:-1])
        yield Hit(back[0], why, (step,))


def _cooldown(subject: Subject) -> Iterator[Hit]:
    if _counts_failures(subject):
        return
    deployments = Counter(name for _, name, _ in subject.models())
    for _, entry in _fallbacks(subject, "fallbacks"):
        if deployments[entry.key] != 1:
            continue
        why = (
            f"`{shown(entry.key, 40)}` has one deployment, which no failures put into a cooldown: while its provider "
            "is down each request fails there first, and only then falls back."
        )
        steps = (
            subject.write("router_settings", "allowed_fails", value=1),
            subject.write("router_settings", "cooldown_time", value=30),
        )
        yield Hit(entry.key_node, why, steps)
        return


def _counts_failures(subject: Subject) -> bool:
    if subject.given("router_settings", "allowed_fails_policy") is not None:
        return True
    setting = subject.given("router_settings", "allowed_fails")
    return setting is not None and subject.number(setting.value) not in (_DEFAULT_FAILS,)


RULES = (
    Rule("fallback-to-itself", "warning", f"{DOCS}/reliability", _to_itself, ("fallbacks",)),
    Rule(
        "cooldown",
        "advice",
        "https://github.com/BerriAI/litellm/issues/40405",
        _cooldown,
        ("allowed_fails", "cooldown_time", "allowed_fails_policy"),
    ),
)
