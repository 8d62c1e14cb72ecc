config["general_settings"] |= {
    "master_key": "os.environ/LITELLM_MASTER_KEY",
    "database_connection_pool_limit": 24,  # (100 - 3) // (3 + 1)
    "proxy_batch_write_at": 60,
}
redis = {name: f"os.environ/REDIS_{name.upper()}" for name in ("host", "port", "password")}
config["litellm_settings"] |= {
    "set_verbose": False,
    "cache_params": {"type": "redis", **redis, "ttl": 600, "default_in_memory_ttl": 5},
}
config["router_settings"]["routing_strategy"] = "simple-shuffle"
