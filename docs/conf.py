"""Sphinx: the API reference, from the docstrings of the public names (`make docs`)."""

import subprocess
from importlib.metadata import version as version_of
from pathlib import Path

from gateway_kit.stack.services.programs import NODE_FOLDER, node

project = "gateway_kit"
release = version_of("gateway-kit")
copyright = "the gateway_kit authors"  # noqa: A001  # Sphinx's own name
default_role = "code"
html_theme = "furo"
html_title = "gateway_kit"
html_static_path = ["_static"]
html_css_files = ["print.css"]
exclude_patterns = [".ipynb_checkpoints"]  # JupyterLab makes them of what it shows
myst_heading_anchors = 3
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
# Docstrings have Google's sections, in which a table's columns are a list.
napoleon_numpy_docstring = False
napoleon_use_rtype = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "exclude-members": "set"}

# The page that the simulator shows of itself, as it is in this version.
_PAGE = """
import { CONTENTS } from "./providers/page/contents.mjs";
import { markdown } from "./providers/page/markdown.mjs";
process.stdout.write(markdown(CONTENTS));
"""
_PRINT = [str(node()), "--input-type=module", "-e", _PAGE]
Path(__file__).with_name("simulated_providers.md").write_bytes(
    subprocess.run(_PRINT, cwd=NODE_FOLDER, capture_output=True, check=True).stdout
)
