"""Learn and try an LLM gateway."""

from gateway_kit.shadows import check_import_path

check_import_path()
