"""What a report carries of its own making: its inputs, its code, and how each notebook went.

With it a report can be made again and compared elsewhere, and a difference can be named to the
line. Nothing here knows the time, the machine or the user: the same inputs give the same bytes.
"""

import hashlib
import io
import json
import re
import zipfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from wijkboek_utils import folders, inputs
from wijkboek_utils.errors import Fout
from wijkboek_utils.inputs import Facts

INPUTS, CODE, LOG, RECORD = "invoer.json", "code.zip", "logboek.json", "run.json"
CRATE = "ro-crate-metadata.json"
# Of these a file is no proof: it holds when it was printed, or was added by `wijkboek check`.
LOOSE = {"rapport.pdf", "toegankelijkheid.html", "toegankelijkheid.json"}
_FORM = 1  # of `invoer.json`
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first that a zip file knows


@dataclass(frozen=True)
class Step:
    """How one notebook went: how many steps of code, and why it stopped if it did."""

    notebook: str
    cells: int
    failure: str = ""


@dataclass(frozen=True)
class Inputs:
    """What a report was made of; `facts` as `inputs.of` gives them."""

    slug: str
    gemeenten: list[str]
    facts: Facts

    @property
    def parameters(self) -> dict[str, str]:
        """Return the parameters of the notebooks as the user gave them."""
        return {n: v for n, v in self._given().items() if not n.startswith("--")}

    @property
    def pdf(self) -> bool:
        """Return whether the report has a page as PDF."""
        return self._given().get("--pdf") == "ja"

    @property
    def stand(self) -> str:
        """Return up to which day sources count; empty is all."""
        return self._given().get("--stand", "")

    def _given(self) -> dict[str, str]:
        head = "parameter "
        return {n.removeprefix(head): v for n, v in self.facts.items() if n.startswith(head)}


def write(folder: Path, made_of: Inputs, steps: list[Step]) -> list[tuple[str, str]]:
    """Write inputs, code and log into the audit folder; return the files with what they are."""
    content = {
        "vorm": _FORM,
        "pilot": made_of.slug,
        "gemeenten": made_of.gemeenten,
        "invoer": made_of.facts,
    }
    _write_json(folder / INPUTS, content)
    _write_json(folder / LOG, {"notebooks": [_logged(step) for step in steps]})
    (folder / CODE).write_bytes(_zipped(made_of.slug))
    return [
        (INPUTS, "de controlesom van alle invoer (JSON)"),
        (CODE, "de notebooks, de code en de tabellen met onze keuzes (ZIP)"),
        (LOG, "welke notebooks zijn gedraaid, en hoe dat afliep (JSON)"),
    ]


def read(report: Path) -> Inputs:
    """Return what a report was made of. Raises Fout when it does not say so."""
    path = report / "audit" / INPUTS
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        if held["vorm"] != _FORM or not re.fullmatch(r"\w[\w.-]*", held["pilot"]):
            raise ValueError
        facts = {str(name): str(value) for name, value in held["invoer"].items()}
        return Inputs(str(held["pilot"]), [str(code) for code in held["gemeenten"]], facts)
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise Fout(
            f"In {report.name} staat niet waarvan het rapport is gemaakt (audit/{INPUTS}). Maak "
            f"het opnieuw met: wijkboek render {report.name}"
        ) from error


def unpacked(content: bytes) -> dict[str, bytes]:
    """Return the files in a zip file by name; empty when it is no zip file."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            return {name: packed.read(name) for name in packed.namelist()}
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError):
        return {}


def code_files(slug: str) -> dict[str, Path]:
    """Return by their name in the project the files of text that a report is made by.

    Of a pilot its own file only: what lies beside it, such as addresses, is not for others.
    """
    found = [*folders.notebooks(), *inputs.code_files()]
    own = folders.PILOTS / f"{slug}.yml"
    return {inputs.known_as(path): path for path in [*found, *([own] if own.is_file() else [])]}


def _zipped(slug: str) -> bytes:
    """Return those files as a zip file; that of the code is made once a process."""
    own = folders.PILOTS / f"{slug}.yml"
    held = io.BytesIO(warm())
    if own.is_file():
        with zipfile.ZipFile(held, "a") as packed:
            _add(packed, inputs.known_as(own), own.read_bytes())
    return held.getvalue()


def warm() -> bytes:
    """Return the zip file of the code and notebooks, as they are now."""
    files = code_files("").items()
    return _packed(tuple((name, path, path.stat().st_mtime_ns) for name, path in files))


@cache
def _packed(seen: tuple[tuple[str, Path, int], ...]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as packed:
        for name, path, _ in seen:
            _add(packed, name, path.read_bytes())
    return held.getvalue()


def _add(packed: zipfile.ZipFile, name: str, content: bytes) -> None:
    about = zipfile.ZipInfo(name, _EPOCH)
    about.create_system = 3  # the same on Windows
    packed.writestr(about, content, zipfile.ZIP_DEFLATED, 6)


def _logged(step: Step) -> dict[str, Any]:
    outcome = {"uitkomst": "klaar"} if not step.failure else {"uitkomst": step.failure}
    return {"notebook": step.notebook, "stappen": step.cells, **outcome}


def sums(report: Path) -> dict[str, tuple[int, str]]:
    """Return of each file of a report that can be proven its size and checksum, by its path."""
    found = {}
    for path in sorted(p for p in report.rglob("*") if p.is_file()):
        name = path.relative_to(report).as_posix()
        if name not in LOOSE and name != CRATE:
            content = path.read_bytes()
            found[name] = len(content), hashlib.sha256(content).hexdigest()
    return found


def _write_json(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
