"""What must hold between the columns of a row, per dataset."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from wijkboek_utils import dutch

HOURS = 8784  # in the longest year
_CENT = 0.005
_FEW = 10  # people: with fewer one may be known (design, 8)
_PERSONS = r"persoon|personen|mens(?:en)?|(?:in|be)woners?|kind(?:eren)?|jongeren?|cliënt(?:en)?"
_PEOPLE = "Dit gaat over mensen. Kies bij toestemming «ja» als u mag delen; anders kan het niet."


@dataclass(frozen=True)
class Rule:
    """A rule: `breaks` returns which rows break it; the fault is said at `column`.

    `breaks` gets typed rows with every column of the dataset, missing where a cell is empty or
    wrong, and the last day that can have passed: today.
    """

    column: str
    words: str
    breaks: Callable[[pd.DataFrame, str], pd.Series]


def _needs(column: str, other: str, words: str) -> Rule:
    """Return the rule that who fills in `other`, fills in `column` too."""
    return Rule(column, words, lambda r, _: r[other].notna() & r[column].isna())


def _past(column: str) -> Rule:
    words = "deze dag moet nog komen. Schrijf de dag waarop het is gebeurd."
    return Rule(column, words, lambda r, today: r[column].notna() & (r[column] > today))


def _past_year(column: str) -> Rule:
    words = "dit jaar moet nog komen. Schrijf het jaar waarin het is gebeurd."
    return Rule(column, words, lambda r, today: r[column].gt(int(today[:4])).fillna(False))


def _side(side: str, column: str) -> Callable[[pd.DataFrame, str], pd.Series]:
    """Return what finds a side of the gemeente where another sector stands."""
    return lambda r, _: r["zijde"].eq(side) & r[column].notna() & r[column].ne("gemeente")


def _differs(by: str, column: str) -> Callable[[pd.DataFrame, str], pd.Series]:
    """Return what finds rows with the same `by` as an earlier row, and another `column`."""

    def breaks(rows: pd.DataFrame, today: str) -> pd.Series:
        first = _named(rows, rows[column], by).transform("first")
        both = rows[by].notna() & rows[column].notna()
        return both & _folded(rows[column]).ne(_folded(first)).fillna(False)

    return breaks


def _named(rows: pd.DataFrame, cells: pd.Series, by: str) -> Any:
    """Return cells by the name in the column `by`, however it is capitalised."""
    return cells.groupby(_folded(rows[by].astype("str")), sort=False)


def _folded(cells: pd.Series) -> pd.Series:
    return cells.str.casefold() if isinstance(cells.dtype, pd.StringDtype) else cells


def _year_twice(rows: pd.DataFrame, today: str) -> pd.Series:
    named = _folded(rows["naam"])
    both = pd.DataFrame({"naam": named, "jaar": rows["jaar"]})
    return both.notna().all(axis=1) & both.duplicated()


def _asks_too_much(rows: pd.DataFrame, today: str) -> pd.Series:
    """Return what finds the rows of a plan by which more is asked in all than it costs."""
    asked = rows["gevraagd"].astype("float64")
    whole = _named(rows, asked.fillna(0), "naam").cumsum()
    return rows["naam"].notna() & asked.gt(0) & whole.gt(rows["kosten"] + _CENT)


def _few_people(rows: pd.DataFrame, today: str) -> pd.Series:
    people = rows["eenheid"].str.fullmatch(_PERSONS, case=False).fillna(False).astype(bool)
    return people & rows["groep"].gt(0) & rows["groep"].lt(_FEW)


def _of_gemeente(rows: pd.DataFrame) -> pd.Series:
    return rows["van"].eq("gemeente") | rows["naar"].eq("gemeente")


def _too_many_hours(rows: pd.DataFrame, today: str) -> pd.Series:
    return (rows["uren"] > HOURS * rows["mensen"].astype("float64")) & rows["mensen"].notna()


def _twice(rows: pd.DataFrame, today: str) -> pd.Series:
    columns = ["respondent", "post", "jaar"]
    return rows[columns].notna().all(axis=1) & rows.duplicated(columns)


def _same_name(rows: pd.DataFrame, today: str) -> pd.Series:
    other = rows["verbonden_met"].str.casefold()
    return rows["naam"].str.casefold().eq(other).fillna(False)


_BUDGET = "bij hetzelfde budget hoort op elke rij hetzelfde. Geef elk budget een eigen naam."
_PLAN = "bij hetzelfde plan hoort op elke rij hetzelfde te staan. Of is het een ander plan?"
RULES: dict[str, list[Rule]] = {
    "telling": [
        _past("datum"),
        _needs("gedaan_door", "uren_per_jaar", "vul in wie deze uren maakt."),
    ],
    "voorraad": [
        _past("datum"),
        _needs("waarde_jaar", "waarde", "vul in voor welk jaar de waarde geldt."),
        _needs("waarde_grond", "waarde", "vul in waar de waarde vandaan komt."),
    ],
    "geldstroom": [
        _past_year("jaar"),
        Rule(
            "naar",
            "van en naar zijn gelijk. Geld gaat hier van de ene soort naar een andere.",
            lambda r, _: r["van"].notna() & r["van"].eq(r["naar"]),
        ),
        Rule(
            "taakveld",
            "de gemeente betaalt of ontvangt. Vul het taakveld in, zoals 5.7.",
            lambda r, _: _of_gemeente(r) & r["taakveld"].isna(),
        ),
        Rule(
            "post",
            "vul de post in, zoals besteding:voeding, want er is geen taakveld.",
            lambda r, _: ~_of_gemeente(r) & r["taakveld"].isna() & r["post"].isna(),
        ),
        Rule(
            "zijde", "bij lasten betaalt de gemeente; kies van: gemeente.", _side("lasten", "van")
        ),
        Rule(
            "zijde", "bij baten ontvangt de gemeente; kies naar: gemeente.", _side("baten", "naar")
        ),
    ],
    "werk": [
        _past_year("jaar"),
        Rule(
            "uren",
            f"zoveel uren hebben deze mensen niet; een jaar heeft er {dutch.number(HOURS)}.",
            _too_many_hours,
        ),
    ],
    "vraag_aanbod": [
        Rule(
            "tot",
            "deze dag ligt voor de eerste dag. Draai vanaf en tot om.",
            lambda r, _: r["vanaf"].notna() & r["tot"].notna() & (r["tot"] < r["vanaf"]),
        ),
        _needs("eenheid", "hoeveelheid", "vul in waarin u telt, zoals stuks of uur per week."),
        Rule(
            "organisatie",
            "een bewoner laat dit leeg, zodat er geen naam van een persoon komt te staan.",
            lambda r, _: r["wie"].eq("bewoner") & r["organisatie"].notna(),
        ),
    ],
    "budget": [
        *[Rule(c, _BUDGET, _differs("naam", c)) for c in ("houder", "doel", "vrij_deel")],
        Rule("jaar", "dit budget heeft dit jaar al. Tel de bedragen op tot een rij.", _year_twice),
    ],
    "activiteit": [
        *[
            Rule(c, _PLAN, _differs("naam", c))
            for c in ("kosten", "begin", "jaren", "alles_of_niets")
        ],
        Rule("gevraagd", "samen vraagt het plan meer dan het per jaar kost.", _asks_too_much),
        Rule(
            "groep",
            f"minder dan {dutch.number(_FEW)} mensen zijn te herkennen. Neem een grotere "
            "groep, of laat dit leeg.",
            _few_people,
        ),
        _needs("doel", "minder_nodig", "vul in wat er minder nodig is."),
        _needs("eenheid", "minder_nodig", "vul in waarin u telt, zoals persoon."),
        _needs("doel", "gevraagd", "vul in van welk doel dit geld wordt gevraagd."),
        Rule(
            "minder_nodig",
            "dit ligt niet tussen minstens en hoogstens. Verbeter een van de drie.",
            lambda r, _: (
                (r["minder_laag"] > r["minder_nodig"]) | (r["minder_hoog"] < r["minder_nodig"])
            ),
        ),
        Rule(
            "verband",
            "bij een eigen doel wordt niets minder nodig. Kies «minder nodig», of maak dat leeg.",
            lambda r, _: r["verband"].eq("eigen doel") & r["minder_nodig"].notna(),
        ),
    ],
    "netwerk": [
        Rule("verbonden_met", "dit is de organisatie zelf. Vul een andere in.", _same_name),
        _needs("verbonden_met", "aard", "vul in met welke organisatie."),
    ],
    "besteding": [
        _past_year("jaar"),
        Rule(
            "huishouden",
            "dit huishouden heeft op een andere rij een ander aantal personen.",
            _differs("respondent", "huishouden"),
        ),
        Rule(
            "post",
            "dit huishouden heeft deze post in dit jaar al. Tel de bedragen op tot een rij.",
            _twice,
        ),
    ],
}


def about_people(kind: str, rows: pd.DataFrame) -> bool:
    """Return whether rows of a kind are about people, so that somebody must have agreed."""
    if kind in ("telling", "voorraad"):
        return bool(rows["telt"].eq("mensen").any())
    if kind == "vraag_aanbod":
        return bool(rows["wie"].eq("bewoner").any())
    return kind == "besteding"


def consent(kind: str, rows: pd.DataFrame, about: dict[str, Any]) -> str:
    """Return words when nobody agreed to share what is about people; else nothing."""
    said = str(about.get("toestemming") or "")
    return _PEOPLE if said.startswith("niet nodig") and about_people(kind, rows) else ""


def broken(kind: str, rows: pd.DataFrame, today: str) -> list[tuple[str, str, pd.Index]]:
    """Return (column, words, rows) of every rule that rows break; `rows` as `Rule` gets them."""
    found = []
    for rule in RULES[kind]:
        mask = rule.breaks(rows, today).fillna(False).astype(bool)
        if mask.any():
            found.append((rule.column, rule.words, rows.index[mask]))
    return found
