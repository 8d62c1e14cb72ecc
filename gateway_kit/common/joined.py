"""Whether this machine takes part in a workshop: what a lesson asks before it loads anything of one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from gateway_kit.errors import KitError
from gateway_kit.settings import load_settings

MEMBERSHIP = "workshop.json"


def joined_home(environ: Mapping[str, str] | None = None) -> Path | None:
    """The state folder, if it holds a membership (`gateway-kit workshop join` and a workshop's seats write it).

    None if GATEWAY_REPORTS is `off`: then nothing is reported.
    """
    env = os.environ if environ is None else environ
    if env.get("GATEWAY_REPORTS", "").strip().lower() == "off":
        return None
    try:
        home = load_settings(env).home
    except KitError:
        return None
    return home if (home / MEMBERSHIP).is_file() else None
