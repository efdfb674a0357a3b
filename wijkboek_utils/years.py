"""The same area over the years: figures with their error, and which changed by more than that.

Figures and keys of a year stay in the buurten of that year: the area is carried to them. What
falls wholly inside the area is exact, also where buurten were split or got another code.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import (
    cbs,
    columns,
    dutch,
    expenses,
    kengetallen,
    measures,
    regions,
    several,
    sources,
)
from wijkboek_utils.errors import Fout
from wijkboek_utils.measures import OWN, RUNNING, TOPICS, AreaOf, Figures, Point, measure

# How much of the error of a key, an estimate or a conversion by area returns in another year. It
# comes from the same shortcut, so that most of it falls away in a difference; our judgement.
SAME = 0.9
INDEX = "cpi"
FIXED = "vast"
COUNTED = "kerncijfers"
_COLUMNS = ["jaar", "onderwerp", "naam", "waarde", "se", "eenheid", "bron", "verslag"]
_COLUMNS += ["omgerekend", "prijzen", "prijsjaar", "status"]
_SERIES = ["onderwerp", "verslag", "prijzen"]  # only figures of one series are compared


@dataclass(frozen=True)
class Years:
    """All years of an area.

    `rows`: a row per figure: `jaar`, `onderwerp`, `naam`, `waarde`, `se`, `eenheid` (aantal, euro,
    %), `bron`, `verslag` (kerncijfers, jaarrekening, begroting), `omgerekend` (partly by area from
    other boundaries), `prijzen` (lopend, vast; empty where it is no money), `prijsjaar` and
    `status` (voorlopig, definitief; empty where the publisher did not say).
    `errors`: a row per cause of an error: `jaar`, `onderwerp`, `verslag`, `prijzen`, `oorzaak`,
    `fout` (signed). `missing`: `jaar`, `reden`, of what could not be computed.
    """

    rows: pd.DataFrame
    errors: pd.DataFrame
    missing: pd.DataFrame


def collect(gebied: pd.DataFrame, jaar: int, booked: pd.DataFrame | None = None) -> Years:
    """Return the figures of an area in every year that data/raw has, KWB and Iv3.

    `gebied` as `regions.weights`, in the buurten of the books of `jaar`. Lasten are those for
    services, per inhabitant, spread by the reasoned keys of their own year: `lasten`, and by group
    of comparable taakvelden `lasten:<groep>`. Of a year with an annual account the budget is left
    out. Money also comes in the prices of `jaar`, by the index cpi. Of an area in several gemeenten
    a year needs the figures of all of them.
    """
    inside = gebied[~regions.is_rest(gebied["buurt"])].set_index("buurt")["gewicht"]
    weights = {str(g): own for g, own in inside.groupby(inside.index.map(regions.gemeente_of))}
    area_of = _areas({g: partial(_area, own, cbs.read_kwb(g), jaar) for g, own in weights.items()})
    kwb = several.read(cbs.read_kwb, [*weights])
    points: list[Point] = []
    missing: list[dict[str, Any]] = []
    years = sorted({int(y) for y in kwb.loc[kwb["soort"] == "Buurt", "jaar"]})
    accounts = sorted({int(s.period) for g in weights for s in sources.select("iv3", g)})
    todo = [(y, partial(_counts, y, kwb[kwb["jaar"] == y], [*weights], area_of)) for y in years]
    made = {} if booked is None else {jaar: booked}
    todo += [(y, partial(expenses.of_year, y, [*weights], area_of, made.get(y))) for y in accounts]
    for year, read in todo:
        try:
            points += read()
        except Fout as fout:
            missing.append({"jaar": year, "reden": str(fout)})
    for year in sorted({facts["jaar"] for facts, _ in points if facts["prijzen"]}):
        try:
            factor = price_factor(year, jaar)
        except Fout as fout:
            missing.append({"jaar": year, "reden": str(fout)})
            continue
        points += [
            _times(p, factor, {"prijzen": FIXED, "prijsjaar": jaar})
            for p in points
            if p[0]["jaar"] == year and p[0]["prijzen"] == RUNNING
        ]
    return _tables(points, missing)


def _tables(points: list[Point], missing: list[dict[str, Any]]) -> Years:
    rows = [{**f, "se": float(np.hypot.reduce([0.0, *e.values()]))} for f, e in points]
    names = ["jaar", *_SERIES]
    errors = [
        {**{n: f[n] for n in names}, "oorzaak": cause, "fout": error}
        for f, e in points
        for cause, error in e.items()
    ]
    table = pd.DataFrame(rows, columns=_COLUMNS).astype({"prijsjaar": "Int64"})
    return Years(
        table.sort_values("jaar", kind="stable", ignore_index=True),
        pd.DataFrame(errors, columns=[*names, "oorzaak", "fout"]),
        pd.DataFrame(missing, columns=["jaar", "reden"]),
    )


def price_factor(van: int, naar: int, index: str = INDEX) -> float:
    """Return what an amount of year `van` is multiplied by to be in the prices of `naar`.

    Raises Fout when the index lacks one of the years.
    """
    euro = kengetallen.Kengetal(
        id="prijspeil",
        naam="één euro",
        waarde=1.0,
        eenheid="euro",
        jaar=van,
        prijsbasis=kengetallen.PRICES,
        laag=1.0,
        hoog=1.0,
        bron=index,
        vindplaats=index,
        status=next(iter(kengetallen.STATUSES)),
        toelichting="",
    )
    return kengetallen.uprate(euro, naar, index).waarde


def _times(point: Point, factor: float, changed: dict[str, Any]) -> Point:
    facts, errors = point
    scaled = {**facts, **changed, "waarde": facts["waarde"] * factor}
    return scaled, {cause: error * factor for cause, error in errors.items()}


def _areas(parts: dict[str, Callable[[int], tuple[pd.DataFrame, list[str]]]]) -> AreaOf:
    """Return what gives the area in a year of each gemeente; `parts`, one gemeente in a year."""
    carried = cache(lambda gemeente, year: parts[gemeente](year))  # both for KWB and for Iv3

    def area_of(years: dict[str, int]) -> tuple[pd.DataFrame, list[str]]:
        found = [carried(gemeente, year) for gemeente, year in years.items()]
        areas, drawn = zip(*found, strict=True)
        return pd.concat(areas), list(chain.from_iterable(drawn))

    return area_of


def _area(
    weights: pd.Series, kwb: pd.DataFrame, jaar: int, year: int
) -> tuple[pd.DataFrame, list[str]]:
    """Return the area in the buurten of a year, as `carry`, and the boundaries used for it.

    `weights` are those of the buurten in the books of `jaar`.
    """
    gemeente = regions.gemeente_of(weights.index[0])
    if not (kwb.loc[kwb["soort"] == "Buurt", "jaar"] == year).any():
        raise Fout(
            f"Over {year} zijn er geen kerncijfers van {gemeente}. Haal ze op met: wijkboek "
            f"fetch {gemeente} --only kwb-{year}"
        )
    target = cbs.year_of_buurten(gemeente, jaar)
    if year == target:
        return pd.DataFrame({"gewicht": weights.astype(float), "grens": 0.0}), []
    links, drawn = cbs.links(gemeente, year, target)
    if new := sorted(set(weights.index[weights > 0]) - set(links["naar"])):
        raise Fout(
            f"In {year} lag een deel van het gebied van nu ({', '.join(new[:3])}) nog in geen "
            "buurt van de gemeente. Daarom vergelijken we dat jaar niet."
        )
    return measures.carry(weights, links), drawn


def _counts(year: int, rows: pd.DataFrame, gemeenten: list[str], area_of: AreaOf) -> list[Point]:
    """Return the figures of one year of KWB for the area."""
    area, drawn = area_of(dict.fromkeys(gemeenten, year))
    rows = rows[rows["onderwerp"].isin(TOPICS)]
    facts = {"jaar": year, "verslag": COUNTED, "omgerekend": bool((area["grens"] > 0).any())}
    points = []
    known = rows[rows["waarde"].notna()]
    there = known["gebied"].str[2:6].groupby(known["onderwerp"]).nunique()
    used_by = rows.groupby("onderwerp")["bron"].unique()
    figures = Figures.of(rows, area)
    for onderwerp, topic in TOPICS.items():
        # A figure of one gemeente says nothing of the part of the area in another.
        if there.get(onderwerp, 0) < len(gemeenten):
            continue
        value, errors = measure(onderwerp, figures)
        if not dutch.is_known(value):
            continue
        used = used_by[onderwerp]
        told = {
            "onderwerp": onderwerp,
            "naam": topic.naam,
            "waarde": value,
            "eenheid": topic.eenheid,
            "bron": ";".join(sources.ids([*used, *drawn])),
            "prijzen": RUNNING if topic.price else "",
            "prijsjaar": year if topic.price else None,
            "status": measures.status(used),
        }
        points.append((facts | told, errors))
    return points


def changes(years: Years) -> pd.DataFrame:
    """Return what changed between the first and the last year of each series.

    Columns: `onderwerp`, `naam`, `verslag`, `prijzen`, `eenheid`, `van`, `tot`, `verschil`, `se`,
    `deel` (of the first value), `oordeel` (hoger, lager, gelijk) and `breuk` (whether it was not
    checked that CBS measured the same in both). It is hoger or lager only when the difference is
    larger than its 90 % margin. Rounding is another error each year; of one key, of estimates and
    of conversion the part SAME is the same error in both years, and falls away.
    """
    found = []
    causes: dict[tuple, dict[str, float]] = {}
    for *figure, cause, error in years.errors[["jaar", *_SERIES, "oorzaak", "fout"]].to_numpy():
        if dutch.is_known(error):
            causes.setdefault(tuple(figure), {})[cause] = error
    ends: dict[tuple, list[dict[str, Any]]] = {}
    for row in years.rows.to_dict("records"):
        ends.setdefault(tuple(row[name] for name in _SERIES), []).append(row)
    for series, rows in ends.items():
        first, last = rows[0], rows[-1]
        if first["jaar"] == last["jaar"]:
            continue
        both = [causes.get((r["jaar"], *series), {}) for r in (first, last)]
        difference, se = last["waarde"] - first["waarde"], difference_se(*both)
        # A margin of nothing is no margin for noise of adding floats.
        margin = max(dutch.Z90 * se, 1e-9 * abs(first["waarde"]))
        verdict = "gelijk" if abs(difference) <= margin else "hoger" if difference > 0 else "lager"
        found.append(
            {
                **{name: last[name] for name in ["naam", "eenheid", *_SERIES]},
                "van": first["jaar"],
                "tot": last["jaar"],
                "verschil": difference,
                "se": se,
                "deel": difference / first["waarde"] if first["waarde"] else np.nan,
                "oordeel": verdict,
                "breuk": _unsure(str(series[0]), first["jaar"], last["jaar"]),
            }
        )
    order = ["onderwerp", "naam", "verslag", "prijzen", "eenheid", "van", "tot", "verschil", "se"]
    return pd.DataFrame(found, columns=[*order, "deel", "oordeel", "breuk"])


def difference_se(before: dict[str, float], after: dict[str, float]) -> float:
    """Return the standard error of a difference; both are signed errors by their cause."""
    common = (before.keys() & after.keys()) - {OWN}
    together = math.fsum(before[cause] * after[cause] for cause in common)
    squares = math.fsum(error**2 for errors in (before, after) for error in errors.values())
    return math.sqrt(max(squares - 2 * SAME * together, 0.0))


def _unsure(onderwerp: str, first: int, last: int) -> bool:
    """Return whether the column may be another one: its place at CBS is not checked for a year."""
    if onderwerp not in TOPICS:
        return False
    before, after = (_unchecked(year).get(onderwerp, set()) for year in (first, last))
    return before != after


@cache
def _unchecked(year: int) -> dict[str, set[str]]:
    """Return by onderwerp the places of a year that are not checked."""
    rows = columns.wanted(year)
    rows = rows[~rows["nagegaan"].str.startswith("metadata")]
    found: dict[str, set[str]] = {}
    for onderwerp, pad in zip(rows["onderwerp"], rows["pad"], strict=True):
        found.setdefault(onderwerp, set()).add(pad)
    return found
