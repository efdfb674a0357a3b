"""What a fetched table turned out to hold, seen before it may be used."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from wijkboek_utils import columns, dutch, iv3, odata
from wijkboek_utils.bronnen import COUNTRY, Dataset
from wijkboek_utils.errors import Fout

VOORLOPIG, DEFINITIEF = "voorlopig", "definitief"


@dataclass(frozen=True)
class Intake:
    """`fields` go into the manifest: `covers`, `silent`, `status`. `notes` are Dutch sentences."""

    fields: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def holds(self, scope: str) -> bool:
        """Return whether the file is about this area; a table without areas is about all."""
        known = {*self.fields.get("covers", ()), *self.fields.get("silent", ())}
        return not known or scope in known or scope == COUNTRY


def examine(dataset: Dataset, path: Path) -> Intake:
    """Return what a pulled file holds. Raises Fout when it may not be used.

    A file is refused when a unit is not what we compute with. A column that is gone is a note: what
    does not need it can go on.
    """
    if dataset.protocol == "ogc":
        codes = pq.read_table(path, columns=["gemeentecode"])["gemeentecode"].unique().to_pylist()
        return Intake({"covers": sorted(filter(None, codes)), "status": DEFINITIEF})
    about = odata.described(pq.read_schema(path))
    covers = _covers(dataset, path)
    if dataset.series == "kwb":
        return _kwb(dataset, path, odata.topics(about), covers)
    if dataset.series == "iv3":
        return _iv3(dataset, path, odata.topics(about), covers)
    return Intake({"covers": covers, "status": _status(about)})


def _covers(dataset: Dataset, path: Path) -> list[str]:
    """Return the gemeenten in a file, and the country where it is there."""
    if not dataset.region:
        return []
    if dataset.region not in pq.read_schema(path).names:
        raise Fout(
            f"Tabel {dataset.table} heeft geen kolom {dataset.region} meer: wij weten niet over "
            "welke gebieden zij gaat. Pas `region` in bronnen.yml aan."
        )
    codes = _coded(path, dataset.region)[dataset.region]
    return sorted(code for code in _words(codes) if code[:2] in ("GM", "NL"))


def _coded(path: Path, region: str, *more: str) -> pa.Table:
    """Return the column of areas as a dictionary, and other columns as they are."""
    return pq.read_table(path, columns=[region, *more], read_dictionary=[region])


def _words(codes: pa.ChunkedArray) -> set[str]:
    """Return the different keys in a column, without the spaces that CBS pads them with."""
    return {code.strip() for code in codes.unique().to_pylist() if code}


def _kwb(dataset: Dataset, path: Path, topics: pd.DataFrame, covers: list[str]) -> Intake:
    """Return which topics are gone and which have no figures yet; the year is then voorlopig."""
    places = columns.wanted(int(dataset.period))
    found = columns.find(topics, places, dataset.table)
    rows = pq.read_table(path, columns=found.found["key"].tolist())
    known = found.found.set_index("key")["onderwerp"]
    figures = {key: columns.figures(rows[key].to_pandas()) for key in rows.column_names}
    empty = [known[key] for key, values in figures.items() if values.isna().all()]
    notes = list(found.missing.values())
    if empty:
        titles = places.drop_duplicates("onderwerp").set_index("onderwerp")["titel"]
        words = dutch.join([f"«{titles[name]}»" for name in empty])
        notes.append(f"Nog zonder cijfers in {dataset.period}: {words}.")
    return Intake({"covers": covers, "status": VOORLOPIG if empty else DEFINITIEF}, notes)


def _iv3(dataset: Dataset, path: Path, topics: pd.DataFrame, covers: list[str]) -> Intake:
    """Return which gemeenten filed nothing, and whether the improved publication is there."""
    first, second = iv3.measures(topics, dataset.table)
    rows = _coded(path, dataset.region, first, second)
    silent, final = set(covers), False
    for measure in (second, first):
        filed = iv3.is_filed(rows[measure])
        final = final or (measure == second and bool(pc.any(filed).as_py()))
        silent -= _words(rows[dataset.region].filter(filed))
    who = dutch.join(sorted(silent))
    words = f"Alle bedragen zijn 0 of leeg, dus nog niet of nooit ingeleverd: {who}."
    notes = [words] if silent else []
    return Intake(
        {
            "covers": sorted(set(covers) - silent),
            "silent": sorted(silent),
            "status": DEFINITIEF if final else VOORLOPIG,
        },
        notes,
    )


def _status(about: dict[str, list[dict]]) -> str:
    """Return the status that CBS gives the newest period; definitief where it gives none."""
    for rows in about.values():
        stated = (
            [r.get("Status") for r in rows if r.get("Status")] if isinstance(rows, list) else []
        )
        if stated:
            return DEFINITIEF if str(stated[-1]).lower().startswith("def") else VOORLOPIG
    return DEFINITIEF
