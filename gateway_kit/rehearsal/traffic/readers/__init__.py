"""Readers of records: one file for each way in which gateways write a call down."""
