"""Lead each deployment to the simulator under its label; the model's name, and with it prices and limits, stays."""

from __future__ import annotations

from dataclasses import dataclass

from gateway_kit.errors import ConfigError, StackError
from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.rehearsing.translation.credentials import inline_credentials
from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.labels import Named, make_labels
from gateway_kit.stack.rehearsing.translation.models import priced_as, split_model
from gateway_kit.stack.rehearsing.translation.prices import has_own_price
from gateway_kit.stack.rehearsing.translation.providers import PROVIDERS, Spoken, spoken
from gateway_kit.stack.rehearsing.translation.result import SimulatedDeployment
from gateway_kit.stack.rehearsing.translation.source import Way

SIMULATED_ACCOUNT = f"{REFERENCE}SIMULATED_VERTEX_CREDENTIALS"

# Who may sign in, and where: what a deployment has of these is taken away, and the simulator's put in its place.
_ADDRESSES = ("api_base", "base_url", "aws_bedrock_runtime_endpoint", "aws_sts_endpoint")
_CREDENTIALS = (
    "api_key", "azure_ad_token", "azure_ad_token_provider", "tenant_id", "client_id", "client_secret", "azure_username",
    "azure_password", "azure_scope", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "aws_role_name",
    "aws_session_name", "aws_profile_name", "aws_web_identity_token", "aws_external_id", "aws_session_tags",
    "aws_bearer_token_bedrock", "vertex_credentials", "vertex_ai_credentials", "use_xai_oauth", "chatgpt_auth_file",
    "openai_identity_provider_id", "openai_identity_token_file", "openai_service_account_id",
    "anthropic_identity_token", "anthropic_identity_token_file", "anthropic_federation_rule_id",
    "anthropic_federation_workspace_id",
    "anthropic_service_account_id", "anthropic_organization_id", "anthropic_issuer_url",
    "anthropic_keycloak_client_id", "anthropic_keycloak_client_secret_ref", "anthropic_keycloak_token_url",
)  # fmt: skip
_NETWORK = ("ssl_verify", "use_litellm_proxy", "shared_session", "client")

_KEY = "the simulator takes this key, which names the deployment"
_ADDRESS = "the deployment's address at the simulator"


@dataclass(frozen=True)
class _Entry:
    """One deployment of the file: its number in `model_list` and what decides how it is simulated."""

    number: int
    model_name: str
    model: str
    provider: str
    name: str
    given_id: str
    mode: str

    @property
    def way(self) -> Way:
        return ("model_list", self.number)

    @property
    def params(self) -> Way:
        return (*self.way, "litellm_params")


def lead_to_simulator(
    draft: Draft, simulator_url: str, *, as_openai: bool
) -> tuple[SimulatedDeployment, ...]:
    """Rewrite every deployment of the draft, and return them as the simulator knows them.

    Raises StackError for providers that the simulator does not speak, ConfigError for a model that a missing variable
    names.
    """
    inline_credentials(draft)
    entries = _entries(draft)
    _refuse_unspoken([each for each in entries if _spoken(each, as_openai) is None], draft, as_openai)
    labels = make_labels([Named(each.model_name, each.provider, each.given_id) for each in entries])
    return tuple(
        _simulate(draft, each, label, simulator_url, as_openai=as_openai)
        for each, label in zip(entries, labels, strict=True)
    )


def _entries(draft: Draft) -> list[_Entry]:
    entries, unset = [], []
    for number, deployment in draft.items("model_list"):
        if not isinstance(deployment, dict) or not isinstance(deployment.get("litellm_params"), dict):
            continue
        params = deployment["litellm_params"]
        written = params.get("model")
        model = draft.resolved(written)
        if not isinstance(model, str) or not model.strip():
            place = draft.source.place(("model_list", number, "litellm_params", "model"))
            variable = str(written).removeprefix(REFERENCE)
            fix = f"Run: export {variable}=PROVIDER/MODEL"
            unset.append(f"{place}: the variable {variable}, which names the model, is not set. {fix}")
            continue
        custom = params.get("custom_llm_provider")
        provider, name = split_model(model, custom if isinstance(custom, str) else None)
        info = deployment.get("model_info")
        info = info if isinstance(info, dict) else {}
        given_id = info.get("id")
        entries.append(
            _Entry(
                number,
                str(deployment.get("model_name", "")),
                model,
                provider,
                name,
                "" if given_id is None else str(given_id),
                str(info.get("mode") or _listed_mode(provider, name)),
            )
        )
    if unset:
        raise ConfigError(draft.source.path, unset)
    return entries


def _listed_mode(provider: str, name: str) -> str:
    from gateway_kit.stack.rehearsing.translation.models import price_list

    known = priced_as(provider, name)
    entry = price_list().get(known) if known else None
    return str(entry.get("mode", "")) if isinstance(entry, dict) else ""


def _spoken(entry: _Entry, as_openai: bool) -> Spoken | None:
    return spoken(entry.provider, entry.name) or (PROVIDERS["openai"] if as_openai else None)


def _refuse_unspoken(entries: list[_Entry], draft: Draft, as_openai: bool) -> None:
    if not entries or as_openai:
        return
    lines = "\n".join(f"  {draft.source.place((*each.params, 'model'))}: {each.model}" for each in entries)
    raise StackError(
        f"The simulator does not speak the API of these models:\n{lines}\n"
        "Add --as-openai, and they are rehearsed in OpenAI's API at their own prices; or rehearse without them."
    )


def _simulate(
    draft: Draft, entry: _Entry, label: str, simulator_url: str, *, as_openai: bool
) -> SimulatedDeployment:
    dialect = _spoken(entry, as_openai)
    assert dialect is not None  # noqa: S101  # refused before
    root = simulator_url.rstrip("/")
    if spoken(entry.provider, entry.name) is None:
        _as_openai(draft, entry)
    elif draft.get(*entry.params, "model") != entry.model:
        draft.replace((*entry.params, "model"), entry.model, "the variable's value")
    base = dialect.embeddings_base if entry.mode == "embedding" else dialect.base
    address = f"{root}/d/{label}{base}"
    if dialect.sign_in == "aws":
        address = root
        given = {
            "aws_bedrock_runtime_endpoint": address,
            "aws_access_key_id": f"sim-{label}",
            "aws_secret_access_key": "simulated",
        }
        if not draft.resolved(draft.get(*entry.params, "aws_region_name")):
            given["aws_region_name"] = "us-east-1"
    elif dialect.sign_in == "google":
        given = {"api_base": address, "vertex_credentials": SIMULATED_ACCOUNT}
        for key, value in (("vertex_project", "simulated-project"), ("vertex_location", "us-central1")):
            if not draft.resolved(draft.get(*entry.params, key)):
                given[key] = value
    else:
        given = {"api_base": address, "api_key": f"sim-{label}"}
    _put_in_place(draft, entry.params, given)
    _name(draft, entry, label)
    return SimulatedDeployment(
        label, entry.model_name, entry.provider, dialect.dialect, entry.model,
        draft.source.line((*entry.params, "model")), entry.given_id or label,
    )  # fmt: skip


def _put_in_place(draft: Draft, params: Way, given: dict[str, str]) -> None:
    """Write the simulator's address and credentials; take the file's own away, each with a line in the list."""
    for key in draft.keys(*params):
        if key in given:
            continue
        if key in _ADDRESSES:
            draft.drop((*params, key), "the rehearsal leads to the simulator")
        elif key in _CREDENTIALS:
            draft.drop((*params, key), "the simulator takes its own key")
        elif key in _NETWORK:
            draft.drop((*params, key), "no connection leaves the machine")
    for key, value in given.items():
        why = _ADDRESS if key in _ADDRESSES else _KEY
        if key in ("aws_region_name", "vertex_project", "vertex_location"):
            why = "the file leaves this to the environment; the simulator takes any"
        elif key == "vertex_credentials":
            why = "a service account that opens nothing but the simulator"
        draft.replace((*params, key), value, why)


def _as_openai(draft: Draft, entry: _Entry) -> None:
    why = (
        f"--as-openai: the simulator does not speak {entry.provider or 'this API'}; "
        "parameters are mapped as for OpenAI"
    )
    draft.replace((*entry.params, "model"), f"openai/{entry.name}", why)
    if "custom_llm_provider" in draft.keys(*entry.params):
        draft.drop((*entry.params, "custom_llm_provider"), why)
    known = priced_as(entry.provider, entry.name)
    info = (*entry.way, "model_info")
    if known and not has_own_price(draft, entry.way) and not draft.get(*info, "base_model"):
        draft.replace((*info, "base_model"), known, "so that the price stays")


def _name(draft: Draft, entry: _Entry, label: str) -> None:
    """Give LiteLLM the label as the deployment's id, where the file has none."""
    if not entry.given_id:
        draft.put((*entry.way, "model_info", "id"), label)
