"""Learn and try an LLM gateway."""

from gateway_kit.import_path import check_import_path

check_import_path()
