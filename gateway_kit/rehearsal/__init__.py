"""Rehearse a configuration of the gateway with logged traffic, before production sees it."""
