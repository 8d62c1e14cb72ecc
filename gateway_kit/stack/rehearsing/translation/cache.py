"""The cache: same kind, TTL and key space, in the rehearsal's own Redis; the kit's embeddings compare meaning."""

from __future__ import annotations

from typing import Any

from gateway_kit.stack.configuration.models import REFERENCE
from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.redis import drop_connection
from gateway_kit.stack.rehearsing.translation.result import SemanticCache

_PARAMS = ("litellm_settings", "cache_params")
# Caches in files, buckets and other stores: answers are kept as long and found as often in Redis.
_STORES = ("s3", "gcs", "azure-blob", "disk")
_OF_STORES = ("s3_", "gcs_", "azure_account", "azure_blob", "azure_client", "azure_tenant", "account_url", "container",
              "disk_cache", "bucket", "path", "qdrant_", "valkey_semantic")  # fmt: skip
_SEMANTIC = ("redis-semantic", "qdrant-semantic", "valkey-semantic")
# The model_name of the kit's embedding model in the rehearsal's configuration.
EMBEDDING_MODEL = "rehearsal-embedding"


def translate_cache(draft: Draft) -> SemanticCache | None:
    """Lead the cache to the rehearsal's Redis; returns what the file's semantic cache was, None if it has none."""
    if not isinstance(draft.get(*_PARAMS), dict):
        return None
    kind = draft.resolved(draft.get(*_PARAMS, "type"))
    semantic = _semantic(draft) if kind in _SEMANTIC else None
    drop_connection(draft, _PARAMS)
    for key in draft.keys(*_PARAMS):
        if str(key).startswith(_OF_STORES):
            draft.drop((*_PARAMS, key), "the rehearsal's cache is in its Redis")
    if kind in _STORES:
        why = f"Redis stands for {kind}: the same answers are kept as long, and found faster"
        draft.replace((*_PARAMS, "type"), "redis", why)
    elif semantic is not None:
        _lead_to_embeddings(draft, kind)
    return semantic if draft.get("litellm_settings", "cache") else None


def _semantic(draft: Draft) -> SemanticCache:
    params = draft.get(*_PARAMS)
    model = next((draft.resolved(v) for k, v in params.items() if str(k).endswith("embedding_model")), None)
    return SemanticCache(
        threshold=_number(draft.resolved(params.get("similarity_threshold"))),
        ttl_s=_number(draft.resolved(params.get("ttl"))),
        embedding_model=str(model or "text-embedding-ada-002"),
    )


def _lead_to_embeddings(draft: Draft, kind: Any) -> None:
    if kind != "redis-semantic":
        draft.replace((*_PARAMS, "type"), "redis-semantic", f"Redis stands for {kind.partition('-')[0]}")
    if not draft.get("litellm_settings", "cache"):
        return
    way = (*_PARAMS, "redis_semantic_cache_embedding_model")
    why = "the kit's embedding model on this machine; similarities differ from one model to the other"
    draft.replace(way, EMBEDDING_MODEL, why)
    index = (*_PARAMS, "redis_semantic_cache_index_name")
    if index[-1] in draft.keys(*_PARAMS):
        draft.replace(index, f"{draft.get(*index)}-rehearsal", "an index holds the vectors of one model")
    draft.put((*_PARAMS, "redis_url"), f"{REFERENCE}REDIS_URL")
    deployment = {
        "model_name": EMBEDDING_MODEL,
        "litellm_params": {
            "model": "hosted_vllm/all-minilm-l6-v2",
            "api_base": f"{REFERENCE}EMBEDDINGS_URL",
            "api_key": "none",
            "no-log": True,
        },
        "model_info": {"mode": "embedding", "output_vector_size": 384, "id": EMBEDDING_MODEL},
    }
    if not isinstance(draft.get("model_list"), list):
        draft.put(("model_list",), [])
    draft.append(("model_list",), deployment, like=_PARAMS)
    draft.notes.append(
        "The semantic cache compares meaning by the kit's embedding model, so a threshold that fits the file's model "
        "may hit more or less often here."
    )


def _number(value: Any) -> float | None:
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except (TypeError, ValueError):
        return None
