"""Sphinx: the API reference, from the docstrings of the public names (`make docs`)."""

from importlib.metadata import version as version_of

project = "gateway_kit"
release = version_of("gateway-kit")
copyright = "the gateway_kit authors"  # noqa: A001  # Sphinx's own name
default_role = "code"
html_theme = "furo"
html_title = "gateway_kit"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
# Docstrings have Google's sections, in which a table's columns are a list.
napoleon_numpy_docstring = False
napoleon_use_rtype = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "exclude-members": "set"}
