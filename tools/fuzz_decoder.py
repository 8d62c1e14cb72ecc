"""Fuzz the trace store's decoders with atheris: `python tools/fuzz_decoder.py SECONDS`.

Any bytes, read as protobuf and as JSON, must give rows or raise ExportError. Anything else ends the run with exit
code 77 and writes the bytes to a file crash-*; the same command with that file's name repeats the failure.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["gateway_kit.stack.servers.tracestore"]):
    import json

    from gateway_kit.stack.servers.tracestore.ingest.otlp_json import decode_json
    from gateway_kit.stack.servers.tracestore.ingest.otlp_protobuf import decode_protobuf
    from gateway_kit.stack.servers.tracestore.ingest.prices import PriceTable
    from gateway_kit.stack.servers.tracestore.ingest.span import ExportError
    from gateway_kit.stack.servers.tracestore.ingest.span_to_row import rows_of_spans

RECORDED = Path(__file__).resolve().parent.parent / "tests" / "stack" / "tracestore" / "recorded" / "wire"
PRICES = PriceTable.from_map(
    {"gpt-4o-mini": {"input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07}}
)
JSON_COLUMNS = ("metadata", "model_parameters", "usage_details", "cost_details")


def decode(body: bytes) -> None:
    """Decode the bytes both ways and check the rows."""
    for read in (decode_protobuf, decode_json):
        try:
            rows = list(rows_of_spans(read(body), PRICES, 1_800_000_000_000_000_000))
        except ExportError:
            continue
        for row in rows:
            assert row.trace_id
            assert row.id
            assert not any("\x00" in value for value in row if isinstance(value, str))
            for column in JSON_COLUMNS:
                assert isinstance(json.loads(getattr(row, column)), dict)


def main() -> None:
    """Fuzz for the number of seconds in the first argument, or run once with the bytes of that file."""
    argument = sys.argv[1] if len(sys.argv) > 1 else "60"
    if Path(argument).is_file():
        decode(Path(argument).read_bytes())
        return
    # libFuzzer writes new inputs to the first folder and only reads the recorded files in the second.
    with tempfile.TemporaryDirectory() as corpus:
        options = [f"-max_total_time={int(argument)}", "-max_len=8192", "-print_final_stats=1"]
        atheris.Setup([sys.argv[0], *options, corpus, str(RECORDED)], decode)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
