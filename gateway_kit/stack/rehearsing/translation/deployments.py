"""Lead each deployment to the simulator under its label; the model's name, and with it prices and limits, stays."""

from __future__ import annotations

import json

from gateway_kit.errors import ConfigError, StackError
from gateway_kit.stack.configuration.litellm_names import litellm_names
from gateway_kit.stack.rehearsing.translation.credentials import inline_credentials
from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.entries import Entry, read_entries
from gateway_kit.stack.rehearsing.translation.google import account_variable
from gateway_kit.stack.rehearsing.translation.labels import Named, make_labels
from gateway_kit.stack.rehearsing.translation.prices import keep_facts, lacks_price
from gateway_kit.stack.rehearsing.translation.providers import OPENAI, Spoken, spoken
from gateway_kit.stack.rehearsing.translation.result import SimulatedDeployment
from gateway_kit.stack.rehearsing.translation.set_aside import without_set_aside
from gateway_kit.stack.rehearsing.translation.sign_in import is_replaced, sign_in
from gateway_kit.stack.rehearsing.translation.wildcards import expand_wildcards


def lead_to_simulator(
    draft: Draft, simulator_url: str, *, as_openai: bool
) -> tuple[SimulatedDeployment, ...]:
    """Rewrite every deployment of the draft, and return them as the simulator knows them.

    Raises StackError for providers that the simulator does not speak, ConfigError for a model that a missing variable
    names.
    """
    _refuse_without_models(draft)
    inline_credentials(draft)
    expand_wildcards(draft)
    entries = without_set_aside(draft, read_entries(draft))
    dialects = [_dialect(each, as_openai=as_openai) for each in entries]
    _refuse_unspoken(
        draft, [each for each, dialect in zip(entries, dialects, strict=True) if dialect is None]
    )
    labels = _labels(draft, entries)
    simulated: dict[str, SimulatedDeployment] = {}
    for entry, dialect, label in zip(entries, dialects, labels, strict=True):
        if dialect is not None:
            one = _simulate(draft, entry, dialect, label, simulator_url.rstrip("/"))
            simulated.setdefault(label, one)
    return tuple(simulated.values())


def _labels(draft: Draft, entries: list[Entry]) -> list[str]:
    """A label for each; deployments that are the same to the letter share one, as they share LiteLLM's id."""
    named: dict[str, Named] = {}
    places = []
    for each in entries:
        written = json.dumps([each.model_name, draft.get(*each.params)], sort_keys=True, default=str)
        place = f"{each.given_id}{written}"
        named.setdefault(place, Named(each.model_name, each.provider, each.given_id))
        places.append(place)
    labels = dict(zip(named, make_labels(list(named.values())), strict=True))
    return [labels[place] for place in places]


def _refuse_without_models(draft: Draft) -> None:
    if draft.items("model_list"):
        return
    fix = "Models that are only in production's database have to be written into the file."
    if "proxy_config" in draft.data:
        fix = f"{draft.place(('proxy_config',))} has a configuration inside: write it into a file of its own."
    raise ConfigError(draft.source.path, [f"line 1: the file has no models to rehearse. {fix}"])


def _dialect(entry: Entry, *, as_openai: bool) -> Spoken | None:
    known = spoken(entry.provider, entry.name, entry.mode)
    if known is not None or not as_openai:
        return known
    # The name of a provider that the file itself defines is not one of LiteLLM's.
    name = entry.name if entry.provider else entry.name.rpartition("/")[2]
    return Spoken(OPENAI.dialect, written=f"openai/{name}")


def _refuse_unspoken(draft: Draft, entries: list[Entry]) -> None:
    if not entries:
        return
    lines = "\n".join(f"  {draft.place((*each.params, 'model'))}: {each.model}" for each in entries)
    raise StackError(
        f"The simulator does not speak the API of these models:\n{lines}\n"
        "Add --as-openai, and they are rehearsed in OpenAI's API at their own prices; or rehearse without them."
    )


def _simulate(draft: Draft, entry: Entry, dialect: Spoken, label: str, root: str) -> SimulatedDeployment:
    _write_model(draft, entry, dialect)
    if dialect.sign_in == "aws":
        given = {
            "aws_bedrock_runtime_endpoint": root,
            "aws_access_key_id": f"sim-{label}",
            "aws_secret_access_key": "simulated",
        }
    elif dialect.sign_in == "google":
        given = {"api_base": root, "vertex_credentials": account_variable(draft, label, root)}
    else:
        base = dialect.embeddings_base if entry.mode == "embedding" else dialect.base
        given = {"api_base": f"{root}/d/{label}{base}", "api_key": f"sim-{label}"}
    sign_in(draft, entry.params, given, dialect.sign_in)
    if not entry.given_id:
        draft.put((*entry.way, "model_info", "id"), label)
    written = dialect.written or entry.model
    told = f"{entry.model_name}: {entry.model}"
    if entry.is_rehearsed and lacks_price(draft, entry.way, entry.provider, entry.name):
        draft.notes.append(
            f"{draft.place((*entry.params, 'model'))}: LiteLLM has no price for {entry.model}: its calls cost nothing, "
            "and no budget sees them. Give it one in `model_info`, or name its model there as `base_model`."
        )
    if written == entry.model:
        draft.say(
            "kept", entry.way, "model, price, limits and parameters are as in the file", was=told, now=told
        )
    return SimulatedDeployment(
        label=label,
        model_name=entry.model_name,
        provider=entry.provider,
        dialect=dialect.dialect,
        model=entry.model,
        line=draft.line((*entry.params, "model")),
        id=entry.given_id or label,
    )


def _write_model(draft: Draft, entry: Entry, dialect: Spoken) -> None:
    """Write another model name where the simulator speaks only that one's API, with all that LiteLLM knows kept."""
    way = (*entry.params, "model")
    if not dialect.written:
        if draft.get(*way) != entry.model:
            draft.replace(way, entry.model, "the value of the variable")
        return
    provider = dialect.written.partition("/")[0]
    keep_facts(draft, entry.way, entry.provider, entry.name)
    how = "by Converse, Bedrock's own chat API" if provider == entry.provider else f"in the API of {provider}"
    why = f"rehearsed {how}; its price stays"
    draft.replace(way, dialect.written, why)
    if provider == entry.provider:
        return
    known = litellm_names().litellm_params
    for key in draft.keys(*entry.params):
        if key == "custom_llm_provider" or (known and key not in known and not is_replaced(key)):
            draft.drop((*entry.params, key), f"of an API that is not the rehearsed one, {provider}'s")
    budgets = draft.get("router_settings", "provider_budget_config")
    if isinstance(budgets, dict) and entry.provider in budgets:
        draft.notes.append(
            f"{draft.place(way)}: the budget of {entry.provider} does not see {entry.model}, which is rehearsed as "
            f"{dialect.written}."
        )
