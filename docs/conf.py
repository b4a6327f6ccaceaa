"""How Sphinx makes the site out of docs/: ``make docs`` writes it to build/docs."""

from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "journeysim"
author = "journeysim authors"
project_copyright = author
release = importlib.metadata.version("journeysim")
language = "en"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "house_docstrings",
    "mathml",
]
exclude_patterns = ["_extensions"]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 4
# "$100 or more, but less than $500" is money.
myst_dmath_allow_digits = False
# MathML is written while the site is made; a script that shows formulas would have to come from a network.
html_math_renderer = "mathml"
myst_update_mathjax = False

# Docstrings follow numpydoc; the types stand in the signatures.
napoleon_google_docstring = False
napoleon_use_rtype = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
python_use_unqualified_type_names = True
python_display_short_literal_types = True
python_maximum_signature_line_length = 80

html_theme = "furo"
html_title = "journeysim"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
# Fonts of the reader's own system, Chinese ones too; pictograms are part of the theme's own pages.
html_theme_options = {"navigation_with_keys": False, "footer_icons": []}
highlight_language = "text"
pygments_style = "friendly"
pygments_dark_style = "github-dark"
