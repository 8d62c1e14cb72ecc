"""The gateway's cache: what is in it, what it spares, and how one request treats it."""

from gateway_kit.caching.cache import ENTRY_COLUMNS, Cache, connect_cache
from gateway_kit.caching.controls import cache_controls
from gateway_kit.caching.guard import guard_accepts, guard_namespace, negations_in, numbers_in
from gateway_kit.caching.index import SemanticIndex
from gateway_kit.caching.measure import ask_pairs, similarities
from gateway_kit.caching.pairs import PAIR_COLUMNS, PAIR_GROUPS, as_traffic, labelled_pairs
from gateway_kit.caching.savings import SAVINGS_COLUMNS, cache_savings
from gateway_kit.caching.semantic import SemanticGateway, semantic_gateway
from gateway_kit.caching.thresholds import THRESHOLD_COLUMNS, THRESHOLDS, cheapest, hits_at, threshold_table

__all__ = [
    "ENTRY_COLUMNS",
    "PAIR_COLUMNS",
    "PAIR_GROUPS",
    "SAVINGS_COLUMNS",
    "THRESHOLDS",
    "THRESHOLD_COLUMNS",
    "Cache",
    "SemanticGateway",
    "SemanticIndex",
    "as_traffic",
    "ask_pairs",
    "cache_controls",
    "cache_savings",
    "cheapest",
    "connect_cache",
    "guard_accepts",
    "guard_namespace",
    "hits_at",
    "labelled_pairs",
    "negations_in",
    "numbers_in",
    "semantic_gateway",
    "similarities",
    "threshold_table",
]
