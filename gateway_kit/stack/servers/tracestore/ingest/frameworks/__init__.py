"""The attributes of each instrumentation, one file each."""
