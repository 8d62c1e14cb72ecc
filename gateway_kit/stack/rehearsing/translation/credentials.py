"""`credential_list`: what a deployment takes from it is written into the deployment, without the secrets."""

from __future__ import annotations

from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.secrets import is_secret, is_secret_name
from gateway_kit.stack.rehearsing.translation.sign_in import is_replaced

_NAME = "litellm_credential_name"


def inline_credentials(draft: Draft) -> None:
    """Give each deployment what its named credential holds besides secrets and addresses, then drop the list."""
    values = {}
    for _, item in draft.items("credential_list"):
        if isinstance(item, dict) and isinstance(item.get("credential_values"), dict):
            values[item.get("credential_name")] = item["credential_values"]
    for number, _ in draft.items("model_list"):
        params = ("model_list", number, "litellm_params")
        named = draft.get(*params, _NAME)
        if named is None:
            continue
        if named not in values:
            draft.notes.append(
                f"{draft.place((*params, _NAME))}: the file has no credential `{named}`; in production it has to be in "
                "the database, or each call fails."
            )
        for key, value in values.get(named, {}).items():
            # What the deployment itself says counts, as in LiteLLM.
            if key in draft.keys(*params) or is_replaced(key) or is_secret_name(key) or is_secret(key, value):
                continue
            draft.put((*params, key), value)
        draft.drop((*params, _NAME), "the simulator takes its own key; what else the credential says is kept")
    for number, item in draft.items("credential_list"):
        draft.say(
            "replaced", ("credential_list", number), "no credential is needed",
            was=str(item.get("credential_name", "")) if isinstance(item, dict) else "",
        )  # fmt: skip
    draft.remove(("credential_list",))
