"""From OTLP to rows: decoding, and what each instrumentation calls its fields. No HTTP, no SQL."""
