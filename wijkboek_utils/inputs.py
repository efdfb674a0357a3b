"""What a report was made of, to know whether it must be made again, and why.

A report is fresh while everything that it can depend on is as it was, and its own files are as they
were written. Everything counts that can be read, rather than what happened to be read: a source
that is new may be chosen over an older one. This module only hashes: with nothing changed,
`wijkboek render` has no need of pandas.
"""

import hashlib
import json
import os
import platform
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from html import unescape
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from wijkboek_utils import files, folders
from wijkboek_utils.hashes import Facts, Raw
from wijkboek_utils.hashes import Hashes as Hashes

STAMP = "stempel.json"
_FORM = 1  # of the stamp itself
_OWN = {"lokaal"}  # series of which a report only reads what covers its own gemeenten
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def of(
    slug: str,
    gemeenten: Iterable[str],
    parameters: dict[str, str],
    pdf: bool,
    hashes: Hashes,
) -> Facts:
    """Return what a report of these gemeenten depends on: what in words, to a checksum or value.

    `parameters` are those that the user gave.
    """
    facts = dict(common(hashes))
    facts |= {f"parameter {name}": value for name, value in sorted(parameters.items())}
    facts |= {"parameter --pdf": "ja" if pdf else "nee"}
    facts |= {"parameter --stand": os.environ.get(folders.AS_OF, "")}
    facts |= {f"bestand {known_as(p)}": hashes.of(p) for p in _pilot_files(slug)}
    inside, today = set(gemeenten), date.today().isoformat()
    for id, series, covers, until, digest in raw(hashes):
        if series not in _OWN or inside.intersection(covers):
            facts[f"bron {id}"] = digest
            if until and until < today:
                facts[f"bewaartermijn {id}"] = "voorbij"
    return facts


def common(hashes: Hashes) -> Facts:
    """Return what all reports depend on: notebooks, code, versions, what was said of sources."""
    if not hashes.shared:
        paths = [p for p in sorted(folders.RAW.rglob("*.yml")) if p.name != "manifest.yml"]
        paths += sorted(folders.RAW.glob("lokaal/*/uitgegeven-*.csv"))  # what any pilot let out
        facts = _files_of([*folders.notebooks(), *paths], hashes)
        hashes.shared = facts | (_loaded or _code(hashes))
    return hashes.shared


_loaded: Facts = {}


def load() -> None:
    """Remember our code as it is, for a process that runs it from now on.

    A file may change while a batch runs. What is made then is of the code that was loaded, and may
    not pass for what the new code makes.
    """
    hashes = Hashes.load()
    _loaded.update(_code(hashes))
    raw(hashes)  # what manifests say is read by now, for all reports that are made from here
    hashes.save()


def _code(hashes: Hashes) -> Facts:
    facts = _files_of(code_files(), hashes) | {"versie python": platform.python_version()}
    return facts | {f"versie {name}": version for name, version in versions().items()}


def _files_of(paths: list[Path], hashes: Hashes) -> Facts:
    return {f"bestand {known_as(path)}": hashes.of(path) for path in paths}


@cache
def code() -> str:
    """Return one checksum of our code and the versions of what it uses, as they were first seen."""
    return digest(_code(Hashes()))


def digest(facts: Facts) -> str:
    """Return one checksum of some facts."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def code_files() -> list[Path]:
    """Return our modules, tables and templates."""
    found = (p for p in folders.PACKAGE.rglob("*") if "__pycache__" not in p.parts)
    return sorted(p for p in found if p.is_file() and p.suffix != ".pyc")


def known_as(path: Path) -> str:
    """Return a file as the user knows it."""
    for base in (folders.ROOT, folders.PACKAGE.parent):
        if path.is_relative_to(base):
            return str(path.relative_to(base))
    return path.name


@cache
def versions() -> Facts:
    """Return the versions of the libraries that the project asks for, by name."""
    found = {}
    for line in metadata.requires("wijkboek") or []:
        if "extra ==" not in line and (name := re.match(r"[\w.-]+", line)):
            try:
                found[name.group()] = metadata.version(name.group())
            except metadata.PackageNotFoundError:
                found[name.group()] = "ontbreekt"
    return found


def _pilot_files(slug: str) -> list[Path]:
    """Return the file of a pilot and those beside it that it names."""
    own = folders.PILOTS / f"{slug}.yml"
    if not own.is_file():
        return []
    text = own.read_text(encoding="utf-8", errors="replace")
    beside = (p for p in folders.PILOTS.iterdir() if p.suffix != ".yml" and p.name in text)
    return [own, *sorted(beside)]


def raw(hashes: Hashes) -> list[Raw]:
    """Return of each raw source its id, series, gemeenten, last day of use, and a checksum.

    The checksum is of the file as it is now and of all that its manifest says.
    """
    if hashes.sources is None:
        manifests = sorted(folders.RAW.rglob("manifest.yml"))
        hashes.sources = [one for path in manifests for one in _sources(path, hashes)]
    return hashes.sources


def _sources(manifest: Path, hashes: Hashes) -> Iterator[Raw]:
    for entry in _entries(manifest, hashes.of(manifest)):
        now = hashes.of(manifest.parent / str(entry.get("file", "")))
        about = json.dumps(entry, sort_keys=True, default=str)
        digest = hashlib.sha256(f"{now} {about}".encode()).hexdigest()
        covers = [str(code) for code in entry.get("covers") or []]
        until = str(entry.get("keep_until") or "")
        yield str(entry.get("id")), str(entry.get("series")), covers, until, digest


@cache
def _entries(manifest: Path, digest: str) -> list[dict[str, Any]]:
    """Return the entries of a manifest; none of one that cannot be read, which others report."""
    try:
        found = yaml.load(manifest.read_text(encoding="utf-8"), _LOADER)["sources"]
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError):
        return []
    return [entry for entry in found if isinstance(entry, dict)]


def stamp(slug: str, gemeenten: list[str], before: Facts, faults: list[str]) -> None:
    """Write down that a report was made of these facts, with the checksums of all that it wrote.

    `before` is what was there before the first notebook: what changed meanwhile makes it stale.
    """
    made = {
        name: [now.st_size, now.st_mtime_ns, files.sha256(folders.ROOT / name)]
        for name, now in _made(slug).items()
    }
    content = {
        "vorm": _FORM,
        "gemeenten": gemeenten,
        "redenen": faults,
        "invoer": before,
        "gemaakt": made,
    }
    path = folders.PROCESSED / slug / STAMP
    half = path.with_suffix(".half")
    half.write_text(json.dumps(content, ensure_ascii=False, indent=0), encoding="utf-8")
    half.replace(path)


def _made(slug: str) -> dict[str, os.stat_result]:
    """Return the files of a pilot that a render writes, by name from the root, as they are now.

    A report has some two hundred: with paths as objects, all gemeenten would take seconds.
    """
    start = len(str(folders.ROOT)) + 1
    places = (folders.PROCESSED / slug, folders.REPORTS / slug)
    found = {
        entry.path[start:]: entry.stat()
        for place in places
        if place.is_dir()
        for entry in _files(str(place))
        if entry.name != STAMP and not entry.name.startswith(".")
    }
    return dict(sorted(found.items()))


def _files(folder: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path)
            elif entry.is_file():
                yield entry


@dataclass(frozen=True)
class State:
    """Whether a report is fresh: `changes` say why not; `faults` keep it from being published."""

    changes: list[str]
    faults: list[str]


def state(slug: str, parameters: dict[str, str], pdf: bool, hashes: Hashes) -> State:
    """Return whether the report of a pilot is as it would be if it were made now."""
    try:
        text = (folders.PROCESSED / slug / STAMP).read_text(encoding="utf-8")
        held = json.loads(text)
        if held["vorm"] != _FORM:
            raise ValueError
        now = of(slug, held["gemeenten"], parameters, pdf, hashes)
        changes = [*differences(held["invoer"], now), *_touched(slug, held["gemaakt"])]
        return State(changes, [str(fault) for fault in held["redenen"]])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # or somebody changed it
        return State(["er is nog geen rapport dat af is"], [])


def listed() -> bool:
    """Return whether the list of all reports is there, not older than one, and names none gone.

    A command that was stopped after the last report has not made it.
    """
    page = folders.REPORTS / "index.html"
    if not page.is_file():
        return False
    reports = [path.stat().st_mtime_ns for path in folders.REPORTS.glob("*/index.html")]
    named = re.findall(r'href="([^"/]+)/index\.html"', page.read_text(encoding="utf-8"))
    there = (folders.REPORTS / unquote(unescape(name)) for name in named)
    return page.stat().st_mtime_ns >= max(reports, default=0) and all(p.is_dir() for p in there)


def differences(before: Facts, now: Facts) -> Iterator[str]:
    """Yield in words what is different between the facts of two moments."""
    for what in sorted(before.keys() | now.keys()):
        old, new = before.get(what, ""), now.get(what, "")
        if old == new:
            continue
        kind = what.partition(" ")[0]
        if kind in ("parameter", "versie"):
            yield f"{what}: was {old or 'niet gegeven'}, is nu {new or 'niet gegeven'}"
        elif kind == "bewaartermijn":
            yield f"{what} is {new or 'verlengd'}"
        else:
            yield f"{what} is {'weg' if not new else 'nieuw' if not old else 'veranderd'}"


def _touched(slug: str, made: dict[str, list[Any]]) -> Iterator[str]:
    """Yield in words which files of a report are no longer as they were written."""
    there = _made(slug)
    for name in sorted(made.keys() | there.keys()):
        if name not in there:
            yield f"{name} is weg"
        elif name not in made:
            yield f"{name} hoort er niet bij"
        else:
            now = there[name]
            size, when, digest = made[name]
            moved = [now.st_size, now.st_mtime_ns] != [size, when]
            if moved and files.sha256(folders.ROOT / name) != digest:
                yield f"{name} is na het maken veranderd"
