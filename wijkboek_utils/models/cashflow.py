"""Who saves, who pays and what flows back: by year, by activity and by holder, in EUR.

What is paid is paid at the start of a year; what is saved or flows back is there at its end. All
amounts are in the prices of the kengetal that they come from, so that the discount rate is a real
one.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils.errors import Fout
from wijkboek_utils.kengetallen import Kengetal, Kengetallen
from wijkboek_utils.models import finance, plans
from wijkboek_utils.models.netting import Netting
from wijkboek_utils.models.plans import Plans

BESPARINGEN = {
    "activiteit": "str",
    "doel": "str",
    "jaar": "int64",
    "eenheden": "float64",
    "bruto": "float64",
    "verwacht": "float64",
    "netto": "float64",
    "voorzichtig": "float64",
    "prijsjaar": "int64",
    "kengetal": "str",
    "bewijs": "int64",
}
BETALINGEN = {
    "activiteit": "str",
    "budget": "str",
    "houder": "str",
    "doel": "str",
    "jaar": "int64",
    "bedrag": "float64",
    "soort": "str",
}
TERUG = {"activiteit": "str", "van": "str", "naar": "str", "jaar": "int64", "bedrag": "float64"}
AT_TABLE = {"activiteit": "str", "doel": "str", "jaar": "int64", "budget": "str"}
AT_TABLE |= {"bedrag": "float64"}
REKENINGEN = ["budget", "houder", "doel", "jaar", "betaalt", "bespaart", "geeft", "krijgt", "saldo"]
OORDEEL = ["activiteit", "kosten", "besparing", "contante_waarde", "terugverdientijd"]
OORDEEL += ["rendement", "kans_op_winst", "laag", "hoog"]
HOUDERS = ["houder", "betaalt", "bespaart", "geeft", "krijgt", "saldo", "contante_waarde"]
_CENT = 0.005


def rate(getallen: Kengetallen) -> Kengetal:
    """Return the discount rate with its source and range, a share a year."""
    return getallen.get("discontovoet", "aandeel")


def discount(getallen: Kengetallen) -> float:
    """Return the discount rate, a share a year; real, for amounts without inflation."""
    return rate(getallen).waarde


def frame(rows: Sequence[tuple[object, ...]], columns: Mapping[str, str]) -> pd.DataFrame:
    """Return rows as a frame of such columns, of the right type also when there are none."""
    cells = zip(*rows, strict=True) if rows else [()] * len(columns)
    return pd.DataFrame(
        {name: pd.array(one, dtype=columns[name]) for name, one in zip(columns, cells, strict=True)}
    )


def savings(read: Plans, netting: Netting) -> pd.DataFrame:
    """Return `BESPARINGEN`: a row for each effect and year, in EUR in prices of `prijsjaar`.

    `bruto` is what it saves if it works, `verwacht` that times chance and attribution, `netto` and
    `voorzichtig` what netting leaves of it; `eenheden` is the expected number of units.
    """
    rows = []
    for plan in read.activiteiten:
        for e in plan.effecten:
            part = e.kans * e.toerekening
            expected = e.bruto * part
            amounts = (expected, netting.net(expected), expected * netting.voorzichtig)
            facts = (e.kengetal.jaar, e.kengetal.id, e.bewijs)
            rows += [
                (plan.naam, e.doel, year, e.minder * part, e.bruto, *amounts, *facts)
                for year in e.jaren
            ]
    return frame(rows, BESPARINGEN)


def shares(read: Plans) -> pd.DataFrame:
    """Return which part of a saving accrues to which budget: sleutel, jaar, budget, deel.

    `sleutel` is the key of a goal. Budgets of a goal share by their amounts of the year, equally
    where all are 0. A goal without a budget at the table has no rows.
    """
    parts = read.delen.items()
    rows = [(goal, year, *part) for (goal, year), mine in parts for part in mine]
    types = {"sleutel": "str", "jaar": "int64", "budget": "str", "deel": "float64"}
    return frame(rows, types)


def at_table(read: Plans, besparingen: pd.DataFrame, bedrag: str = "netto") -> pd.DataFrame:
    """Return each saving split over the budgets that have it: activiteit, doel, jaar, budget,
    bedrag. What nobody at the table saves is left out.
    """
    return frame([*_at_table(read, besparingen, bedrag)], AT_TABLE)


def _at_table(
    read: Plans, besparingen: pd.DataFrame, bedrag: str
) -> Iterator[tuple[str, str, int, str, float]]:
    """Yield the rows of `at_table`."""
    parts = read.delen
    for naam, doel, year, amount in _told(besparingen, "activiteit", "doel", "jaar", bedrag):
        for budget, part in parts.get((plans.key(doel), year), ()):
            yield naam, doel, year, budget, amount * part


def _told(table: pd.DataFrame, *columns: str) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of some columns, as plain values."""
    return zip(*(table[name].tolist() for name in columns), strict=True)


def flow_back(
    read: Plans, besparingen: pd.DataFrame, betalingen: pd.DataFrame, bedrag: str = "netto"
) -> pd.DataFrame:
    """Return `TERUG`: the agreed part of each saving, to who paid, in proportion to what they paid.

    What a budget would give to itself stays where it is.
    """
    payers, agreed = _payers(betalingen), _agreed(read)
    flows: dict[tuple[str, str, str, int], float] = defaultdict(float)
    for naam, doel, year, van, saved in _at_table(read, besparingen, bedrag):
        for naar, part in payers.get(naam, ()):
            amount = saved * (agreed.get((naam, doel, year), 0.0) * part)
            if van != naar and amount > 0:
                flows[naam, van, naar, year] += amount
    return frame([(*who, amount) for who, amount in flows.items()], TERUG)


def _payers(betalingen: pd.DataFrame) -> dict[str, list[tuple[str, float]]]:
    """Return of each activity that is paid for who pays it, by name, and which part of it."""
    paid: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for naam, budget, amount in _told(betalingen, "activiteit", "budget", "bedrag"):
        paid[naam][budget] += amount
    wholes = {naam: sum(mine.values()) for naam, mine in paid.items()}
    return {
        naam: [(budget, amount / wholes[naam]) for budget, amount in sorted(mine.items())]
        for naam, mine in paid.items()
        if wholes[naam]
    }


def _agreed(read: Plans) -> dict[tuple[str, str, int], float]:
    """Return which part of the saving of an activity on a goal flows back in a year."""
    saved: dict[tuple[str, str, int], float] = defaultdict(float)
    back = saved.copy()
    for plan in read.activiteiten:
        for e in plan.effecten:
            for year in e.jaren:
                amount = e.bruto * e.kans * e.toerekening
                saved[plan.naam, e.doel, year] += amount
                back[plan.naam, e.doel, year] += amount * e.terug
    return {of: back[of] / whole if whole > 0 else 0.0 for of, whole in saved.items()}


def owners(read: Plans) -> dict[str, str]:
    """Return who holds each budget, by its name; spelled in two ways, it is the first."""
    spelled: dict[str, str] = {}
    return {b.naam: spelled.setdefault(plans.key(b.houder), b.houder) for b in read.budgetten}


def accounts(
    read: Plans,
    besparingen: pd.DataFrame,
    betalingen: pd.DataFrame,
    terug: pd.DataFrame,
    bedrag: str = "netto",
) -> pd.DataFrame:
    """Return `REKENINGEN`: of each budget and year what it pays, saves, gives and gets, in EUR.

    `saldo` is bespaart - betaalt - geeft + krijgt. Over all budgets the saldo is what is saved at
    the table minus what is paid. Raises Fout when a payment names a budget that is not there.
    """
    names = owners(read)
    used = {*betalingen["budget"], *terug["van"], *terug["naar"]}
    if unknown := sorted(used - {*names}):
        raise Fout(f"Budget «{unknown[0]}» betaalt of krijgt, maar staat niet bij de budgetten.")
    years = sorted({*read.jaren, *betalingen["jaar"], *terug["jaar"]})
    rows = [(b.naam, names[b.naam], b.doel, year) for b in read.budgetten for year in years]
    types = {"budget": "str", "houder": "str", "doel": "str", "jaar": "int64"}
    table = frame(rows, types)
    parts = {
        "betaalt": _told(betalingen, "budget", "jaar", "bedrag"),
        "bespaart": (one[3:1:-1] + one[4:] for one in _at_table(read, besparingen, bedrag)),
        "geeft": _told(terug, "van", "jaar", "bedrag"),
        "krijgt": _told(terug, "naar", "jaar", "bedrag"),
    }
    for name, source in parts.items():
        sums: dict[tuple[str, int], float] = defaultdict(float)
        for who, year, amount in source:
            sums[who, year] += amount
        table[name] = [sums.get((naam, year), 0.0) for naam, _, _, year in rows]
    table["saldo"] = table["bespaart"] - table["betaalt"] - table["geeft"] + table["krijgt"]
    return table[REKENINGEN]


def holders(rekeningen: pd.DataFrame, voet: float) -> pd.DataFrame:
    """Return `HOUDERS`: the accounts of each holder over all years, and their value in the first.

    Only `contante_waarde` is discounted.
    """
    first = rekeningen["jaar"].min()
    paid = rekeningen["betaalt"] * start(voet, rekeningen["jaar"] - first)
    rest = (rekeningen["saldo"] + rekeningen["betaalt"]) * end(voet, rekeningen["jaar"] - first)
    table = rekeningen.assign(contante_waarde=rest - paid)
    return table.groupby("houder", as_index=False, sort=False)[HOUDERS[1:]].sum()[HOUDERS]


def start(voet: Any, jaren: Any) -> Any:
    """Return what a euro at the start of a year is worth, some years after the first.

    Of numbers, of one rate and a series of years, or of arrays of both.
    """
    return (1 + voet) ** -jaren


def end(voet: Any, jaren: Any) -> Any:
    """Return what a euro at the end of a year is worth, some years after the first; as `start`."""
    return (1 + voet) ** -(jaren + 1)


def by_year(read: Plans, besparingen: pd.DataFrame, bedrag: str = "netto") -> pd.DataFrame:
    """Return the cash flow of each activity: activiteit, jaar, kosten, besparing, saldo, totaal.

    `totaal` is the saldo up to and including the year. The saving is missing where nobody said
    what an activity saves.
    """
    found = flows(read, besparingen, bedrag).items()
    rows = [(naam, *one) for naam, mine in found for one in mine]
    types = {"activiteit": "str", "jaar": "int64", "kosten": "float64", "besparing": "float64"}
    table = frame(rows, types)
    table["saldo"] = table["besparing"] - table["kosten"]
    return table.assign(totaal=table.groupby("activiteit")["saldo"].cumsum())


def flows(
    read: Plans, besparingen: pd.DataFrame, bedrag: str
) -> dict[str, list[tuple[int, float, float]]]:
    """Return of each activity its years, with what it costs and saves in them."""
    sums: dict[tuple[str, int], float] = defaultdict(float)
    for naam, year, amount in _told(besparingen, "activiteit", "jaar", bedrag):
        sums[naam, year] += amount
    found = {}
    for plan in read.activiteiten:
        years = sorted({*plan.jaren, *(year for e in plan.effecten for year in e.jaren)})
        saved = 0.0 if plan.effecten else float("nan")
        found[plan.naam] = [
            (y, plan.kosten * (y in plan.jaren), sums.get((plan.naam, y), saved)) for y in years
        ]
    return found


def judge(
    read: Plans,
    besparingen: pd.DataFrame,
    voet: float,
    kansen: pd.DataFrame | None = None,
    bedrag: str = "netto",
) -> pd.DataFrame:
    """Return `OORDEEL`: what each activity costs and saves, discounted to the first year of all.

    `kansen` as `simulate.summary` of the activities; without it chance and range are missing.
    `terugverdientijd` is in years from the first of the activity, without interest; `rendement` is
    missing where there is not one rate. Of an activity without a link that counts only the costs
    are known.
    """
    first = min(read.jaren, default=0)
    rows = []
    for name, mine in flows(read, besparingen, bedrag).items():
        cost = sum(spent * start(voet, year - first) for year, spent, _ in mine)
        row = finance.in_a_row(mine)
        worth = finance.npv(voet, row) * start(voet, mine[0][0] - first)
        known = all(dutch.is_known(saved) for *_, saved in mine)
        times = (finance.payback(row), finance.irr(row)) if known else (None, None)
        rows.append((name, cost, worth + cost, worth, *times))
    types = {"activiteit": "str"} | dict.fromkeys(OORDEEL[1:6], "float64")
    found = frame(rows, types)
    if kansen is None:
        return found.reindex(columns=OORDEEL)
    told = kansen.rename(columns={"naam": "activiteit"})[["activiteit", *OORDEEL[6:]]]
    return found.merge(told, on="activiteit", how="left", validate="1:1")[OORDEEL]


def funded(read: Plans, betalingen: pd.DataFrame) -> dict[str, float]:
    """Return which part of each activity is paid: 0 to 1, and 0 where half will not do."""
    paid = betalingen.groupby("activiteit")["bedrag"].sum()
    found = {}
    for plan in read.activiteiten:
        cost = plan.kosten * len(plan.jaren)
        part = min(paid.get(plan.naam, 0.0) / cost, 1.0) if cost else 1.0
        # A solver pays each year to within a cent.
        short = plan.heel and cost * (1 - part) > _CENT * len(plan.jaren)
        found[plan.naam] = 0.0 if short else float(part)
    return found


def price_years(besparingen: pd.DataFrame) -> str:
    """Return a sentence where a sum holds prices of several years; nothing where it does not."""
    years = sorted(set(besparingen["prijsjaar"]))
    if len(years) < 2:
        return ""
    return (
        f"Deze som telt prijzen van {dutch.join([str(y) for y in years])} bij elkaar op. Ze zijn "
        "niet omgerekend naar één jaar."
    )
