"""What clients and stack share: tables, polling. Internal."""
