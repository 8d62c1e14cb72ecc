"""The embedded stack: its services, one file each, and what starts, records and inspects them."""
