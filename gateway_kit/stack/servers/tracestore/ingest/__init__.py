"""From OTLP to rows: decoding spans and finding each field in their attributes. No HTTP, no SQL."""
