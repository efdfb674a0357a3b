"""Where a project keeps its files."""

import os
from pathlib import Path

# The folders are found from here, never from the working directory: a notebook may run anywhere.
ROOT = Path(os.environ.get("WIJKBOEK_ROOT", Path(__file__).resolve().parents[1]))
RAW = ROOT / "data" / "raw"
PROCESSED = ROOT / "data" / "processed"
REPORTS = ROOT / "reports"
PILOTS = ROOT / "pilots"
NOTEBOOKS = ROOT / "notebooks"
PACKAGE = Path(__file__).parent
TABLES = PACKAGE / "tables"
AS_OF = "WIJKBOEK_STAND"
SERVED = "WIJKBOEK_PILOT"  # the pilot that a server shows
DEFAULT = "utrecht-kanaleneiland"  # the pilot that is meant when none is named


def served(name: str) -> str:
    """Return the pilot that `wijkboek serve --pilot` was started with, else `name`."""
    return os.environ.get(SERVED) or name


def pilots(folder: Path) -> list[str]:
    """Return the names of the pilots that have a file in a folder, the default first."""
    found = sorted(path.stem for path in folder.glob("*.yml"))
    return sorted(found, key=lambda name: name != DEFAULT)
