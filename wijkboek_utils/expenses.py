"""What the gemeente spent on an area in one year, per inhabitant: by the keys of that year."""

import numpy as np
import pandas as pd

from wijkboek_utils import (
    allocate,
    cbs,
    crosswalk,
    dutch,
    iv3,
    keys,
    ledger,
    measures,
    several,
    sources,
    views,
)
from wijkboek_utils.errors import Fout
from wijkboek_utils.measures import MOVED, OWN, RUNNING, AreaOf, Figures, Point, measure
from wijkboek_utils.regions import INHABITANTS

EXPENSES = "lasten"
_NEAR = 1  # years between an account and the inhabitants that it is divided by
_DRIFT = 0.02  # how much the number of inhabitants may change in a year; our judgement


def of_year(
    year: int, gemeenten: list[str], area_of: AreaOf, booked: pd.DataFrame | None = None
) -> list[Point]:
    """Return municipal lasten for services to the area per inhabitant, in all and by group.

    `booked` are the boekingen of the accounts by the reasoned keys, where they are there already.
    Raises Fout when one of the gemeenten has no account or no inhabitants of about that year.
    """
    figures = several.read(cbs.indicators, gemeenten, year)
    people = figures[figures["onderwerp"] == INHABITANTS]
    counted = {g: int(own["jaar"].iloc[0]) for g, own in several.split(people).items()}
    for gemeente in gemeenten:
        if abs(counted.get(gemeente, 0) - year) > _NEAR:
            raise Fout(
                f"Over {year} is er een gemeenterekening, maar geen aantal inwoners. Haal de "
                f"kerncijfers op met: wijkboek fetch {gemeente} --only kwb-{year}"
            )
    area, drawn = area_of(counted)
    inhabitants, doubt = measure(INHABITANTS, Figures.of(people, area))
    if not dutch.is_known(inhabitants) or inhabitants < views.FEW:
        raise Fout(f"In {year} had het gebied te weinig inwoners voor een bedrag per inwoner.")
    filed = {gemeente: iv3.source(gemeente, year) for gemeente in gemeenten}
    reports = {source.report for source in filed.values()}
    if len(reports) > 1:
        kinds = dutch.join([f"van {g} een {source.report}" for g, source in filed.items()])
        raise Fout(f"Over {year} is er {kinds}. Die tellen wij niet op.")
    rules = sources.read_project_table("taakvelden")
    accounts = {gemeente: iv3.read(gemeente, year) for gemeente in gemeenten}
    if booked is None:
        booked = pd.concat(
            [
                _book(allocate.amounts(accounts[g], rules), own, g, filed[g])
                for g, own in several.split(figures).items()
            ],
            ignore_index=True,
        )
    rows = _services(booked, year)
    sign = allocate.published_sign(rows)
    parts = ledger.totals(rows, area["gewicht"], ["groep", "sleutel"], sign=sign)
    cut = rows["bedrag"] * sign * rows["buurt"].map(area["grens"]) * keys.MOVED_ERROR
    fixed = pd.DataFrame({"groep": rows["groep"], "sleutel": MOVED, "fout": cut})
    parts["fout"] = parts["se"] * np.sign(parts["bedrag"])
    parts = pd.concat([parts, fixed.groupby(["groep", "sleutel"], as_index=False).sum()])
    shared = {
        "jaar": year,
        "eenheid": "euro",
        "bron": ";".join(sources.ids([*rows["bron"].unique(), *people["bron"].unique(), *drawn])),
        "verslag": reports.pop(),
        "omgerekend": bool((area["grens"] > 0).any()),
        "prijzen": RUNNING,
        "prijsjaar": year,
        "status": measures.status_of(filed.values()),
    }
    filed_on = pd.concat(accounts.values()).drop_duplicates("taakveld")
    spread = rules.loc[rules["sleutel"] != keys.NO_KEY, "taakveld"]
    groups = crosswalk.comparable(filed_on[filed_on["taakveld"].isin(spread)], year)
    names = groups.set_index("groep")["naam"]
    named = {EXPENSES: "uitgaven van de gemeente per inwoner"}
    named |= {f"{EXPENSES}:{code}": name for code, name in names.items()}
    apart = max(abs(other - year) for other in counted.values())
    uncertain = np.hypot.reduce([*doubt.values(), _DRIFT * apart * inhabitants])
    euro, moved = _sums(parts, inhabitants)
    points = []
    for onderwerp, naam in named.items():
        value = euro.get(onderwerp, 0.0)
        errors = moved.get(onderwerp, {}) | {OWN: float(value * uncertain / inhabitants)}
        points.append((shared | {"onderwerp": onderwerp, "naam": naam, "waarde": value}, errors))
    return points


def _sums(
    parts: pd.DataFrame, inhabitants: float
) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Return lasten per inhabitant by onderwerp, and how far each cause moves them."""
    groups = EXPENSES + ":" + parts["groep"]
    both = pd.concat([parts.assign(onderwerp=EXPENSES), parts.assign(onderwerp=groups)])
    euro = both.groupby("onderwerp")["bedrag"].sum() / inhabitants
    moved = both.groupby(["onderwerp", "sleutel"])["fout"].sum() / inhabitants
    errors: dict[str, dict[str, float]] = {}
    for (onderwerp, cause), error in moved.to_dict().items():
        errors.setdefault(onderwerp, {})[cause] = error
    return euro.to_dict(), errors


def _book(
    table: pd.DataFrame, figures: pd.DataFrame, gemeente: str, source: sources.Source
) -> pd.DataFrame:
    """Return the lasten of a gemeente as boekingen under the reasoned keys."""
    table = table[table["kant"] == "lasten"].assign(gemeente=gemeente)
    rows = allocate.spread_all(table, {gemeente: keys.build_keys(figures)}, figures)
    return allocate.book(rows, int(source.period), source.id)


def _services(booked: pd.DataFrame, year: int) -> pd.DataFrame:
    """Return the boekingen of lasten for services, with their `groep`."""
    post, posts = pd.factorize(booked["post"])
    lasten = np.array([text.endswith(":lasten") for text in posts], dtype=bool)[post]
    groups = groups_of(pd.Series(posts).str.split(":").str[1], year).to_numpy()
    return views.services(booked.assign(groep=groups[post])[lasten])


def groups_of(taakvelden: pd.Series, year: int) -> pd.Series:
    """Return the group that each taakveld of a year is compared in, as `crosswalk.comparable`."""
    known = crosswalk.groups_of_year(year)
    return taakvelden.map(lambda taakveld: known.get(taakveld, (taakveld,))[0])
