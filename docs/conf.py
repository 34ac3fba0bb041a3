"""The documentation site: `make docs`. Pages are Markdown; the reference is made of docstrings and commands."""

import subprocess
import sys
from pathlib import Path

import mlastats
from mlastats import measure

DOCS = Path(__file__).parent

project = "mlastats"
release = mlastats.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx_click"]
exclude_patterns = ["_build", "translations"]
templates_path = ["_templates"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
# A dash of a command stays two.
smartquotes = False
# Docstrings write names of columns and functions in single backticks.
default_role = "code"
# What Tab offers is what is described.
autosummary_context = {"domain": measure.__all__}
autodoc_typehints = "none"
autodoc_member_order = "bysource"
nitpicky = True

html_theme = "furo"
html_title = f"mlastats {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False


def setup(app: object) -> None:
    """Draw the figures before the pages are read."""
    subprocess.run(
        [sys.executable, DOCS / "figures.py", DOCS / "figures"], check=True, stdout=subprocess.DEVNULL
    )
