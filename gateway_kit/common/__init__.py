"""What clients and the stack share. Internal; imports nothing of the kit but errors and settings."""
