"""Kengetallen: unit values with their source, year and range, and what was used of them."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cache
from types import MappingProxyType
from typing import Any

import pandas as pd

from wijkboek_utils import dutch, sources
from wijkboek_utils.errors import Fout, did_you_mean

# How a unit value was checked, and what a reader is told.
STATUSES = {
    "geverifieerd": "nagekeken bij de bron",
    "tweedehands": "overgenomen uit een andere bron",
    "oordeel": "oordeel",
}
NO_PRICE = "n.v.t."
PRICES = "lopende prijzen"

_FILE = "wijkboek_utils/tables/kengetallen.csv"
_INDEX_FILE = "wijkboek_utils/tables/indexcijfers.csv"
# Without these a reader cannot find a kengetal again, or does not know what it counts.
_NEEDED = ["id", "naam", "eenheid", "bron", "vindplaats"]
# What a pilot says of its own kengetal. The unit is not in it: the books compute with it.
_OWN_NEEDED = ["waarde", "laag", "hoog", "jaar", "bron", "vindplaats"]
_OWN = [*_OWN_NEEDED, "naam", "status", "toelichting"]


@dataclass(frozen=True)
class Kengetal:
    """One unit value. `laag` to `hoog` holds it nine times out of ten; `jaar` is of its prices."""

    id: str
    naam: str
    waarde: float
    eenheid: str
    jaar: int
    prijsbasis: str
    laag: float
    hoog: float
    bron: str
    vindplaats: str
    status: str
    toelichting: str

    @property
    def se(self) -> float:
        """Return the standard error that belongs to the range, also where it is lopsided."""
        return (self.hoog - self.laag) / (2 * dutch.Z90)


COLUMNS = [f.name for f in fields(Kengetal)]


@dataclass
class Kengetallen:
    """The kengetallen of one report, by id. Remembers which were asked for."""

    known: Mapping[str, Kengetal]
    _asked: dict[str, Kengetal] = field(default_factory=dict, init=False, repr=False)

    def get(self, id: str, eenheid: str) -> Kengetal:
        """Return a kengetal in the unit that the caller computes with.

        Raises Fout with the nearest ids when it is not there, and when its unit is another.
        """
        if id not in self.known:
            hint = did_you_mean(id, list(self.known))
            raise Fout(f"Kengetal {id} bestaat niet in {_FILE}.{hint}")
        found = self.known[id]
        if found.eenheid != eenheid:
            raise Fout(
                f"Kengetal {id} is in «{found.eenheid}»; de berekening vraagt «{eenheid}». Maak "
                f"de eenheid in {_FILE} en in de berekening gelijk."
            )
        self._asked[id] = found
        return found

    def used(self) -> pd.DataFrame:
        """Return a row per kengetal that was asked for, by id: its columns and its `se`."""
        rows = [{**vars(k), "se": k.se} for _, k in sorted(self._asked.items())]
        return pd.DataFrame(rows, columns=[*COLUMNS, "se"])


def load(overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Kengetallen:
    """Return the kengetallen of the project, with those of a pilot in their place.

    `overrides` is what stands under `kengetallen` in the YAML of the pilot: by id the waarde, laag,
    hoog, jaar, bron and vindplaats. Raises Fout at the first that lacks something.
    """
    known = dict(_ours())
    if not isinstance(overrides, Mapping | None):
        raise Fout("kengetallen: hier horen ids met hun waarde, zoals stroom_prijs: {waarde: …}.")
    for id, own in (overrides or {}).items():
        known[str(id)] = _override(str(id), own, known)
    return Kengetallen(known)


@cache
def _ours() -> Mapping[str, Kengetal]:
    """Return the kengetallen of the project, by id: read once, for nobody changes one."""
    return MappingProxyType(read(sources.read_project_table("kengetallen")))


def read(table: pd.DataFrame) -> dict[str, Kengetal]:
    """Return the rows of a table with the columns of kengetallen.csv, by id.

    Raises Fout naming file, row and column when a row cannot be used. Rows are numbered as an
    editor shows them: the first kengetal stands in row 2.
    """
    if lacking := [name for name in COLUMNS if name not in table.columns]:
        raise Fout(f"{_FILE}: kolom {lacking[0]} ontbreekt. Neem de eerste regel over uit git.")
    known: dict[str, Kengetal] = {}
    for row, facts in enumerate(table[COLUMNS].to_dict("records"), start=2):
        found = _kengetal(facts, f"{_FILE}, rij {row}")
        if found.id in known:
            raise Fout(
                f"{_FILE}, rij {row}, kolom id: {found.id} staat er al. Geef een van beide een "
                "andere naam of haal er een weg."
            )
        known[found.id] = found
    return known


def uprate(
    kengetal: Kengetal, jaar: int, index: str, table: pd.DataFrame | None = None
) -> Kengetal:
    """Return a kengetal in the prices of another year, its range in the same ratio.

    `index` is a name in indexcijfers.csv (`table`, when another is given). Raises Fout when the
    index or a year of it is missing, or when the kengetal has no price.
    """
    if kengetal.prijsbasis == NO_PRICE:
        raise Fout(
            f"Kengetal {kengetal.id} is in «{kengetal.eenheid}» en heeft geen prijs: een index "
            f"geldt er niet voor. Zoek een cijfer van {jaar}."
        )
    series = _series(sources.read_project_table("indexcijfers") if table is None else table, index)
    for year in (kengetal.jaar, jaar):
        if year not in series:
            raise Fout(
                f"{_INDEX_FILE}: index {index} heeft geen cijfer voor {year}, nodig voor kengetal "
                f"{kengetal.id}; wel voor {min(series)} tot en met {max(series)}. Voeg het toe, "
                "met zijn bron."
            )
    if jaar == kengetal.jaar:
        return kengetal
    old, new = series[kengetal.jaar], series[jaar]
    told = f"Omgerekend van {kengetal.jaar} naar {jaar} met index {index} ({old:g} en {new:g})."
    return replace(
        kengetal,
        waarde=kengetal.waarde * new / old,
        laag=kengetal.laag * new / old,
        hoog=kengetal.hoog * new / old,
        jaar=jaar,
        prijsbasis=f"prijzen van {jaar} volgens {index}",
        toelichting=f"{kengetal.toelichting} {told}".strip(),
    )


def _kengetal(facts: Mapping[str, Any], where: str) -> Kengetal:
    """Return the facts as a Kengetal, or say which column is wrong and what to do."""
    text: dict[str, Any] = {name: _text(facts[name]) for name in COLUMNS}
    for name in _NEEDED:
        if not text[name]:
            raise Fout(f"{where}, kolom {name}: is leeg. Vul hem in of haal het kengetal weg.")
    if text["status"] not in STATUSES:
        choice = dutch.join(list(STATUSES), "of")
        raise Fout(f"{where}, kolom status: «{text['status']}» ken ik niet. Kies {choice}.")
    if text["prijsbasis"] not in (PRICES, NO_PRICE):
        raise Fout(
            f"{where}, kolom prijsbasis: «{text['prijsbasis']}» ken ik niet. Kies {PRICES}, of "
            f"{NO_PRICE} waar het geen bedrag is."
        )
    numbers = {name: _number(text[name], name, where) for name in ("waarde", "laag", "hoog")}
    if not numbers["laag"] <= numbers["waarde"] <= numbers["hoog"]:
        raise Fout(
            f"{where}, kolom waarde: {text['waarde']} ligt niet tussen laag ({text['laag']}) en "
            f"hoog ({text['hoog']}). Verbeter de waarde of maak het bereik wijder."
        )
    return Kengetal(**(text | numbers | {"jaar": _year(text["jaar"], where)}))


def _override(id: str, own: Any, known: Mapping[str, Kengetal]) -> Kengetal:
    """Return the kengetal of a pilot in place of ours: its unit and its price basis stay."""
    where = f"kengetallen van de pilot, {id}"
    if id not in known:
        raise Fout(f"{where}: dit kengetal bestaat niet.{did_you_mean(id, list(known))}")
    ours = known[id]
    if not isinstance(own, Mapping):
        raise Fout(f"{where}: hier horen {dutch.join(_OWN_NEEDED)}, niet alleen een waarde.")
    if "eenheid" in own:
        raise Fout(
            f"{where}: de eenheid blijft «{ours.eenheid}». Reken de waarde om en laat eenheid weg."
        )
    if odd := [str(name) for name in own if name not in _OWN]:
        raise Fout(f"{where}: {odd[0]} is geen bekend veld.{did_you_mean(odd[0], _OWN)}")
    if lacking := [name for name in _OWN_NEEDED if not _text(own.get(name))]:
        raise Fout(
            f"{where}: {lacking[0]} ontbreekt. Een eigen kengetal noemt {dutch.join(_OWN_NEEDED)}."
        )
    # Of a figure that a pilot brings in we know only what it says itself.
    plain = {
        "status": "oordeel",
        "toelichting": f"Van deze pilot zelf, in plaats van {ours.waarde:g} ({ours.bron}).",
    }
    return _kengetal({**asdict(ours), **plain, **own}, where)


def _series(table: pd.DataFrame, index: str) -> dict[int, float]:
    """Return one index by year."""
    rows = table[table["index"] == index]
    if rows.empty:
        names = dutch.join(sorted(set(table["index"])), "of")
        raise Fout(f"{_INDEX_FILE}: index {index} staat er niet in. Kies {names}, of voeg hem toe.")
    series: dict[int, float] = {}
    for row, jaar, waarde in zip(rows.index, rows["jaar"], rows["waarde"], strict=True):
        where = f"{_INDEX_FILE}, rij {int(str(row)) + 2}"
        year, value = _year(_text(jaar), where), _number(_text(waarde), "waarde", where)
        if year in series or value <= 0:
            raise Fout(
                f"{where}: index {index} hoort voor {year} één cijfer te hebben, groter dan 0. "
                "Verbeter deze rij of haal haar weg."
            )
        series[year] = value
    return series


def _text(value: Any) -> str:
    """Return a cell, or a value from YAML, as text; nothing as an empty text."""
    absent = value is None or (isinstance(value, float) and math.isnan(value))
    return "" if absent else str(value).strip()


def _number(text: str, column: str, where: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise Fout(
            f"{where}, kolom {column}: «{text}» is geen getal. Schrijf een getal met een punt voor "
            "de decimalen en zonder punten voor de duizendtallen, zoals 1250.5."
        )
    return number


def _year(text: str, where: str) -> int:
    if not (text.isdecimal() and len(text) == 4):
        raise Fout(f"{where}, kolom jaar: «{text}» is geen jaar. Schrijf vier cijfers, zoals 2023.")
    return int(text)
