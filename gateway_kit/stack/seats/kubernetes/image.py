"""The recipe of the image that every seat's pod runs: the repository, set up from its locks, as an ordinary user."""

from __future__ import annotations

from gateway_kit.stack.seats.kubernetes import facts
from gateway_kit.stack.seats.kubernetes.templates import fill_in

# Files and folders of the repository that the image has; nothing else of it is sent to the builder.
FILES = ("Makefile", "pyproject.toml", "README.md", "LICENSE", "requirements*.lock")
FOLDERS = ("tools", "gateway_kit", "notebooks", "images", "docs")
_NEVER = ("**/node_modules", "**/__pycache__", "**/.venv", "**/.gateway", "**/.env")


def dockerfile() -> str:
    """The Dockerfile; its context is the repository's root."""
    return fill_in(
        "Dockerfile",
        base_image=facts.BASE_IMAGE,
        uid=facts.UID,
        home=facts.HOME,
        kit=facts.KIT,
        files=" ".join(FILES),
        copies="\n".join(f"COPY --chown=seat {folder} {folder}" for folder in FOLDERS),
        chart_version=facts.CHART_VERSION,
        hub_version=facts.HUB_VERSION,
        hub_sha256=facts.HUB_WHEEL_SHA256,
    )


def dockerignore() -> str:
    """What is sent to the builder: no state folder, no environment, no history."""
    wanted = (f"!{name}" for name in (*FILES, *FOLDERS))
    return "\n".join(("*", *wanted, *_NEVER)) + "\n"
