"""What the pages beside the report share: templates, the style sheet, and scripts they may run."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from wijkboek_utils import colours
from wijkboek_utils.dutch import plain

TEMPLATES = Path(__file__).parent / "templates"


@cache
def templates() -> Environment:
    """Return our templates; a name that a template uses and nobody gives is an error."""
    return Environment(
        loader=PackageLoader("wijkboek_utils"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: plain(value) if type(value) is str else value,  # not our own HTML
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def text(name: str) -> str:
    """Return a file of the templates as it is, such as `report.css`."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


def style(huiskleuren: dict[str, str] | None = None) -> str:
    """Return the style sheet of a page, in the colours of a pilot where it has its own."""
    return text("report.css") + colours.palette(huiskleuren or {})


def allowed(scripts: list[str]) -> str:
    """Return the sources of a Content-Security-Policy that let these inline scripts run, no other.

    A browser compares the hash of each script with these (CSP level 2, hash-source).
    """
    digests = [hashlib.sha256(script.encode()).digest() for script in scripts]
    return " ".join(f"'sha256-{base64.b64encode(d).decode()}'" for d in digests)
