"""Known errors of a source, corrected as data when it is read: the file itself never changes.

A `corrections.yml` beside a manifest says per error which source and cell it is about, what is
wrong, who found it and when, and the value that stood there. Where that value no longer stands
there the reading stops: the source may have repaired it, or something else is wrong.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import yaml

from wijkboek_utils.errors import Fout, did_you_mean

if TYPE_CHECKING:
    import pyarrow as pa

FILE = "corrections.yml"
ACTIONS = {
    "replace": "vervangen",
    "drop": "rij weggelaten",
    "scale": "vermenigvuldigd",
    "missing": "op onbekend gezet",
}
DONE = "verwerkt"
STATUSES = ["open", DONE]  # open: known and said, the figure of the source still counts
COLUMNS = [
    "bron",
    "waar",
    "kolom",
    "actie",
    "oud",
    "nieuw",
    "reden",
    "wie",
    "dag",
    "status",
]
_NEEDED = ["source", "where", "column", "action", "old", "reason", "who", "day", "status"]


@dataclass(frozen=True)
class Correction:
    """One error of a source: the rows where every column of `where` has that value.

    In them `column` must hold `old` (None: nothing). `replace` puts `new` there, `scale` multiplies
    by it, `missing` empties the cell and `drop` takes the rows away.
    """

    source: str
    where: tuple[tuple[str, str], ...]
    column: str
    action: str
    old: str | None
    reason: str
    who: str
    day: str
    status: str
    new: str | None = None

    @property
    def place(self) -> str:
        """Return where in the source it is, in words."""
        return ", ".join(f"{column} {value}" for column, value in self.where)


def read(path: Path, shown: str, known: Iterable[str]) -> dict[str, tuple[Correction, ...]]:
    """Return the corrections of a file by source; none when there is no file.

    `shown` is its path as a user knows it, `known` the sources of the manifest beside it. Raises
    Fout naming the entry that is wrong.
    """
    if not path.exists():
        return {}
    try:
        entries = yaml.safe_load(path.read_text(encoding="utf-8"))["corrections"]
        entries = [dict(entry) for entry in entries]
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise Fout(f"{shown} is niet te lezen: onder corrections hoort een lijst.") from error
    found: dict[str, tuple[Correction, ...]] = {}
    for number, entry in enumerate(entries, 1):
        correction = _correction(entry, f"{shown}, correctie {number}", list(known))
        found[correction.source] = (*found.get(correction.source, ()), correction)
    return found


def _correction(entry: dict[str, Any], where: str, known: list[str]) -> Correction:
    names = [field.name for field in fields(Correction)]
    if odd := [name for name in entry if name not in names]:
        raise Fout(f"{where}: {odd[0]} is geen bekend veld.{did_you_mean(str(odd[0]), names)}")
    for name in _NEEDED:
        if name not in entry or (name != "old" and entry[name] in (None, "", {})):
            raise Fout(f"{where}: {name} ontbreekt.")
    for name, choices in (("action", [*ACTIONS]), ("status", STATUSES), ("source", known)):
        if entry[name] not in choices:
            hint = did_you_mean(str(entry[name]), choices)
            raise Fout(f"{where}: «{entry[name]}» kan niet bij {name}.{hint}")
    if not isinstance(entry["where"], dict):
        raise Fout(f"{where}: onder where horen regels van de vorm «kolom: waarde».")
    if (entry["action"] in ("replace", "scale")) != (entry.get("new") is not None):
        raise Fout(f"{where}: new hoort bij replace en scale, en alleen daar.")
    if entry["action"] == "scale" and _number(entry["new"]) is None:
        raise Fout(f"{where}: new is bij scale een getal, zoals 1000 of 0.001.")
    place = tuple((str(column), str(value)) for column, value in entry.pop("where").items())
    facts: dict[str, Any] = {k: v if v is None else str(v) for k, v in entry.items()}
    return Correction(where=place, **facts)


def apply(table: pd.DataFrame, corrections: Iterable[Correction]) -> pd.DataFrame:
    """Return a table of text columns with its corrections; see `Correction`.

    Raises Fout when a cell is not there, or no longer holds the value that is wrong.
    """
    for one in corrections:
        if one.status != DONE:
            continue
        rows = _rows(table, one)
        if one.action == "drop":
            table = table.drop(index=table.index[rows])
            continue
        column = table[one.column].copy()
        column.iloc[rows] = [_new(one, value) for value in column.iloc[rows]]
        table = table.assign(**{one.column: column})
    return table


def apply_arrow(table: "pa.Table", corrections: Iterable[Correction]) -> "pa.Table":
    """Return a fetched table with its corrections, in the types that it has; as `apply`."""
    import pyarrow as pa

    for one in corrections:
        if one.status != DONE:
            continue
        used = [name for name in table.column_names if name in {one.column, *dict(one.where)}]
        rows = _rows(table.select(used).to_pandas(), one)
        if one.action == "drop":
            table = table.take(np.setdiff1d(np.arange(table.num_rows), rows))
            continue
        place = table.column_names.index(one.column)
        kind, values = table.schema.field(place), table.column(place).to_pylist()
        for row in rows:
            values[row] = _new(one, values[row])
        table = table.set_column(place, kind, pa.array(values, kind.type))
    return table


def table(corrections: Iterable[Correction]) -> pd.DataFrame:
    """Return corrections as a table for readers, one row each: the columns `COLUMNS`, as text."""
    rows = [
        (c.source, c.place, c.column, ACTIONS[c.action], c.old, c.new, c.reason, c.who, c.day)
        for c in corrections
    ]
    found = pd.DataFrame(rows, columns=COLUMNS[:-1], dtype="str")
    return found.assign(status=pd.Series([c.status for c in corrections], dtype="str"))


def _rows(table: pd.DataFrame, one: Correction) -> np.ndarray:
    """Return the places of the rows that a correction is about, or say why they are not there."""
    for column in (one.column, *dict(one.where)):
        if column not in table:
            raise _refused(one, f"kolom {column} is er niet{_near(column, table)}")
    found = np.ones(len(table), bool)
    for column, value in one.where:
        found &= table[column].map(lambda cell, value=value: _same(cell, value)).to_numpy(bool)
    if not found.any():
        raise _refused(one, "deze rij is er niet")
    cells = table.loc[found, one.column]
    if wrong := [cell for cell in cells if not _same(cell, one.old)]:
        there = "niets" if _missing(wrong[0]) else f"«{wrong[0]}»"
        old = "niets" if one.old is None else f"«{one.old}»"
        raise _refused(one, f"daar staat {there} en niet {old}")
    return np.flatnonzero(found)


def _near(column: str, table: pd.DataFrame) -> str:
    return f".{did_you_mean(column, [*map(str, table)])}".rstrip(".")


def _refused(one: Correction, why: str) -> Fout:
    return Fout(
        f"Correctie van bron {one.source} ({one.place}, kolom {one.column}): {why}. Misschien "
        f"heeft de uitgever de fout hersteld. Kijk in de bron, en pas {FILE} aan."
    )


def _missing(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell != cell


def _number(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if np.isfinite(found) else None


def _same(cell: Any, value: str | None) -> bool:
    """Return whether a cell holds a value; of a cell with a number the number counts."""
    if _missing(cell) or value is None:
        return _missing(cell) and value is None
    if isinstance(cell, str):
        return cell.strip() == value.strip()
    return _number(cell) is not None and _number(cell) == _number(value)


def _new(one: Correction, cell: Any) -> Any:
    """Return what comes in a cell, in the type of that cell."""
    if one.action == "missing":
        return None
    if one.action == "replace":
        assert one.new is not None  # `read` asks for it
        if _missing(cell) or isinstance(cell, str):
            return one.new
        return type(cell)(float(one.new))
    factor, value = _number(one.new), _number(cell)
    if factor is None or value is None:
        raise _refused(one, f"«{cell}» is geen getal om te vermenigvuldigen")
    # Twelve digits: 0.1 times 3 is 0.3, and no figure of a source is known better.
    product = float(f"{factor * value:.12g}")
    return f"{product:.12g}" if isinstance(cell, str) else type(cell)(product)
