"""Where the figures live: raw files proven by their checksum, processed tables per pilot."""

import hashlib
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import MISSING, dataclass, fields, replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import yaml

from wijkboek_utils import corrections, files
from wijkboek_utils.corrections import Correction
from wijkboek_utils.dutch import day as day_words
from wijkboek_utils.dutch import plain
from wijkboek_utils.errors import Fout, did_you_mean
from wijkboek_utils.files import sha256 as sha256
from wijkboek_utils.files import write_whole as write_whole
from wijkboek_utils.folders import AS_OF as AS_OF
from wijkboek_utils.folders import NOTEBOOKS as NOTEBOOKS
from wijkboek_utils.folders import PILOTS as PILOTS
from wijkboek_utils.folders import PROCESSED, RAW, ROOT, TABLES
from wijkboek_utils.folders import REPORTS as REPORTS

if TYPE_CHECKING:
    import pyarrow as pa

FETCHED = RAW / "opgehaald"  # what `wijkboek fetch` brings; every vintage stays
# The library in C reads the same ten times as fast, where it is there.
YAML = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Our tables are small: choosing rows costs less with texts of Python than with those of Arrow, a
# twelfth of a report. What comes out is the same.
pd.options.mode.string_storage = "python"


def shown(path: Path) -> str:
    """Return a path as the user knows it: from the root of the project, where it lies below it."""
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


@dataclass(frozen=True)
class Source:
    """One raw file and the facts needed to find it again; see `data/raw/README.md`."""

    id: str
    series: str  # which reader takes it: kwb, iv3, grenzen, codelijst, ...
    path: Path
    title: str
    publisher: str
    table: str | None
    period: str
    url: str | None
    licence: str
    attribution: str
    retrieved: str
    modified: str | None  # as the publisher states it; None where it was not given
    obtained: str
    sha256: str
    covers: tuple[str, ...] = ()  # gemeenten in the file; empty: not by gemeente
    report: str | None = None  # Iv3: jaarrekening or begroting
    # Of a fetched source only:
    dataset: str = ""  # its entry in bronnen.yml; vintages of one dataset differ in version
    scope: str = ""  # the gemeente that was asked for, or NL
    version: str = ""  # the stamp of the publisher, to see whether there is anything new
    status: str = ""  # voorlopig or definitief
    silent: tuple[str, ...] = ()  # gemeenten that filed nothing but zeros
    # Of what people contributed only:
    kind: str = ""  # which of the datasets of `local.schema`
    consent: str = ""  # of the contributor, to share it
    keep_until: str = ""  # the last day that it may be used
    received: str = ""  # checksum of the file as it was sent
    corrections: tuple[Correction, ...] = ()  # from `corrections.yml`, not from the manifest


@cache
def catalogue(raw: Path = RAW) -> dict[str, Source]:
    """Return every source of the manifests below `raw`, by id, in the order of the folders.

    Raises Fout when a manifest cannot be read, lacks a field, or repeats an id.
    """
    found: dict[str, Source] = {}
    for manifest in sorted(raw.rglob("manifest.yml")):
        listed = [_source(manifest, entry) for entry in read_manifest(manifest)]
        known, path = [s.id for s in listed], manifest.with_name(corrections.FILE)
        repairs = corrections.read(path, shown(path), known)
        for source in listed:
            if source.id in found:
                raise Fout(f"Bron {source.id} staat twee keer in de manifesten van {raw}.")
            found[source.id] = replace(source, corrections=repairs.get(source.id, ()))
    return found


def read_manifest(manifest: Path) -> list[dict[str, Any]]:
    """Return the entries of a manifest as they are written. Raises Fout when there are none."""
    try:
        entries = yaml.load(manifest.read_text(encoding="utf-8"), YAML)["sources"]
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise Fout(f"Manifest {shown(manifest)} is niet te lezen: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Fout(f"Manifest {shown(manifest)}: onder sources hoort een lijst van bronnen.")
    return entries


def _source(manifest: Path, entry: dict[str, Any]) -> Source:
    """Return an entry of a manifest as a Source, or say what is wrong with it."""
    where = f"Manifest {shown(manifest)}, bron {entry.get('id', '?')}"
    known = {field.name: field for field in fields(Source)}
    del known["corrections"]
    if odd := [name for name in entry if name not in {*known, "file"} - {"path"}]:
        hint = did_you_mean(str(odd[0]), [*known])
        raise Fout(f"{where}: {odd[0]} is geen bekend veld.{hint}")
    needed = [f.name for f in known.values() if f.default is MISSING and f.name != "path"]
    if lacking := [name for name in ("file", *needed) if name not in entry]:
        raise Fout(f"{where}: {lacking[0]} ontbreekt.")
    facts: dict[str, Any] = {}
    for name, value in entry.items():
        if name in ("covers", "silent"):
            if not isinstance(value, list | None):
                raise Fout(f"{where}: {name} hoort een lijst te zijn.")
            facts[name] = tuple(value or ())
        else:  # YAML reads a year or a day without quotes as something else than text
            facts[name] = value if value is None else plain(str(value))
    return Source(path=manifest.parent / facts.pop("file"), **facts)


def source(source_id: str, raw: Path = RAW) -> Source:
    """Return one source by id. Raises Fout with the nearest ids when there is none."""
    known = catalogue(raw)
    if source_id not in known:
        raise Fout(f"Bron {source_id} bestaat niet.{did_you_mean(source_id, list(known))}")
    return known[source_id]


def vintages(series: str, area: str | None = None, raw: Path = RAW) -> list[Source]:
    """Return every vintage that we may use of one series, newest period first, then newest vintage.

    `area` is a gemeente that must be in it. Where the environment names a day (`wijkboek render
    --stand`), what was taken up later is passed over.
    """
    found = [s for s in catalogue(raw).values() if s.series == series]
    if area is not None:
        found = [s for s in found if area in s.covers]
    if day := os.environ.get(AS_OF):
        found = [s for s in found if s.retrieved <= day]
    # What came straight from the publisher goes before what was taken over from a publication; of
    # one day what the manifest names last, for a publisher may go back to an older version.
    found.sort(key=lambda s: (s.period, bool(s.dataset), s.retrieved))
    return found[::-1]


def select(series: str, area: str, raw: Path = RAW) -> list[Source]:
    """Return of each period (and kind of account) the newest vintage with this area in it."""
    newest: dict[tuple[str, str | None], Source] = {}
    for source in vintages(series, area, raw):
        newest.setdefault((source.period, source.report), source)
    return list(newest.values())


def read_bytes(source: Source) -> bytes:
    """Return the content of a raw file, proven by its checksum.

    Raises Fout by name when the file is gone or differs from what the manifest says.
    """
    try:
        content = source.path.read_bytes()
    except OSError as error:
        raise _gone(source, error) from error
    _check(source, hashlib.sha256(content).hexdigest())
    return content


def proven(source: Source) -> Path:
    """Return the path of a raw file that is proven by its checksum; raises as `read_bytes`.

    Of a file that lies there unchanged the sum is made once.
    """
    try:
        _check(source, _sums(source.path))
    except OSError as error:
        raise _gone(source, error) from error
    return source.path


_sums = files.Once(sha256, guarded=True)


def _gone(source: Source, error: OSError) -> Fout:
    where = shown(source.path)
    return Fout(f"Bron {source.id}: het bestand {where} is niet te lezen ({error.strerror}).")


def _check(source: Source, found: str) -> None:
    if found != source.sha256:
        raise Fout(
            f"Bron {source.id}: het bestand {shown(source.path)} is veranderd; de controlesom "
            "klopt niet met het manifest. Zet het oorspronkelijke bestand terug (git checkout) of "
            "haal de bron opnieuw op. Pas ruwe cijfers nooit met de hand aan."
        )


def read_parquet(
    source: Source,
    wanted: Any = None,
    columns: Sequence[str] | None = None,
    coded: Sequence[str] = (),
) -> "pa.Table":
    """Return a fetched file, or the rows that a pyarrow filter wants, with its description.

    With its corrections. The description of the publisher is in the metadata of the schema, under
    `bron`. Columns that are `coded` come as dictionaries, which takes a fraction of the memory.
    """
    import pyarrow.parquet as pq

    # Without threads: what reads here may be copied (forked) later, and threads are not.
    plain: dict[str, Any] = {"use_threads": False, "partitioning": None}
    path = proven(source)
    if not source.corrections:
        plain["read_dictionary"] = list(coded)
        return pq.read_table(path, columns=columns, filters=wanted, **plain)
    # A correction looks at all of the file; only then may rows and columns be left out.
    table = corrections.apply_arrow(pq.read_table(path, **plain), source.corrections)
    table = table if wanted is None else table.filter(wanted)
    table = table if columns is None else table.select(list(columns))
    for name in set(coded) & set(table.column_names):
        place = table.column_names.index(name)
        table = table.set_column(place, name, table.column(place).dictionary_encode())
    return table


def read_csv(source: Source) -> pd.DataFrame:
    """Return a raw CSV as text columns, with its corrections.

    An empty cell is missing. Codes stay text (0.1, 0.10).
    """
    table = pd.read_csv(io.BytesIO(read_bytes(source)), dtype="str")
    return corrections.apply(table, source.corrections)


def read_project_table(name: str) -> pd.DataFrame:
    """Return one of the project's own tables in `wijkboek_utils/tables`, as text columns."""
    return _project_tables(TABLES / f"{name}.csv").copy(deep=False)


_project_tables = files.Once(partial(pd.read_csv, dtype="str", keep_default_na=False))


def write_table(pilot: str, name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Write `data/processed/<pilot>/<name>.parquet` and return the table.

    The file appears whole or not at all; the same table always gives the same bytes.
    """
    path = PROCESSED / pilot / f"{name}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{name}.half")
    files.write_parquet(half, table)
    half.replace(path)
    table_at.forget(path)
    return table


def table_path(pilot: str, name: str) -> Path:
    """Return the path of a processed table. Raises Fout naming what to run when it is not there."""
    path = PROCESSED / pilot / f"{name}.parquet"
    if not path.exists():
        raise Fout(
            f"Tabel {name} van {pilot} is er nog niet. Draai eerst de bouwnotebooks 01 tot en met "
            f"07, of `wijkboek render {pilot}`."
        )
    return path


def read_table(pilot: str, name: str) -> pd.DataFrame:
    """Return a table that a build notebook wrote for this pilot; of one file it is read once."""
    return table_at(table_path(pilot, name)).copy(deep=False)


table_at = files.Once(files.read_parquet)  # who changes what it gives takes a copy


def ids(cells: Iterable[str]) -> list[str]:
    """Return the different ids of sources in some cells, which may hold several (`;` between)."""
    return sorted({name for cell in cells for name in cell.split(";") if name})


def describe(cells: Iterable[str]) -> pd.DataFrame:
    """Return the facts of some sources as a table, one row each: what a reader needs to find it.

    `cells` as for `ids`.
    """
    rows = [source(i) for i in ids(cells)]
    return pd.DataFrame(
        {
            "bron": [s.id for s in rows],
            "titel": [s.title for s in rows],
            "uitgever": [s.publisher for s in rows],
            "tabel": [s.table for s in rows],
            "periode": [s.period for s in rows],
            "vermelding": [s.attribution for s in rows],
            "licentie": [s.licence for s in rows],
            "verkregen": [_obtained(s) for s in rows],
            "opgenomen": [s.retrieved for s in rows],
            "gewijzigd": [s.modified for s in rows],
            "status": [s.status for s in rows],
            "sha256": [s.sha256 for s in rows],
        }
    )


def _obtained(source: Source) -> str:
    """Return how a source was obtained; of a contribution also with whose leave, and until when."""
    if not source.keep_until:
        return source.obtained
    return (
        f"{source.obtained.rstrip('. ')}. Toestemming: {source.consent.rstrip('. ')}. "
        f"Bewaren tot {day_words(source.keep_until)}."
    )
