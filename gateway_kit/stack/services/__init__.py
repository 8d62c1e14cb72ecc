"""The stack's services, one file each, and what they need: credentials, addresses, configuration."""
