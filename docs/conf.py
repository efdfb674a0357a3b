"""The website of these pages, made by Sphinx: `make docs` writes it to docs/_site."""

import sys
from gettext import NullTranslations
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from pygments.lexers.special import TextLexer
from sphinx.highlighting import lexers

from docs import invoegen

project = "Wijkboek"
html_title = "Wijkboek"
author = "Wijkboek"
copyright = "Wijkboek, CC BY 4.0"
language = "nl"
extensions = ["myst_parser"]
lexers["csv"] = TextLexer()  # it has no colours, and no warning
myst_heading_anchors = 3
exclude_patterns = ["_site", "**/.ipynb_checkpoints"]
# What a colour of code costs in contrast is not worth it: a11y styles pass 4.5 to 1.
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["wijkboek.css"]
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {"color-brand-primary": "#0b5d7a", "color-brand-content": "#0b5d7a"},
    "dark_css_variables": {"color-brand-primary": "#7fc4de", "color-brand-content": "#7fc4de"},
}

# What the theme says in English, because it has no Dutch of its own.
WORDS = {
    "Back to top": "Naar boven",
    "Made with ": "Gemaakt met ",
    '<a href="https://www.sphinx-doc.org/">Sphinx</a> and ': (
        '<a href="https://www.sphinx-doc.org/">Sphinx</a> en '
    ),
    "On this page": "Op deze pagina",
    "Skip to content": "Naar de inhoud",
    "Home": "Begin",
    "Next": "Volgende",
    "Previous": "Vorige",
}
LABELS = {
    "Toggle site navigation sidebar": "Menu open of dicht",
    "Toggle table of contents sidebar": "Inhoud van deze pagina open of dicht",
    "Toggle Light / Dark / Auto color theme": "Licht, donker of automatisch",
    "Toggle navigation of": "Open of sluit",
    "<title>Contents</title>": "<title>Inhoud</title>",
    "<title>Expand</title>": "<title>Uitklappen</title>",
    "<title>Light mode</title>": "<title>Licht</title>",
    "<title>Dark mode</title>": "<title>Donker</title>",
    "<title>Auto light/dark, in light mode</title>": "<title>Automatisch, nu licht</title>",
    "<title>Auto light/dark, in dark mode</title>": "<title>Automatisch, nu donker</title>",
    "Link to this heading": "Link naar deze kop",
    # Two parts of a page with the same role need a name each.
    '<aside class="sidebar-drawer"': '<aside aria-label="Alle pagina\'s" class="sidebar-drawer"',
    '<aside class="toc-drawer': '<aside aria-label="Deze pagina" class="toc-drawer',
    # What scrolls must be reached without a mouse.
    '<div class="table-wrapper': '<div tabindex="0" class="table-wrapper',
    '<div class="highlight"><pre>': '<div class="highlight"><pre tabindex="0">',
    # These drawings say nothing that the button or link around them does not say.
    '<svg class="theme-icon': '<svg aria-hidden="true" class="theme-icon',
    '<svg class="furo-related': '<svg aria-hidden="true" class="furo-related',
    '<span class="icon"><svg>': '<span class="icon"><svg aria-hidden="true">',
}


class _Dutch(NullTranslations):
    """Words of the theme that Sphinx has no Dutch for."""

    def gettext(self, message: str) -> str:
        """Return a text in Dutch, or as it is."""
        return WORDS.get(message, message)


def _translate(app: Any) -> None:
    from sphinx.locale import translators

    translators["general", "sphinx"].add_fallback(_Dutch())


def _label(app: Any, exception: Exception | None) -> None:
    """Put names of buttons in Dutch, which the theme has in its pages as they are."""
    for page in [] if exception else Path(app.outdir).rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        for english, dutch in LABELS.items():
            text = text.replace(english, dutch)
        page.write_text(text, encoding="utf-8")


def _insert(app: Any, page: str, source: list[str]) -> None:
    source[0] = invoegen.filled(source[0])


def setup(app: Any) -> None:
    """Fill in what is made from tables, and speak Dutch."""
    app.connect("builder-inited", _translate)
    app.connect("source-read", _insert)
    app.connect("build-finished", _label)
