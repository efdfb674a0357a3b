"""Where a project keeps its files."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from wijkboek_utils.errors import Fout, did_you_mean

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
_ORDER = re.compile(r"[0-2]\d_\w+")
DEFAULT = "utrecht-kanaleneiland"  # the pilot that is meant when none is named


def served(name: str) -> str:
    """Return the pilot that `wijkboek serve --pilot` was started with, else `name`."""
    return os.environ.get(SERVED) or name


def notebooks(folder: Path | None = None) -> list[Path]:
    """Return the notebooks that make a report, in reading order.

    0x build, 1x and 2x show; 9x are for play and never part of a report.
    """
    return sorted(p for p in (folder or NOTEBOOKS).glob("*.ipynb") if _ORDER.fullmatch(p.stem))


def pilots(folder: Path) -> list[str]:
    """Return the names of the pilots that have a file in a folder, the default first."""
    found = sorted(path.stem for path in folder.glob("*.yml"))
    return sorted(found, key=lambda name: name != DEFAULT)


def reports(names: Sequence[str], everything: bool = False) -> list[Path]:
    """Return the folders of reports, each once; with `everything` those of all reports too.

    A name is that of the pilot, or a path to the folder or its page. Raises Fout, with the nearest
    names, for what is no report, and when there is none at all.
    """
    found = [_report(name) for name in names]
    found += [REPORTS / name for name in _made() if everything]
    if not found:
        raise Fout("Er zijn nog geen rapporten. Maak ze met: wijkboek render --all")
    return list(dict.fromkeys(path.resolve() for path in found))


def _report(name: str) -> Path:
    path = Path(name)
    path = path.absolute().parent if path.suffix == ".html" else path
    for folder in (path, ROOT / path, REPORTS / path.name):
        if (folder / "index.html").is_file():
            return folder
    near = did_you_mean(path.name, known := _made())
    have = f" Er zijn rapporten van {', '.join(known)}." if known else ""
    raise Fout(
        f"{name} is geen rapport: er is geen reports/{path.name}/index.html.{near}{have} "
        f"Maak een rapport met: wijkboek render {path.name}"
    )


def _made() -> list[str]:
    return sorted(path.parent.name for path in REPORTS.glob("[!.]*/index.html"))
