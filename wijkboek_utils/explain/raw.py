"""Raw cells, read anew from the files of `data/raw`: no processed table has a part in it."""

from collections.abc import Mapping
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import allocate, cbs, formulas, iv3, kengetallen, keys, sources
from wijkboek_utils.explain.nodes import EURO, NUMBER, Cell, Choice, Node, Work, chosen, read
from wijkboek_utils.pilots import Pilot
from wijkboek_utils.regions import INHABITANTS, is_code

THOUSAND = 1000  # Iv3 and incomes are in thousands of EUR
CONVERTED = "omgerekend: "  # before the row of a figure that was converted to other boundaries
TABLE = "wijkboek_utils/tables/kengetallen.csv"
_SIDES = ["lasten", "baten", "salarissen"]
_KEYS = {"kwb": ["gebied", "onderwerp"], "iv3": ["gebied", "taakveld"]}


class Files:
    """The raw files by cell, each file read once."""

    def __init__(self) -> None:
        self._changed: Mapping[Cell, float] = {}
        self._tables: dict[str, dict[tuple[str, str], tuple[int, dict[str, Any]]]] = {}
        self._values: dict[Cell, float] = {}
        self.converted: dict[Cell, float] = {}  # by area, from boundaries of another year

    def but(self, changed: Mapping[Cell, float]) -> "Files":
        """Return the same files, in memory, with other numbers in some cells."""
        other = copy(self)
        other._changed = changed
        return other

    def __call__(self, cell: Cell) -> float:
        """Return the number in a cell; NaN where it is empty."""
        if cell in self._changed:
            return self._changed[cell]
        if cell not in self._values:
            converted = self.converted.get(cell)
            text = self.text(cell) if converted is None else str(converted)
            self._values[cell] = float(text or "nan")
        return self._values[cell]

    def text(self, cell: Cell) -> str:
        """Return a cell as it stands in its file; empty where nothing is there."""
        row = self._rows(cell.bron).get(_key(cell))
        value = None if row is None else row[1].get(cell.kolom, row[1].get("waarde"))
        return "" if value is None or value != value else str(value)

    def line(self, cell: Cell) -> int | None:
        """Return on which line of its file a cell stands; None where the file has no lines."""
        row = self._rows(cell.bron).get(_key(cell))
        return None if row is None or sources.source(cell.bron).dataset else row[0]

    def _rows(self, bron: str) -> dict[tuple[str, str], tuple[int, dict[str, Any]]]:
        """Return the rows of a file by what names them, with the line that each stands on."""
        if bron not in self._tables:
            rows = _table(sources.source(bron))
            names = _KEYS[sources.source(bron).series]
            told = zip(*(rows[name] for name in names), strict=True)
            facts = rows.drop(columns=names).to_dict("records")
            self._tables[bron] = {
                name: (line, fact)
                for line, (name, fact) in enumerate(zip(told, facts, strict=True), start=2)
            }
        return self._tables[bron]


def table_of(bron: object) -> str:
    """Return the table of CBS among the sources of a figure; boundaries may stand beside it."""
    return next(i for i in sources.ids([str(bron)]) if sources.source(i).series == "kwb")


def _key(cell: Cell) -> tuple[str, str]:
    """Return what names the row of a cell in its file."""
    rij = cell.rij.removeprefix(CONVERTED)
    area, _, taakveld = rij.partition(" ")
    return (area, taakveld or cell.kolom)


def _table(found: sources.Source) -> pd.DataFrame:
    """Return a file with a row for each figure, or for each taakveld, as it was published."""
    if not found.dataset:
        rows = sources.read_csv(found)
        return rows[["gebied", "onderwerp", "waarde"]] if found.series == "kwb" else rows
    if found.series == "iv3":
        rows = iv3.fetched(found).rename(columns={"gemeente": "gebied"})
        return rows.assign(**{name: rows[name] / THOUSAND for name in _SIDES})
    parts = [cbs.read_kwb(one) for one in found.covers if is_code(one)]
    rows = pd.concat([*parts, cbs.read_country()])
    return rows.loc[rows["bron"] == found.id, ["gebied", "onderwerp", "waarde"]]


class Figures:
    """The raw figures of one gemeente, and the choices of our own that its books are made with."""

    def __init__(self, pilot: Pilot, gemeente: str, sleutelset: str, files: Files) -> None:
        self.pilot, self.gemeente, self.jaar = pilot, gemeente, pilot.jaar
        self.sleutelset, self.files, self.work = sleutelset, files, Work(files)
        self.indicatoren = cbs.indicators(gemeente, pilot.jaar)
        self.buurten = pd.Index(keys.per_buurt(self.indicatoren)[1].index)
        self._units = kengetallen.load(pilot.kengetallen)
        self._made: dict[str, Node] = {}

    @cached_property
    def account(self) -> sources.Source:
        """Return the Iv3 file of the gemeente and year."""
        return iv3.source(self.gemeente, self.jaar)

    @cached_property
    def sleutels(self) -> keys.Keys:
        """Return the verdeelsleutels that the figures of the gemeente allow."""
        rates = sources.read_csv(sources.source(keys.FONDS))
        return allocate.keys_of(self.indicatoren, rates)[self.gemeente]

    def filed(self, taakveld: str, side: str) -> Node:
        """Return an amount of the account of the gemeente in EUR, as it was filed."""
        cell = Cell(self.account.id, f"{self.gemeente} {taakveld}", side)
        found = read(cell, f"taakveld {taakveld}, {side}", "duizend euro") * THOUSAND
        return found.named(f"taakveld {taakveld}, {side}", EURO)

    def column(self, topic: str) -> Node | None:
        """Return a topic of CBS per buurt, of the year that the books use; None without one."""
        if f"cbs:{topic}" not in self._made:
            rows = self.indicatoren[self.indicatoren["onderwerp"] == topic]
            self._made[f"cbs:{topic}"] = self.cells(rows, topic, self.buurten)
        made = self._made[f"cbs:{topic}"]
        there = any(made.cells) or topic == INHABITANTS
        return made if there else None

    def of_area(self, topic: str, code: str) -> Node | None:
        """Return the cell of a topic of an area that CBS publishes; None without such a row."""
        asked = (self.indicatoren["onderwerp"] == topic) & (self.indicatoren["gebied"] == code)
        rows = self.indicatoren[asked]
        if rows.empty:
            return None
        return read(Cell(table_of(rows["bron"].iloc[0]), code, topic), f"{topic} van {code}")

    def cells(self, rows: pd.DataFrame, topic: str, areas: pd.Index) -> Node:
        """Return the cells of a topic in some areas; `rows` as `cbs.indicators`, of one topic."""
        found: list[Cell | None] = [None] * len(areas)
        for place, row in zip(areas.get_indexer(rows["gebied"]), rows.itertuples(), strict=True):
            if place >= 0:
                cell = Cell(
                    table_of(row.bron), f"{CONVERTED if row.omgerekend else ''}{row.gebied}", topic
                )
                if row.omgerekend:
                    self.files.converted[cell] = float(row.waarde)
                found[place] = cell
        return read(found, topic)

    def people(self) -> Node:
        """Return the inhabitants of each buurt."""
        found = self.column(INHABITANTS)
        assert found is not None
        return found

    def formula(self, text: str) -> Node | None:
        """Return a formula of our tables over topics of CBS; None where its figures are not there.

        Nothing is below zero, and what is divided by nothing is unknown.
        """
        if (name := f"formule:{text}") not in self._made:
            named = {topic: self.column(topic) for topic in formulas.topics_of(text)}
            if any(node is None for node in named.values()):
                return None
            found = formulas.compute(text, named)
            if found.op != "cellen":
                found = Node("onbekend waar niet eindig", (found,)).at_least(0.0)
            self._made[name] = found.named(text, NUMBER)
        found = self._made[name]
        return None if np.isnan(self.work(found)).all() else found

    def unit(self, id: str) -> Node:
        """Return a kengetal as a choice."""
        if id not in self._made:
            one = self._units.known[id]
            why = f"{one.naam}; {one.bron}, {one.status}; {one.laag:g} tot {one.hoog:g}"
            where = f"pilots/{self.pilot.slug}.yml" if id in self.pilot.kengetallen else TABLE
            self._made[id] = chosen(Choice(id, one.waarde, one.eenheid, where, why))
        return self._made[id]
