"""Where contributions are kept: a file of checked rows and an entry in a manifest, per pilot.

A contribution is there whole or not at all: its rows are on disk before the manifest names them. It
can be withdrawn, and is then gone from everything that is rebuilt.
"""

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from wijkboek_utils import corrections, dutch, sources
from wijkboek_utils.errors import Fout, did_you_mean
from wijkboek_utils.local import schema, surveys
from wijkboek_utils.local.contribution import Checked
from wijkboek_utils.sources import Source

SERIES = "lokaal"
WITHDRAWN = "ingetrokken.yml"
REASONS = {
    "verzoek": "de bijdrager trok het terug",
    "termijn": "de bewaartermijn is voorbij",
    "fout": "er zat een fout in",
    "privacy": "er stond iets in over een persoon",
}
SEAL = "zegel"  # a column of each stored file
UNNAMED = "Een bijdrager uit de wijk"
_ID = re.compile(r"(?!uitgegeven-)[a-z0-9][a-z0-9-]{0,79}")  # those are of `register.remember`
_PILOT = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,79}")
_TYPES = {"integer": "Int64", "year": "Int64", "number": "float64"}


def folder(pilot: str) -> Path:
    """Return the folder of the contributions of a pilot. Raises Fout for a name that is none."""
    if not _PILOT.fullmatch(pilot):
        raise Fout(f"«{pilot}» kan niet de naam van een pilot zijn.")
    return sources.RAW / SERIES / pilot


def add(pilot: str, checked: Checked, gemeenten: list[str], id: str, day: str) -> str:
    """Store a contribution and return the id of its source.

    `day` is when it was accepted. The same contribution a second time changes nothing. Raises Fout
    for a file with faults, an id that cannot be a file name, or one that is already of another.
    """
    if checked.faults:
        raise Fout(f"{checked.name} heeft fouten en kan niet in de boeken: {checked.faults[0]}.")
    if not _ID.fullmatch(id):
        raise Fout(f"«{id}» kan geen naam van een bron zijn: kleine letters, cijfers en streepjes.")
    place = folder(pilot)
    rows = stored(checked)
    # The checksum of a file is published. With a number that nobody can guess in the file, it does
    # not confirm a guess of what else is in it.
    content = _csv(rows.assign(**{SEAL: secrets.token_hex(16)}))
    entry = _entry(checked, gemeenten, id, day, content)
    with _alone():
        if id in [line["id"] for line in withdrawn(place)]:
            raise Fout(f"Bron {id} is ingetrokken. Voeg de gegevens toe onder een andere naam.")
        known = sources.catalogue().get(id)
        if known and (known.path.parent, known.received) == (place, checked.sha256):
            return id
        path = place / entry["file"]
        if known or (path.exists() and not _same(path, rows)):
            raise Fout(f"Bron {id} is er al, met andere gegevens. Kies een andere naam.")
        place.mkdir(parents=True, exist_ok=True)
        sources.write_whole(path, content)
        _write(place / "manifest.yml", "sources", [*_listed(place), entry])
        sources.catalogue.cache_clear()
    return id


def _csv(rows: pd.DataFrame) -> bytes:
    return rows.to_csv(index=False, lineterminator="\n").encode()


def _same(path: Path, rows: pd.DataFrame) -> bool:
    """Return whether a file that no manifest names yet has these rows, whatever its seal."""
    table = pd.read_csv(path, dtype="str", keep_default_na=False)
    return _csv(table.drop(columns=SEAL, errors="ignore")) == _csv(rows)


def stored(checked: Checked) -> pd.DataFrame:
    """Return the rows of a contribution as they are kept: without private columns.

    Of a survey only means are kept, since its rows are about single households.
    """
    if checked.kind == "besteding":
        return surveys.means(checked.rows, checked.private["respondent"])
    columns = [name for name in schema.load(checked.kind).stored if name in checked.rows]
    return checked.rows[columns]


def _entry(
    checked: Checked, gemeenten: list[str], id: str, day: str, content: bytes
) -> dict[str, Any]:
    """Return the entry of a contribution in the manifest: who, when, how, on what terms."""
    about = {name: value or "" for name, value in checked.about.items()}
    named = about.get("openbaar_met_naam") == "ja"
    who = about["bijdrager"] if named else UNNAMED
    years = checked.rows["jaar"].dropna().unique() if "jaar" in checked.rows else []
    period = str(years[0]) if len(years) == 1 else about["datum"][:4]
    note = about.get("toelichting", "")
    return {
        "id": id,
        "series": SERIES,
        "file": f"{id}.csv",
        "title": f"{schema.load(checked.kind).title}, {who}, {dutch.day(about['datum'])}",
        "publisher": who,
        "table": None,
        "period": period,
        "url": None,
        "licence": about["licentie"],
        "attribution": f"Bron: {who}",
        "retrieved": day,
        "modified": about["datum"],
        "covers": sorted(gemeenten),
        "obtained": f"{about['methode'].rstrip('. ')}. {note}".strip(),
        "sha256": hashlib.sha256(content).hexdigest(),
        "kind": checked.kind,
        "consent": about["toestemming"],
        "keep_until": about["bewaren_tot"],
        "received": checked.sha256,
    }


def withdraw(bron: str, day: str, reason: str) -> None:
    """Take a contribution away: its rows, its corrections and its entry in the manifest.

    What stays is a line with the id, the day and the reason (one of `REASONS`). A second time
    changes nothing. Raises Fout for a source that is no contribution, or another reason.
    """
    if reason not in REASONS:
        hint = did_you_mean(reason, [*REASONS])
        raise Fout(f"«{reason}» is geen reden.{hint} Kies uit: {', '.join(REASONS)}.")
    with _alone():
        place = _place(bron)
        lines = withdrawn(place)
        if bron not in [line["id"] for line in lines]:
            line = {"id": bron, "day": day, "reason": reason}
            _write(place / WITHDRAWN, "ingetrokken", [*lines, line])
        _drop(place / corrections.FILE, "corrections", "source", bron)
        _drop(place / "manifest.yml", "sources", "id", bron)
        (place / f"{bron}.csv").unlink(missing_ok=True)
        sources.catalogue.cache_clear()


def _place(bron: str) -> Path:
    """Return the folder where a contribution is, or was when it is already withdrawn."""
    for path in sorted((sources.RAW / SERIES).glob(f"*/{WITHDRAWN}")):
        if bron in [line["id"] for line in withdrawn(path.parent)]:
            return path.parent
    source = sources.source(bron)
    if source.series != SERIES or source.path.name != f"{bron}.csv":
        raise Fout(f"Bron {bron} is geen bijdrage en kan niet worden ingetrokken.")
    return source.path.parent


def withdrawn(place: Path) -> list[dict[str, Any]]:
    """Return the lines about what was withdrawn from a folder: `id`, `day`, `reason`."""
    return _read(place / WITHDRAWN, "ingetrokken")


def contributions(gemeente: str, day: str | None = None) -> list[Source]:
    """Return the contributions of a gemeente that may be used, newest period first.

    What is past its retention date on `day` (today when None) is left out; see `expired`.
    """
    return [s for s in _found(gemeente) if not _past(s, day)]


def expired(gemeente: str, day: str | None = None) -> list[Source]:
    """Return the contributions of a gemeente past their date: they must be withdrawn."""
    return [s for s in _found(gemeente) if _past(s, day)]


def of_area(gemeenten: Iterable[str], day: str | None = None) -> list[Source]:
    """Return the contributions of some gemeenten that may be used, each once, by id."""
    found = {s.id: s for g in gemeenten for s in contributions(g, day)}
    return [found[id] for id in sorted(found)]


def expired_in(gemeenten: Iterable[str], day: str | None = None) -> list[Source]:
    """Return the contributions of some gemeenten past their date, each once, by id."""
    found = {s.id: s for g in gemeenten for s in expired(g, day)}
    return [found[id] for id in sorted(found)]


def _found(gemeente: str) -> list[Source]:
    """Return all contributions of a gemeente, those of an unknown year last."""
    found = [s for s in sources.vintages(SERIES, gemeente) if s.kind]
    return sorted(found, key=lambda s: not s.period.isdecimal())


def _past(source: Source, day: str | None) -> bool:
    return bool(source.keep_until) and source.keep_until < (day or date.today().isoformat())


def read(source: Source) -> pd.DataFrame:
    """Return the rows of a contribution: the stored columns of its dataset, in their types.

    A survey has the columns of `surveys.means`. Numbers of rows are those of the file, from 2.
    """
    table = sources.read_csv(source)
    types = columns(source.kind)
    table = table.reindex(columns=[*types])
    for name, kind in types.items():
        if kind == "str":
            table[name] = table[name].astype("str")
            continue
        # By way of floats: pandas reads no text as a whole number.
        numbers = pd.to_numeric(table[name], errors="coerce").astype("float64")
        if (wrong := numbers.isna() & table[name].notna()).any():
            row = int(wrong.idxmax())
            where = f"{sources.shown(source.path)}, rij {row + 2}, kolom {name}"
            raise Fout(f"{where}: «{table[name][row]}» is geen getal.")
        table[name] = numbers.astype(kind)
    return table.set_axis(pd.RangeIndex(2, len(table) + 2, name="rij"))


def columns(kind: str) -> dict[str, str]:
    """Return the columns of the stored rows of a dataset, with their types."""
    if kind == "besteding":
        return surveys.TYPES
    dataset = schema.load(kind)
    return {name: _TYPES.get(dataset.field(name).type, "str") for name in dataset.stored}


def empty(kind: str) -> pd.DataFrame:
    """Return a table of a dataset without rows, as `read` gives it."""
    return without_rows(columns(kind))


def without_rows(types: Mapping[str, Any]) -> pd.DataFrame:
    """Return a table without rows, with these columns in these types."""
    return pd.DataFrame({name: pd.array([], dtype=kind) for name, kind in types.items()})


def _listed(place: Path) -> list[dict[str, Any]]:
    path = place / "manifest.yml"
    return sources.read_manifest(path) if path.exists() else []


def _read(path: Path, name: str) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    try:
        return [dict(line) for line in yaml.safe_load(path.read_text(encoding="utf-8"))[name]]
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise Fout(f"{sources.shown(path)} is niet te lezen: {error}") from error


def _write(path: Path, name: str, lines: list[dict[str, Any]]) -> None:
    text = yaml.safe_dump({name: lines}, allow_unicode=True, sort_keys=False, width=120)
    sources.write_whole(path, text.encode())


def _drop(path: Path, name: str, field: str, value: str) -> None:
    """Take the lines away whose `field` is `value`; a file that has none stays as it is."""
    lines = _read(path, name)
    if kept := [line for line in lines if line.get(field) != value]:
        if len(kept) < len(lines):
            _write(path, name, kept)
    else:
        path.unlink(missing_ok=True)


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time change the contributions."""
    from filelock import FileLock  # only who writes needs it

    sources.FETCHED.mkdir(parents=True, exist_ok=True)
    with FileLock(sources.FETCHED / ".lokaal.slot"):
        # Another process may have added something since we read the manifests.
        sources.catalogue.cache_clear()
        yield
