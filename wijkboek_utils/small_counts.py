"""Contributed counts of people in published tables: what should be hidden, or can be worked out.

The last check on what `protect` did, by other means: it knows only the lines of a table.
"""

import csv
import re
from collections.abc import Iterator

from wijkboek_utils.findings import Finding

FEW = 10  # counts of people below this are not published (design, 8)

_PEOPLE = re.compile(
    r"(?:aantal_)?(?:person|mens|inwoner|bewoner|vrijwilliger|deelnemer|leden|lid\b|cli[eë]nt|kind"
    r"|jongere|oudere|leerling|werknemer|werker|gebruiker|mantelzorger|bezoeker)"
)
_COUNTS = ("hoeveelheid", "aantal", "waarde", "mensen")
_AMOUNTS = (*_COUNTS, "bedrag", "uren", "kosten", "se", "laag", "hoog")
_SAME = ("jaar", "voorraad", "soort", "naam", "eenheid", "domein", "betaald", "wie")  # one count
_FEW = re.compile(r"[1-9](?:\.\d+)?|0\.0*[1-9]\d*")
_NOBODY = re.compile(r"0(?:\.0+)?")
_Shown = tuple[str, dict[str, str], frozenset[str]]  # place in the file, row, its buurten


def is_people(unit: str) -> bool:
    """Return whether a unit or the name of a column counts people: `vrijwilligers`, `personen`."""
    return _PEOPLE.match(unit.strip().lower()) is not None


def findings(name: str, data: bytes, header: list[str]) -> Iterator[Finding]:
    """Yield what is wrong in a table with methods: small counts, hidden amounts, split sums."""
    shown = []
    for number, line in _lines(data):
        cells = next(csv.reader([line.decode("utf-8", "replace")]), [])
        row, place = dict(zip(header, cells, strict=False)), f"{name}, regel {number}"
        if row.get("methode") == "geheim":
            yield from _filled(place, row)
        elif row.get("methode") == "lokaal":
            yield from _small(place, row)
            if any(row.get(column) for column in _COUNTS):
                where = row.get("samen") or row.get("buurt") or ""
                shown.append((place, row, frozenset(where.split(";"))))
    yield from _split(shown)


def _lines(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and bytes of the lines that are local or secret; few of a long table are."""
    number, counted = 1, 0
    for start in sorted({data.rfind(b"\n", 0, at) + 1 for at in _places(data)}):
        number += data.count(b"\n", counted, start)
        counted, end = start, data.find(b"\n", start)
        yield number, data[start : end if end >= 0 else len(data)]


def _places(data: bytes) -> Iterator[int]:
    """Yield where a cell, perhaps in quotes, begins with a method that is local or secret."""
    for word in (b"lokaal", b"geheim"):
        yield from (at for at in places(data, word) if data[at - 1 : at] in b',\n"')


def places(data: bytes, wanted: bytes) -> Iterator[int]:
    """Yield where some bytes stand in others."""
    place = data.find(wanted)
    while place >= 0:
        yield place
        place = data.find(wanted, place + 1)


def _filled(place: str, row: dict[str, str]) -> Iterator[Finding]:
    if column := next((c for c in _AMOUNTS if row.get(c)), None):
        words = f"«{column}» van een geheim getal is ingevuld: maak de cel leeg"
        yield Finding("geheim getal", place, words)


def _small(place: str, row: dict[str, str]) -> Iterator[Finding]:
    declared = row.get("telt") == "mensen"
    people = declared or is_people(row.get("eenheid") or "")
    for column, cell in row.items():
        if not (people and column in _COUNTS) and not is_people(column):
            continue
        # Where it is said that people were counted, nobody is a count too.
        if _FEW.fullmatch(cell) or (declared and _NOBODY.fullmatch(cell)):
            words = f"minder dan {FEW} mensen in «{column}»: laat dit getal weg"
            yield Finding("klein aantal", place, words)


def _split(shown: list[_Shown]) -> Iterator[Finding]:
    """Yield sums of several buurten from which another figure of the table can be taken off."""
    groups: dict[tuple[str, ...], list[_Shown]] = {}
    for one in shown:
        groups.setdefault(tuple(one[1].get(c) or "" for c in _SAME), []).append(one)
    for group in groups.values():
        for place, row, members in group:
            if not row.get("samen"):
                continue
            if len(members) < 2 or any(o & members for _, other, o in group if other is not row):
                words = f"de som van {row['samen']} is te splitsen: laat haar weg"
                yield Finding("som te splitsen", place, words)
