"""Open a contributed file: what stands in it, as text, or what keeps it from being read."""

import hashlib
import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path, PurePath
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from wijkboek_utils.dutch import plain
from wijkboek_utils.local import limits
from wijkboek_utils.local.contribution import Fault, Opened
from wijkboek_utils.local.schema import KINDS

OVER = ".over.csv"  # beside a CSV or a map: what the file says of itself
_FAILED = "het bestand is niet te lezen. Open het, bewaar het opnieuw en probeer het nog eens."
_SLOW = "het lezen van het bestand duurt te lang. Verdeel het over meer bestanden."
# Nothing of what the server knows goes along; a thread for each core would cost memory.
_KEPT = ("PATH", "SYSTEMROOT", "LANG", "PROJ_DATA", "GDAL_DATA")
_OWN = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def open_file(path: Path) -> Opened:
    """Open a file, with `<name>.over.csv` beside it when that is there. See `open_bytes`."""
    beside = path.with_name(path.stem + OVER)
    try:
        with path.open("rb") as file:
            content = file.read(limits.BYTES + 1)
        over = beside.read_bytes() if beside != path and beside.is_file() else None
    except OSError:
        words = "het bestand is er niet, of mag niet gelezen worden."
        return _refused(path.name, b"", "", [Fault(words)])
    return open_bytes(content, path.name, over)


def open_bytes(content: bytes, name: str, over: bytes | None = None) -> Opened:
    """Return what is in a file: its form decided by the content, its cells as text.

    `over` is the content of a file with facts about this one, a name and a value in each row. The
    file is read by a process of its own (`local.reader`) that may use 1 GB and 10 seconds. A file
    that cannot be read never raises: it comes back without rows, with `faults` in Dutch. In a map
    the first feature counts as row 2, so that a table of it has the names in row 1.
    """
    name = _file_name(name)
    if len(content) > limits.BYTES:
        most = limits.BYTES // 1_000_000
        words = f"het bestand is groter dan {most} MB. Verdeel het over meer bestanden."
        return _refused(name, content, "", [Fault(words)])
    told = _read(content)
    about = dict(told.get("about", {}))
    faults = [Fault(*one) for one in told.get("faults", [])]
    if over is not None and not faults:
        more = _read(over[: limits.BYTES], "--over")
        about |= more.get("about", {})
        faults = [Fault(*one) for one in more.get("faults", [])]
    if faults:
        return _refused(name, content, told.get("form", ""), faults)
    rows = _frame(told)
    kind = about.pop("dataset", "")
    return Opened(
        name=name,
        form=told["form"],
        sha256=hashlib.sha256(content).hexdigest(),
        rows=rows,
        about=about,
        shapes=_shapes(told["wkb"], rows.index) if told["wkb"] is not None else None,
        crs=told["crs"],
        kind=kind if kind in KINDS else "",
    )


def _file_name(name: str) -> str:
    """Return the name of a file without folders and without what nobody sees."""
    bare = " ".join(plain(PurePath(name.replace("\\", "/")).name).split())
    return unicodedata.normalize("NFC", bare)[:120] or "bestand"


def _refused(name: str, content: bytes, form: str, faults: list[Fault]) -> Opened:
    digest = hashlib.sha256(content).hexdigest()
    return Opened(name, form, digest, pd.DataFrame(), faults=tuple(faults))


def _read(content: bytes, *options: str) -> dict[str, Any]:
    """Return the answer of a process that reads the content, or a fault when it did not last."""
    package = Path(__file__).resolve().parents[2]
    known = {name: os.environ[name] for name in _KEPT if name in os.environ}
    try:
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "wijkboek_utils.local.reader", *options],
            input=content,
            capture_output=True,
            timeout=limits.SECONDS,
            env={**known, **_OWN, "PYTHONPATH": str(package)},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"faults": [(_SLOW, None, None)]}
    if done.returncode:
        return {"faults": [(_FAILED, None, None)]}
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _frame(told: dict[str, Any]) -> pd.DataFrame:
    """Return the cells as text, missing where empty, on the number of their row."""
    index = pd.Index(told["numbers"], dtype="int64", name="rij")
    frame = pd.DataFrame(told["rows"], index=index, columns=told["columns"], dtype="str")
    return frame.mask(frame == "")


def _shapes(wkb: list[str | None], index: pd.Index) -> gpd.GeoSeries:
    """Return the shapes as they are written, without saying in which system: see `Opened.crs`."""
    return gpd.GeoSeries(shapely.from_wkb(wkb), index=index)
