"""`general_settings`: master key, database, sign-in and alerting are the rehearsal's own, or gone."""

from __future__ import annotations

from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.rehearsing.translation.draft import Draft

_SECTION = "general_settings"


def translate_general(draft: Draft) -> None:
    """Replace what belongs to production in `general_settings`."""
    draft.replace((_SECTION, "master_key"), f"{REFERENCE}LITELLM_MASTER_KEY", "the rehearsal's own key")
    if "database_url" in draft.keys(_SECTION):
        draft.drop((_SECTION, "database_url"), "the rehearsal has a database of its own")
    draft.replace(
        (_SECTION, "forward_client_headers_to_llm_api"), True,
        "so that the simulator learns which logged call it answers",
    )  # fmt: skip
