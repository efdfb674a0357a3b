"""The file of a new pilot: its name, its text, and how it gets there whole, or not at all."""

import contextlib
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from wijkboek_utils import dutch, pilots, sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.finding import Place, plain

_LONGEST_NAME, _LONGEST_SLUG = 80, 60  # characters
_HINT = "# Hier kan meer staan, zoals een toelichting, contact of huiskleuren: zie README.md.\n"


def naam_of(places: Sequence[Place]) -> str:
    """Return what an area of some places is called in its report."""
    name = dutch.join([re.sub(r"^Wijk \d+ ", "", place.naam) for place in places])
    if len(name) > _LONGEST_NAME:
        name = f"{places[0].naam} en {len(places) - 1} andere gebieden"
    return name


def slug_of(naam: str, gemeente: str = "") -> str:
    """Return the name of the file of a pilot: `arnhem-klarendal`; what others have already too."""
    words = plain(naam).split()
    town = [word for word in plain(gemeente).split() if len(word) > 1]
    if words[: len(town)] != town:
        words = [*town, *words]
    slug = "-".join(words).encode("ascii", "ignore").decode()
    return slug[:_LONGEST_SLUG].strip("-") or "gebied"


def free(slug: str) -> str:
    """Return a name like `slug` that no pilot has yet: `arnhem-klarendal-2`."""
    taken, number = {*pilots.names()}, 2
    while f"{slug}-{number}" in taken:
        number += 1
    return slug if slug not in taken else f"{slug}-{number}"


def text(
    naam: str, area: dict[str, Any], jaar: int, command: str, said: dict[str, str] | None = None
) -> str:
    """Return the text of a pilot file, as a person would write it.

    `area` is its gebied; `said` has words to put behind codes. `command` is what made it.
    """
    lines = [f"# Gemaakt met: {_one_line(command)}", f"naam: {_scalar(naam)}", "gebied:"]
    for key, value in area.items():
        if not isinstance(value, list):
            lines.append(f"  {key}: {_scalar(value)}{_comment(said, value)}")
            continue
        lines.append(f"  {key}:")
        lines += [f"    - {_scalar(one)}{_comment(said, one)}" for one in value]
    return "\n".join([*lines, f"jaar: {jaar}", ""]) + _HINT


def _scalar(value: Any) -> str:
    """Return a value as YAML reads it back, on one line."""
    dumped = yaml.safe_dump(value, allow_unicode=True, width=10_000, default_flow_style=True)
    return dumped.removesuffix("\n").removesuffix("\n...").strip()


def _comment(said: dict[str, str] | None, value: Any) -> str:
    words = (said or {}).get(str(value))
    return f"  # {_one_line(words)}" if words else ""


def _one_line(words: str) -> str:
    return " ".join(dutch.plain(words).split())


@contextlib.contextmanager
def written(slug: str, content: str) -> Iterator[pilots.Pilot]:
    """Write `pilots/<slug>.yml` and give the pilot; who breaks off inside leaves nothing behind.

    Raises Fout when there is such a pilot already, or when the file cannot be a pilot.
    """
    path = sources.PILOTS / f"{slug}.yml"
    made = [folder / slug for folder in (sources.PROCESSED, sources.REPORTS)]
    new = [folder for folder in made if not folder.exists()]
    try:
        path.open("x").close()  # the name is ours from here, or it is not free
    except FileExistsError:
        raise Fout(
            f"pilots/{slug}.yml bestaat al; daar schrijven wij niet overheen. Maak het rapport "
            f"ervan met: wijkboek render {slug}. Of geef de nieuwe een andere naam, met --naam."
        ) from None
    try:
        sources.write_whole(path, content.encode("utf-8"))
        yield pilots.load(slug)
    except BrokenPipeError:  # who reads what we say has seen enough; the pilot is good
        raise
    except BaseException:
        _remove(path, new)
        raise


def _remove(path: Path, folders: list[Path]) -> None:
    path.unlink(missing_ok=True)
    path.with_name(f".{path.name}.half").unlink(missing_ok=True)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)
