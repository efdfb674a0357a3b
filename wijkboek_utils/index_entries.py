"""What a run tells the index of itself in `audit/run.json`, and what the index makes of it."""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import geopandas as gpd

from wijkboek_utils import area_flows, dutch, places, regions, show, sources, views
from wijkboek_utils.pilots import Pilot
from wijkboek_utils.regions import INHABITANTS

READY, CONCEPT, FAILED = "klaar", "concept", "mislukt"
STATUS = {
    READY: "Klaar om te publiceren",
    CONCEPT: "Concept, niet publiceren",
    FAILED: "Niet gelukt",
}
FILES = {  # what may stand in the folder of a pilot, and how a reader knows it
    "index.html": "Rapport",
    "kaart.html": "Kaart",
    "overeenkomst.html": "Afspraken om te tekenen",
    "tabellen.xlsx": "Tabellen (Excel)",
    "rapport.pdf": "Om af te drukken (PDF)",
    "toegankelijkheid.html": "Toegankelijkheid",
}
CRS = 28992  # the Dutch grid, in metres


@dataclass(frozen=True)
class Entry:
    """A folder in `reports`, as far as its record says what it is about. NaN is not known."""

    slug: str
    naam: str
    plaats: str = ""
    periode: str = ""
    jaar: float = math.nan
    status: str = FAILED
    redenen: tuple[str, ...] = ()
    inwoners: float = math.nan
    bedrag: float = math.nan  # expenses of the gemeente, EUR per inhabitant
    se: float = math.nan
    doelen: dict[str, tuple[float, float]] = field(default_factory=dict)  # the same by domein
    punt: tuple[float, float] | None = None  # on the Dutch grid
    bestanden: tuple[tuple[str, str], ...] = ()  # (address, words)


def facts(pilot: Pilot, faults: list[str], finished: bool) -> dict[str, Any]:
    """Return what the index needs to know of a report, for `audit/run.json` under `rapport`.

    `faults` is what keeps it from being published; of a report that is not `finished` no figures
    are taken over, only what it was to be about.
    """
    status = FAILED if not finished else CONCEPT if faults else READY
    record = {
        "naam": pilot.naam,
        "gemeente": pilot.gemeente,
        "gemeentenaam": pilot.gemeentenaam,
        "jaar": pilot.jaar,
        "periode": pilot.periode,
        "status": status,
        "redenen": faults,
    }
    return record | (_key_figures(pilot) if finished else {})


def _key_figures(pilot: Pilot) -> dict[str, Any]:
    """Return inhabitants, expenses (EUR a year, with standard error) and the middle of an area."""
    gebied, indicatoren = (sources.read_table(pilot.slug, n) for n in ("gebied", "indicatoren"))
    flows = area_flows.read(pilot.slug)
    weights = regions.area(gebied)
    topic = {INHABITANTS: places.COUNTED[INHABITANTS]}
    count = places.counts(indicatoren, gebied, pilot.codes, topic)["waarde"].iloc[0]
    total = views.cost(flows)
    goals = views.expenses(flows)
    kaart = gpd.read_parquet(sources.table_path(pilot.slug, "kaart")).to_crs(CRS)
    inside = kaart[kaart["buurt"].map(weights["gewicht"]) > 0]
    middle = inside.union_all().representative_point() if len(inside) else None
    return {
        "inwoners": _plain(count),
        "uitgaven": {"bedrag": _plain(total["bedrag"]), "se": _plain(total["se"])},
        "doelen": [
            {"domein": str(r.domein), "bedrag": _plain(r.bedrag), "se": _plain(r.se)}
            for r in goals.itertuples()
        ],
        "punt": [round(middle.x, -2), round(middle.y, -2)] if middle else None,
    }


def _plain(value: Any) -> float | None:
    """Return a figure for JSON, in whole euros or people; unknown is null."""
    return round(float(value)) if dutch.is_known(value) else None


def read(reports: Path) -> list[Entry]:
    """Return every folder of a report, by name; one that cannot be read says so."""
    folders = [f for f in reports.iterdir() if f.is_dir() and not f.name.startswith(".")]
    found = [_entry(folder) for folder in folders if (folder / "index.html").is_file()]
    return sorted(found, key=lambda e: (e.naam.casefold(), e.slug))


def _entry(folder: Path) -> Entry:
    """Return one report. Its record is data: what is not as expected is unknown."""
    address = quote(folder.name)
    files = tuple(
        (f"{address}/{name}", words) for name, words in FILES.items() if (folder / name).is_file()
    )
    try:
        text = (folder / "audit" / "run.json").read_text(encoding="utf-8")
        record = json.loads(text)["rapport"]
        naam, status = _text(record["naam"]) or folder.name, _text(record["status"])
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        why = ("Bij dit rapport staat niet waarover het gaat. Maak het opnieuw.",)
        naam = _text(folder.name)
        return Entry(folder.name, naam, redenen=why, bestanden=files)
    people = _number(record.get("inwoners"))
    people = people if people >= views.FEW else math.nan
    total = _amount(record.get("uitgaven"), people)
    goals = {
        _text(goal.get("domein")): _amount(goal, people)
        for goal in _list(record.get("doelen"))
        if isinstance(goal, dict)
    }
    spot = [_number(value) for value in _list(record.get("punt"))]
    return Entry(
        folder.name,
        naam,
        plaats=_text(record.get("gemeentenaam")),
        periode=_text(record.get("periode")),
        jaar=_number(record.get("jaar")),
        status=status if status in STATUS else FAILED,
        redenen=tuple(filter(None, map(_text, _list(record.get("redenen"))))),
        inwoners=_number(record.get("inwoners")),
        bedrag=total[0],
        se=total[1],
        doelen={name: pair for name, pair in goals.items() if dutch.is_known(pair[0])},
        punt=(spot[0], spot[1]) if len(spot) == 2 and all(map(math.isfinite, spot)) else None,
        bestanden=files,
    )


def _text(value: Any) -> str:
    """Return a text that any page can hold: no control characters, no halves of characters."""
    words = show.plain(value).strip() if isinstance(value, str) else ""
    return words.encode("utf-8", "replace").decode()


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _number(value: Any) -> float:
    known = dutch.is_known(value) and not isinstance(value, bool)
    return float(value) if known else math.nan


def _amount(value: Any, people: float) -> tuple[float, float]:
    """Return amount and standard error per inhabitant of a part of a record."""
    value = value if isinstance(value, dict) else {}
    return _number(value.get("bedrag")) / people, _number(value.get("se")) / people
