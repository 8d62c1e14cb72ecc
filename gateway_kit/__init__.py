"""Learn and try an LLM gateway."""
