"""The example from the books of an area: what a wijkbedrijf could take on there, and who would pay.

`tables/wijkvoorbeeld.yml` says what kind of plans it has, each number with its ground; how large
they are follows from the books of the area. Costs are the extra costs alone: the work itself is
paid already. What the books do not know is left out, never filled in.
"""

from collections import UserDict
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

import pandas as pd
import yaml

from wijkboek_utils import area_flows, dutch, ledger, regions, sources, views
from wijkboek_utils.area_flows import Flows
from wijkboek_utils.kengetallen import Kengetal, Kengetallen
from wijkboek_utils.models import cases, plans
from wijkboek_utils.models.cases import Case
from wijkboek_utils.models.plans import LESS, OWN
from wijkboek_utils.models.ranges import SHARE, Estimate, of

LABEL = "Dit is een rekenvoorbeeld uit de boeken van {naam}, {jaar}, en geen plan van de wijk."
NAME = "wijk"  # how the tables of worked cases call this one
_PER_PLACE, _PER_PERSON = "euro per plek per jaar", "euro per persoon per jaar"
_BENEFITS, _POT = "PersonenPerSoortUitkeringBijstand", "bijstand"
_LEAST = 0.1  # places or people: with less there is no plan


def label(naam: str, jaar: int) -> str:
    """Return the sentence that says that these plans are an example."""
    return LABEL.format(naam=naam, jaar=jaar)


def from_books(
    grootboek: pd.DataFrame,
    gebied: pd.DataFrame,
    indicatoren: pd.DataFrame,
    werk: pd.DataFrame,
    getallen: Kengetallen,
    naam: str,
    jaar: int,
    stromen: Flows | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables budgetten and activiteiten of an example, as notebook 06 writes real ones.

    `werk` is the inventory of work (taakveld, post, euro, deel): no plan takes on a larger part of
    a kind of work than it says the wijk can do. Plans begin in the year after `jaar` and take its
    amounts. Without its budget in the books of `naam` a plan is not there. `stromen` are the flows
    of the area, where they are known already.
    """
    weights = regions.area(gebied)
    design = _design()
    years = range(jaar + 1, jaar + 1 + design["jaren"])
    pots = _budgets(design["budgetten"], stromen or area_flows.of(grootboek, weights))
    groups = _groups(indicatoren, ledger.shares(weights), pots, getallen)
    goals = {budget["doel"] for budget in pots.values()}
    rows: list[dict[str, Any]] = []
    for plan in design["activiteiten"]:
        if plan["budget"] not in pots or not goals.issuperset(plan["gevraagd"]):
            continue
        own = pots[plan["budget"]]
        sizes = _sizes(plan, own, _doable(werk, own["posten"]), getallen)
        sizes["inwoners"] = _fewer_litter(groups[regions.INHABITANTS], getallen)
        rows += _plan(plan, own, sizes, design, getallen, groups, naam, years)
    note = {"opmerking": label(naam, jaar)}
    free = getallen.get("casus_vrij_deel", SHARE).waarde
    money = [_budget(b, free) | {"jaar": year} for b in pots.values() for year in years]
    return (
        cases.table("budget", [row | note for row in money]),
        cases.table("activiteit", [row | note for row in rows]),
    )


def case(
    voorbeeld: tuple[pd.DataFrame, pd.DataFrame], getallen: Kengetallen, naam: str, jaar: int
) -> Case:
    """Return the example (as `from_books`) as a worked case, for `case_results.work_out`."""
    told = label(naam, jaar)
    must, assumed = premises(getallen)
    return Case(
        NAME,
        f"Van werk naar afspraak in {naam}",
        f"de boeken van {naam}, {jaar}",
        told,
        tuple(assumed),
        tuple(must),
        plans.read(*voorbeeld, getallen, told),
        getallen,
        {},
    )


def chosen(
    budgetten: pd.DataFrame,
    activiteiten: pd.DataFrame,
    voorbeeld: tuple[pd.DataFrame, pd.DataFrame],
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the budgets and activities to compute with: the contributed ones, else the example.

    Both with a column `illustratie`: the sentence that says it is an example, empty where people
    contributed plans. Real budgets and made-up plans are never mixed.
    """
    if len(activiteiten):
        return budgetten.assign(illustratie=""), activiteiten.assign(illustratie="")
    money, links = (table.assign(illustratie=table["opmerking"]) for table in voorbeeld)
    return money, links


def illustration(activiteiten: pd.DataFrame) -> str:
    """Return the sentence that says that these plans (as `chosen`) are an example, or nothing."""
    return str(activiteiten["illustratie"].iloc[0]) if len(activiteiten) else ""


def premises(getallen: Kengetallen) -> tuple[list[str], list[str]]:
    """Return what must be true for the example to come out, and what it assumes, in words."""
    told = _Words(getallen.known)
    return _design()["voorwaarden"], [words.format_map(told) for words in _design()["aannames"]]


class _Words(UserDict[str, str]):
    """Kengetallen in words, by id; written when they are asked for."""

    def __init__(self, known: Mapping[str, Kengetal]) -> None:
        super().__init__()
        self.known = known

    def __missing__(self, id: str) -> str:
        k = self.known[id]
        return dutch.percent(k.waarde) if k.eenheid == SHARE else dutch.euro(k.waarde)


def budgets() -> list[dict[str, Any]]:
    """Return the budgets that the example looks for in the books: naam, doel, posten and more."""
    return list(_design()["budgetten"])


@cache
def _design() -> dict[str, Any]:
    text = (sources.TABLES / "wijkvoorbeeld.yml").read_text(encoding="utf-8")
    return dict(yaml.load(text, sources.YAML))


def _budgets(told: Iterable[dict[str, Any]], stromen: Flows) -> dict[str, dict[str, Any]]:
    """Return the budgets that the books know, by name, with their `bedrag` in whole thousands."""
    pots = list(told)
    rows = stromen.rows
    rows = rows[rows["post"].isin([post for pot in pots for post in pot["posten"]])]
    spent = rows[views.is_service(rows) & views.is_expense(rows)]
    public = stromen.totals(spent, ["post"], views.published_sign(spent))
    other = stromen.totals(rows[~rows["post"].str.startswith("iv3:")], ["post"])
    paid = pd.concat([public, other]).groupby("post")["bedrag"].sum()
    amounts = {pot["naam"]: round(float(paid.reindex(pot["posten"]).sum()), -3) for pot in pots}
    return {
        pot["naam"]: pot | {"bedrag": amount}
        for pot in pots
        if (amount := amounts[pot["naam"]]) > 0
    }


def _budget(budget: Mapping[str, Any], free: float) -> dict[str, Any]:
    """Return a row of the table budgetten without its year; a taakveld is the code in the post."""
    code = budget["posten"][0].split(":")[1]
    return {
        "naam": budget["naam"],
        "houder": budget["houder"],
        "doel": budget["doel"],
        "bedrag": budget["bedrag"],
        "taakveld": code if budget["posten"][0].startswith("iv3:") else None,
        "vrij_deel": free if budget.get("vrij") else None,
        "voorwaarde": budget.get("voorwaarde"),
    }


def _groups(
    indicatoren: pd.DataFrame,
    shares: pd.Series,
    pots: Mapping[str, Mapping[str, Any]],
    getallen: Kengetallen,
) -> dict[str, float | None]:
    """Return how many people there are in the area, and how many of them are on benefits.

    None unless every buurt of it is known. On benefits are then as many as the books can pay for:
    without a number two plans could not share a group of people.
    """
    found = {
        topic: _count(indicatoren, shares, topic) for topic in (regions.INHABITANTS, _BENEFITS)
    }
    part = getallen.get("casus_deel_bijstand", SHARE).waarde
    one = getallen.get("bijstand_per_persoon", _PER_PERSON).waarde
    paid = sum(pot["bedrag"] for name, pot in pots.items() if name == _POT)
    return found | {_BENEFITS: found[_BENEFITS] or round(paid * part / one) or None}


def _count(indicatoren: pd.DataFrame, shares: pd.Series, topic: str) -> float | None:
    inside = shares[(shares > 0) & ~regions.is_rest(shares.index.to_series())]
    rows = indicatoren[
        (indicatoren["onderwerp"] == topic) & indicatoren["gebied"].isin(inside.index)
    ]
    rows = rows.dropna(subset="waarde").sort_values("jaar")
    last = rows.drop_duplicates("gebied", keep="last").set_index("gebied")["waarde"]
    return float((last * inside).sum()) if len(last) == len(inside) and len(last) else None


def _doable(werk: pd.DataFrame, posten: Collection[str]) -> float:
    """Return the part of some work that the wijk can do by the inventory; 1 where it is silent."""
    codes = {post.split(":")[1] for post in posten if post.startswith("iv3:")}
    mine = werk[werk["taakveld"].isin(codes) | werk["post"].isin(posten)]
    mine = mine.dropna(subset=["euro", "deel"])
    total = mine["euro"].sum()
    return float((mine["euro"] * mine["deel"]).sum() / total) if total > 0 else 1.0


def _sizes(
    plan: Mapping[str, Any], own: Mapping[str, Any], doable: float, getallen: Kengetallen
) -> dict[str, Estimate | None]:
    """Return how many places or people a plan has: what its work can pay for, or who takes part."""
    if "deel" in plan:
        part = min(getallen.get(plan["deel"], SHARE).waarde, doable)
        one = getallen.get("casus_omzet_per_plek", _PER_PLACE)
        money = own["bedrag"] * part
        return {"plekken": Estimate(money / one.waarde, money / one.hoog, money / one.laag)}
    one = getallen.get("casus_dagbesteding_per_persoon", _PER_PERSON)
    money = own["bedrag"] * plan["mensen"]
    return {"mensen": Estimate(money / one.waarde, money / one.hoog, money / one.laag)}


def _fewer_litter(people: float | None, getallen: Kengetallen) -> Estimate | None:
    part = getallen.get("casus_minder_zwerfafval", SHARE)
    return None if people is None else of(part).times(people)


def _plan(
    plan: Mapping[str, Any],
    own: Mapping[str, Any],
    sizes: Mapping[str, Estimate | None],
    design: Mapping[str, Any],
    getallen: Kengetallen,
    groups: Mapping[str, float | None],
    naam: str,
    years: range,
) -> list[dict[str, Any]]:
    """Return the rows of a plan: its own goal, and each link of which the size is known."""
    main = sizes.get("plekken") or sizes.get("mensen")
    if main is None or main.waarde < _LEAST:
        return []
    guidance = getallen.get("casus_begeleiding_per_plek", _PER_PLACE).waarde
    cost = round(main.waarde * plan.get("begeleiding", 1.0) * guidance, -2)
    asked = {goal: part * cost for goal, part in plan["gevraagd"].items()}
    base = {
        "naam": plan["naam"],
        "trekker": design["trekker"],
        "resultaat": plan["resultaat"],
        "kosten": cost,
        "begin": years[0],
        "jaren": len(years),
        "alles_of_niets": "ja",
    }
    own_goal = plan.get("eigen", own["doel"])
    rows = [base | {"doel": own_goal, "verband": OWN, "gevraagd": asked.pop(own_goal, None)}]
    back = getallen.get("casus_terug_deel", SHARE).waarde
    for name in plan["effecten"]:
        link = design["effecten"][name]
        if size := sizes.get(link["telt"]):
            told = _link(link, size, getallen, groups, naam) | {"terug_deel": back}
            rows.append(base | told | {"gevraagd": asked.pop(link["doel"], None)})
    return rows


def _link(
    link: Mapping[str, Any],
    size: Estimate,
    getallen: Kengetallen,
    groups: Mapping[str, float | None],
    naam: str,
) -> dict[str, Any]:
    kans = link["kans"]
    return {
        "doel": link["doel"],
        "verband": LESS,
        "minder_nodig": round(size.waarde, 1),
        "minder_laag": round(size.laag, 1),
        "minder_hoog": round(size.hoog, 1),
        "eenheid": link["eenheid"],
        "kans": getallen.get(kans, SHARE).waarde if isinstance(kans, str) else kans,
        "kengetal": link["kengetal"],
        "bewijs": link["bewijs"],
        "voor_wie": link["voor_wie"].format(naam=dutch.plain(naam)),
        "groep": groups[link["groep"]] if "groep" in link else None,
        "effect_jaren": link.get("jaren"),
        "mechanisme": link["mechanisme"],
    }
