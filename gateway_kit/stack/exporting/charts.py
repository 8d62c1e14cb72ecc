"""The official charts that the values are for, and the names of the files."""

from __future__ import annotations

from importlib.metadata import version

from gateway_kit.stack.exporting.images import GATEWAY_IMAGE, SIGNED_BY, SIGNERS_ISSUER, gateway_image

# LiteLLM publishes the chart, as its image, under the version of each release.
LITELLM_CHART = "oci://ghcr.io/berriai/litellm-helm"
LITELLM_IMAGE, LITELLM_USER = GATEWAY_IMAGE, 65534  # nobody

LANGFUSE_CHART = "oci://ghcr.io/langfuse/langfuse-k8s/charts/langfuse"
LANGFUSE_CHART_VERSION, LANGFUSE_VERSION = "2.0.0", "4.4.0"
LANGFUSE_USER = 1001  # of both images
LANGFUSE_WEB, LANGFUSE_WORKER = (
    "docker.langfuse.com/langfuse/langfuse",
    "docker.langfuse.com/langfuse/langfuse-worker",
)
# Stands where a digest has to be filled in.
NO_DIGEST = "sha256:digest.invalid"

VALUES, PRODUCTION = "litellm-values.yaml", "litellm-production.yaml"
SEMANTIC, LANGFUSE = "litellm-semantic.yaml", "langfuse-values.yaml"


def litellm_version() -> str:
    """The kit's LiteLLM: the version of chart and image."""
    return version("litellm")


def litellm_tag() -> str:
    """The image's tag. A tag can be moved: its digest belongs behind it."""
    return gateway_image().rpartition(":")[2]


def images(*, langfuse: bool) -> tuple[str, ...]:
    """All images, by their tags."""
    traces = (f"{LANGFUSE_WEB}:{LANGFUSE_VERSION}", f"{LANGFUSE_WORKER}:{LANGFUSE_VERSION}")
    return (gateway_image(), *traces) if langfuse else (gateway_image(),)


def find_digests(*, langfuse: bool) -> tuple[str, ...]:
    """The commands that show each image's digest, and who made LiteLLM's."""
    return (
        *(f"docker buildx imagetools inspect {image}" for image in images(langfuse=langfuse)),
        f"cosign verify --certificate-identity {SIGNED_BY} --certificate-oidc-issuer {SIGNERS_ISSUER} "
        f"{LITELLM_IMAGE}@sha256:...",
    )
