"""What supervises services: processes, ports, probes, logs, and the record of what runs."""
