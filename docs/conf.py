"""Sphinx: the book, from the sources that `python -m tools.book` writes (`make book`, `make docs`)."""

from importlib.metadata import version as version_of

project = "gateway_kit"
release = version_of("gateway-kit")
copyright = "the gateway_kit authors"  # noqa: A001  # Sphinx's own name
default_role = "code"
smartquotes = False  # commands stay as they are typed
extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["downloads", "_static"]

html_theme = "furo"
html_title = "gateway_kit"
html_favicon = "_static/favicon.svg"
html_static_path = ["_static"]
html_css_files = ["book.css", "print.css"]
html_js_files = ["book.js"]
html_copy_source = False
html_show_sourcelink = False
html_domain_indices = False

myst_heading_anchors = 3

# Nothing is executed, and nothing is fetched: a panel without a kernel shows its static form.
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, dict[str, str]] = {}
nb_merge_streams = True

# Docstrings have Google's sections, in which a table's columns are a list.
napoleon_numpy_docstring = False
napoleon_use_rtype = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "exclude-members": "set"}
# Types of other packages, whose references are on other hosts.
nitpick_ignore_regex = [("py:.*", ".*")]
