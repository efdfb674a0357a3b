"""Can it be right? Our totals beside published ones that we did not use, with the difference told.

A kengetal that is off shows best for the whole country: there the spread between buurten is gone
and national accounts and budgets tell what it should be. A published total is first brought to what
we count (another year, something that we leave out); each such correction has a source and a size.
What is then still too far off is not explained, and is said to be so.
"""

import math
from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import (
    cbs,
    dutch,
    flows,
    household_flows,
    households,
    income_kinds,
    keys,
    ledger,
    show,
    sources,
)
from wijkboek_utils.errors import Fout
from wijkboek_utils.kengetallen import STATUSES, Kengetallen
from wijkboek_utils.show import Html

FITS, EXPLAINED = "past", "past na correctie"
UNEXPLAINED, UNCOUNTED = "niet verklaard", "landelijk niet te berekenen"
VERDICTS = [FITS, EXPLAINED, UNEXPLAINED, UNCOUNTED]
# In a buurt a count times a kengetal may be far off; in the whole country it may not.
FACTOR = 1.10
YEAR = 2023  # of most published totals; the others are brought to it
_COUNT = "aantal "  # begins a cause that a count of one buurt is off; a national count is not
NATIONAL = "miljoen euro"
_UNITS = [NATIONAL, "euro per inwoner"]
_BUURT = "BU00000000"  # the country, in the shape of a buurt
_FILE = "wijkboek_utils/tables/controletotalen.csv"
_NEEDED = ["id", "naam", "waarde", "eenheid", "jaar", "bron", "vindplaats", "status", "toelichting"]


def controls(table: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the published totals of `controletotalen.csv`: `waarde`, `marge` (half of the 90 %
    interval) and `jaar` as numbers, the rest as text.

    A row that names another one under `deel_van` is a correction of it. Raises Fout naming row and
    column when a row cannot be used, as when it lacks its source.
    """
    rows = sources.read_project_table("controletotalen") if table is None else table.copy()
    known = set(rows["id"])
    for number, facts in enumerate(rows.to_dict("records"), start=2):
        for column, problem in _problems(facts, known):
            raise Fout(f"{_FILE}, rij {number}, kolom {column}: {problem}")
    if (double := rows["id"].duplicated()).any():
        raise Fout(f"{_FILE}, kolom id: {rows.loc[double, 'id'].iloc[0]} staat er twee keer.")
    numbers = {c: rows[c].astype(float) for c in ("waarde", "marge")}
    return rows.assign(**numbers, jaar=rows["jaar"].astype(int))


def _problems(facts: dict[str, str], known: set[str]) -> list[tuple[str, str]]:
    """Return what is wrong with a row: the column, and what to do."""
    found = [
        (c, "is leeg. Vul hem in of haal de rij weg.") for c in _NEEDED if not facts[c].strip()
    ]
    for column, least in (("waarde", -math.inf), ("marge", 0.0)):
        if not (_finite(facts[column]) and float(facts[column]) >= least):
            found.append((column, f"«{facts[column]}» is geen getal dat hier kan."))
    if not (facts["jaar"].isdecimal() and len(facts["jaar"]) == 4):
        found.append(("jaar", f"«{facts['jaar']}» is geen jaar. Schrijf vier cijfers."))
    for column, choice in (("status", list(STATUSES)), ("eenheid", _UNITS)):
        if facts[column] not in choice:
            words = dutch.join(choice, "of")
            found.append((column, f"«{facts[column]}» ken ik niet. Kies {words}."))
    if facts["deel_van"] and facts["deel_van"] not in known:
        found.append(("deel_van", f"{facts['deel_van']} staat niet in de tabel."))
    if facts["eenheid"] == NATIONAL and not facts["deel_van"]:
        if not (facts["posten"] or (facts["telling"] and facts["kengetal"])):
            found.append(("posten", "is leeg: noem de posten, of een telling en een kengetal."))
        if facts["los"] not in ("ja", "nee"):
            found.append(("los", "staat dit cijfer los van ons kengetal? Kies ja of nee."))
    return found


def _finite(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def national_books(rows: pd.DataFrame, kengetallen: Kengetallen, jaar: int) -> pd.DataFrame:
    """Return the estimated books of the whole country, as if it were one buurt.

    `rows` as `cbs.read_country`. The same estimators as for a pilot, of households and of care and
    education, with income as it stands in the books of `jaar`. Benefits of gemeenten are not taken
    out of income: no source gives them for the country as they are paid. Firms are not counted in
    the national figures.
    """
    indicatoren = country(rows, jaar)
    income_year = households.income_year(indicatoren)
    year = rows[rows["jaar"] == income_year].assign(gebied=_BUURT, soort="Buurt", omgerekend=False)
    inkomen = households.in_books(households.income(year), jaar, kengetallen)
    average = cbs.national_household(rows, income_year)
    average *= households.year_factor(income_year, jaar, kengetallen).value
    parts = [household_flows.households(inkomen, indicatoren, average, kengetallen, jaar)]
    if others := flows.estimate(indicatoren, kengetallen, jaar, "instellingen"):
        parts.append(flows.book(others, pd.Index([_BUURT], name="buurt"), jaar))
    loon = households.book_income(inkomen, parts[0][:0], jaar)
    return income_kinds.with_income(pd.concat(parts, ignore_index=True), loon)


def country(rows: pd.DataFrame, jaar: int) -> pd.DataFrame:
    """Return the national figures for the books of a year in the shape of `cbs.indicators`."""
    buurt = rows.assign(gebied=_BUURT, soort="Buurt", omgerekend=False)
    chosen = cbs.choose_years(buurt, jaar).rename("jaar").reset_index()
    return buurt.merge(chosen, on=["onderwerp", "jaar"], how="inner", validate="1:1")


def national(
    boekingen: pd.DataFrame, rows: pd.DataFrame, kengetallen: Kengetallen, table: pd.DataFrame
) -> pd.DataFrame:
    """Return our national totals beside published ones, one row a control total.

    `boekingen` as `national_books` (more may be added), `rows` as `cbs.read_country`, `table` as
    `controls`. Columns in EUR a year: `wij`, `se` (without what a count may be off in a buurt: the
    country is counted well), `gepubliceerd`, `correctie`, `vergelijkbaar`
    (the published total brought to what we count) and its `marge`; `verhouding` (`wij` to
    `vergelijkbaar`), `oordeel` (one of `VERDICTS`); `id`, `naam`, `jaar`, `los` (whether the
    kengetal was made without this figure), `toelichting`, `bron`, `vindplaats` and `status` as in
    the table.
    """
    chosen = table[(table["eenheid"] == NATIONAL) & (table["deel_van"] == "")]
    parts = table[table["deel_van"] != ""].groupby("deel_van")
    correction = chosen["id"].map(parts["waarde"].sum()).fillna(0.0)
    square = chosen["id"].map(parts["marge"].agg(lambda m: (m**2).sum())).fillna(0.0)
    ours = [_ours(rule, boekingen, rows, kengetallen) for rule in chosen.itertuples()]
    found = pd.DataFrame(
        {
            "id": chosen["id"],
            "naam": chosen["naam"],
            "jaar": chosen["jaar"],
            "wij": [amount for amount, _ in ours],
            "se": [error for _, error in ours],
            "gepubliceerd": chosen["waarde"] * 1e6,
            "correctie": correction * 1e6,
            "vergelijkbaar": (chosen["waarde"] + correction) * 1e6,
            "marge": np.sqrt(chosen["marge"] ** 2 + square) * 1e6,
        }
    )
    found["verhouding"] = found["wij"] / found["vergelijkbaar"]
    plain = [near(r.wij, r.gepubliceerd, dutch.Z90 * r.se) for r in found.itertuples()]
    margin = np.hypot(dutch.Z90 * found["se"], found["marge"])
    told = [
        near(r.wij, r.vergelijkbaar, m) for r, m in zip(found.itertuples(), margin, strict=True)
    ]
    found["oordeel"] = np.select(
        [found["wij"].isna(), plain, told], [UNCOUNTED, FITS, EXPLAINED], UNEXPLAINED
    )
    return found.join(chosen[["los", "toelichting", "bron", "vindplaats", "status"]]).reset_index(
        drop=True
    )


def near(ours: float, published: float, margin: float) -> bool:
    """Return whether two totals differ by no more than a margin, and by no factor of `FACTOR`."""
    if not (ours > 0 and published > 0):
        return False
    return abs(ours - published) <= margin and 1 / FACTOR <= ours / published <= FACTOR


def _ours(
    rule: Any, boekingen: pd.DataFrame, rows: pd.DataFrame, kengetallen: Kengetallen
) -> tuple[float, float]:
    """Return our total for a control total and its standard error, missing where none is booked."""
    if rule.telling:
        counts = country(rows, rule.jaar).pivot(
            index="gebied", columns="onderwerp", values="waarde"
        )
        values = keys.evaluate(rule.telling, counts)
        if values is None:
            return math.nan, math.nan
        unit = kengetallen.get(rule.kengetal, kengetallen.known[rule.kengetal].eenheid)
        return float(values.iloc[0] * unit.waarde), float(values.iloc[0] * unit.se)
    mine = boekingen[belongs(boekingen, rule.posten, rule.richting)]
    sign = (mine["naar"] == "huishoudens").map({True: 1, False: -1})
    amounts, errors = ledger.factors(
        mine,
        pd.Series(1.0, index=mine["buurt"].unique()),
        [],
        sign=sign if rule.richting == "saldo" else None,
    )
    if amounts.empty:
        return math.nan, math.nan
    causes = errors.loc[:, ~errors.columns.str.startswith(_COUNT)]
    variance = (causes**2).sum(axis=1) + amounts["eigen"]
    return float(amounts["bedrag"].iloc[0]), float(np.sqrt(variance.iloc[0]))


def belongs(boekingen: pd.DataFrame, posten: str, richting: str = "") -> pd.Series:
    """Return which boekingen a control total is about.

    `posten` names posts or what they begin with, `;` between: `toeslag:` takes all of them,
    `inkomen:ao` takes no `inkomen:aow`, `*` takes every post and `-` before a name leaves it out.
    `richting` is what households get (`in`), pay (`uit`), or both (`saldo`).
    """
    number, posts = pd.factorize(boekingen["post"])  # of thousands of boekingen some hundred

    def hit(name: str) -> np.ndarray:
        stem = name.rstrip(":")
        begins = [post == stem or post.startswith(f"{stem}:") or name == "*" for post in posts]
        return np.array(begins, dtype=bool)

    names = posten.split(";")
    found = np.zeros(len(posts), dtype=bool)
    for name in names:
        found = found & ~hit(name[1:]) if name.startswith("-") else found | hit(name)
    chosen = pd.Series(np.append(found, False)[number], index=boekingen.index)
    into = boekingen["naar"] == "huishoudens"
    out = boekingen["van"] == "huishoudens"
    return chosen & {"in": into, "uit": out, "saldo": into | out}.get(richting, True)


def sentence(rows: pd.DataFrame) -> str:
    """Say how many national totals fit, and name those that do not; `rows` as `national`."""
    booked = rows[rows["oordeel"] != UNCOUNTED]
    if booked.empty:
        return "Er is geen landelijk totaal om onze cijfers naast te leggen."
    count = booked["oordeel"].value_counts().reindex(VERDICTS).fillna(0).astype(int)
    text = [
        f"Wij leggen {dutch.plural(len(booked), 'totaal', 'totalen')} naast een ander cijfer.",
        f"Zonder meer passen er {count[FITS]}, na correctie nog {count[EXPLAINED]}.",
        f"Los van onze kengetallen staan er {(booked['los'] == 'ja').sum()}.",
    ]
    unclear = booked.loc[booked["oordeel"] == UNEXPLAINED, "naam"]
    if len(unclear):
        names = dutch.join([f"«{name}»" for name in unclear])
        text.append(f"Niet verklaard is het verschil bij {names}.")
    return " ".join(text)


def table(rows: pd.DataFrame, controles: pd.DataFrame, jaar: int) -> Html:
    """Return our national totals beside published ones; `rows` as `national`."""
    booked = rows[rows["oordeel"] != UNCOUNTED]
    parts = controles.groupby("deel_van")["naam"].agg("; ".join)
    frame = pd.DataFrame(
        {
            "Totaal": booked["naam"],
            "Wij": [dutch.interval(r.wij, r.se, r.wij < 0) for r in booked.itertuples()],
            "Gepubliceerd": [f"{_three(r.gepubliceerd)} ({r.jaar})" for r in booked.itertuples()],
            "Na correctie": [
                _three(r.vergelijkbaar) if r.id in parts else "geen" for r in booked.itertuples()
            ],
            "Oordeel": [
                r.oordeel if r.los == "ja" else f"{r.oordeel} (niet los)"
                for r in booked.itertuples()
            ],
        }
    )
    missing = [f"«{name}»" for name in rows.loc[rows["oordeel"] == UNCOUNTED, "naam"]]
    note = f"Landelijk niet te berekenen, want een telling ontbreekt: {dutch.join(missing)}."
    return show.table(
        frame,
        f"Onze schatting voor heel Nederland naast andere cijfers, {jaar}",
        dict.fromkeys(["Gepubliceerd", "Na correctie"], str),
        note=note if missing else "",
    )


def differences(rows: pd.DataFrame, controles: pd.DataFrame) -> Html:
    """Return why our national totals differ from published ones, as a list; as `table`."""
    parts = controles.groupby("deel_van")["naam"].agg("; ".join)
    booked = rows[rows["oordeel"] != UNCOUNTED]
    return show.bullets(
        [
            f"{r.naam}: {dutch.percent(r.verhouding)} van wat vergelijkbaar is; {_why(r, parts)}"
            for r in booked.itertuples()
        ]
    )


def _why(row: Any, parts: pd.Series) -> str:
    """Return what makes a total differ: its corrections, or what is known of an odd one."""
    known = parts.get(row.id, "")
    if row.oordeel == UNEXPLAINED:
        return f"{known}. {row.toelichting}" if known else row.toelichting
    return known or "geen groot verschil"


def _three(amount: float) -> str:
    """Return an amount to about three digits: published totals are no better known."""
    return dutch.about(amount, abs(amount) / 50)


def origins(controles: pd.DataFrame) -> Html:
    """Return the published totals and their corrections with their sources, as `controls`."""
    names = controles.set_index("id")["naam"]
    rows = controles[controles["eenheid"] == NATIONAL]
    part = rows["deel_van"] != ""
    frame = pd.DataFrame(
        {
            "Totaal": names[rows["deel_van"].where(part, rows["id"])].to_numpy(),
            "Regel": rows["naam"].where(part, "Gepubliceerd").to_numpy(),
            "Bedrag": [
                f"{'' if not r.deel_van else 'erbij ' if r.waarde > 0 else 'eraf '}"
                f"{_three(abs(r.waarde) * 1e6)}"
                for r in rows.itertuples()
            ],
            "Jaar": rows["jaar"].astype(str).to_numpy(),
            "Toelichting": rows["toelichting"].to_numpy(),
            # An address without its beginning is no link: a report sends nobody elsewhere.
            "Bron": [
                f"{r.bron} ({STATUSES[r.status]}), {r.vindplaats.replace('https://', '')}"
                for r in rows.itertuples()
            ],
        }
    )
    return show.table(frame, "Gepubliceerde totalen en hun correcties", {"Bedrag": str})
