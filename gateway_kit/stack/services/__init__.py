"""The stack's services, one file each, and what they are given: credentials, addresses, configuration."""
