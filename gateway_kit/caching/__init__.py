"""`gateway.cache`: what is in the cache, what it saves, and how one request treats it. Internal."""
