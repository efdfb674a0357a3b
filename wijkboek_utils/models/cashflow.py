"""Who saves, who pays and what flows back: by year, by activity and by holder, in EUR.

What is paid is paid at the start of a year; what is saved or flows back is there at its end. All
amounts are in the prices of the kengetal that they come from, so that the discount rate is a real
one.
"""

from collections.abc import Mapping, Sequence

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
    return pd.DataFrame(rows, columns=[*columns]).astype(dict(columns))


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
    rows = []
    for goal in dict.fromkeys(plans.key(b.doel) for b in read.budgetten):
        mine = read.of_goal(goal)
        for year in read.jaren:
            total = sum(b.amount(year) for b in mine)
            rows += [
                (goal, year, b.naam, b.amount(year) / total if total else 1 / len(mine))
                for b in mine
            ]
    types = {"sleutel": "str", "jaar": "int64", "budget": "str", "deel": "float64"}
    return frame(rows, types)


def at_table(read: Plans, besparingen: pd.DataFrame, bedrag: str = "netto") -> pd.DataFrame:
    """Return each saving split over the budgets that have it: activiteit, doel, jaar, budget,
    bedrag. What nobody at the table saves is left out.
    """
    rows = besparingen.assign(sleutel=besparingen["doel"].map(plans.key).astype("str"))
    split = rows.merge(shares(read), on=["sleutel", "jaar"], how="inner", validate="m:m")
    split["bedrag"] = split[bedrag] * split["deel"]
    return split[["activiteit", "doel", "jaar", "budget", "bedrag"]]


def flow_back(
    read: Plans, besparingen: pd.DataFrame, betalingen: pd.DataFrame, bedrag: str = "netto"
) -> pd.DataFrame:
    """Return `TERUG`: the agreed part of each saving, to who paid, in proportion to what they paid.

    What a budget would give to itself stays where it is.
    """
    paid = betalingen.groupby(["activiteit", "budget"], as_index=False)["bedrag"].sum()
    paid["deel"] = paid["bedrag"] / paid.groupby("activiteit")["bedrag"].transform("sum")
    payers = paid.rename(columns={"budget": "naar"})[["activiteit", "naar", "deel"]]
    saved = at_table(read, besparingen, bedrag).rename(columns={"budget": "van"})
    agreed = saved.merge(_agreed(read), on=["activiteit", "doel", "jaar"], validate="m:1")
    flows = agreed.merge(payers, on="activiteit")
    flows["bedrag"] *= flows["terug"] * flows["deel"]
    kept = flows[(flows["van"] != flows["naar"]) & (flows["bedrag"] > 0)]
    who = ["activiteit", "van", "naar", "jaar"]
    return kept.groupby(who, as_index=False, sort=False)["bedrag"].sum().astype(TERUG)


def _agreed(read: Plans) -> pd.DataFrame:
    """Return which part of the saving of an activity on a goal flows back in a year."""
    rows = [
        (plan.naam, e.doel, year, e.bruto * e.kans * e.toerekening, e.terug)
        for plan in read.activiteiten
        for e in plan.effecten
        for year in e.jaren
    ]
    table = pd.DataFrame(rows, columns=["activiteit", "doel", "jaar", "gewicht", "terug"])
    table["terug"] *= table["gewicht"]
    sums = table.groupby(["activiteit", "doel", "jaar"], as_index=False)[["gewicht", "terug"]].sum()
    sums["terug"] = (sums["terug"] / sums["gewicht"].where(sums["gewicht"] > 0)).fillna(0.0)
    types = {"activiteit": "str", "doel": "str", "jaar": "int64", "terug": "float64"}
    return sums[[*types]].astype(types)


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
    at = pd.MultiIndex.from_frame(table[["budget", "jaar"]])
    parts = {
        "betaalt": (betalingen, "budget"),
        "bespaart": (at_table(read, besparingen, bedrag), "budget"),
        "geeft": (terug, "van"),
        "krijgt": (terug, "naar"),
    }
    for name, (source, who) in parts.items():
        sums = source.groupby([who, "jaar"])["bedrag"].sum()
        table[name] = sums.reindex(at, fill_value=0.0).to_numpy(dtype=float)
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


def start(voet: float, jaren: pd.Series) -> pd.Series:
    """Return what a euro at the start of a year is worth, some years after the first."""
    return (1 + voet) ** -jaren


def end(voet: float, jaren: pd.Series) -> pd.Series:
    """Return what a euro at the end of a year is worth, some years after the first."""
    return (1 + voet) ** -(jaren + 1)


def by_year(read: Plans, besparingen: pd.DataFrame, bedrag: str = "netto") -> pd.DataFrame:
    """Return the cash flow of each activity: activiteit, jaar, kosten, besparing, saldo, totaal.

    `totaal` is the saldo up to and including the year. The saving is missing where nobody said
    what an activity saves.
    """
    sums = besparingen.groupby(["activiteit", "jaar"])[bedrag].sum()
    rows = []
    for plan in read.activiteiten:
        years = sorted({*plan.jaren, *(year for e in plan.effecten for year in e.jaren)})
        saved = 0.0 if plan.effecten else float("nan")
        rows += [
            (plan.naam, y, plan.kosten * (y in plan.jaren), sums.get((plan.naam, y), saved))
            for y in years
        ]
    types = {"activiteit": "str", "jaar": "int64", "kosten": "float64", "besparing": "float64"}
    table = frame(rows, types)
    table["saldo"] = table["besparing"] - table["kosten"]
    return table.assign(totaal=table.groupby("activiteit")["saldo"].cumsum())


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
    for name, table in by_year(read, besparingen, bedrag).groupby("activiteit", sort=False):
        later = table["jaar"] - first
        cost = float((table["kosten"] * start(voet, later)).sum())
        row = flows(table)
        worth = finance.npv(voet, row) * float(start(voet, later).iloc[0])
        known = table["besparing"].notna().all()
        times = (finance.payback(row), finance.irr(row)) if known else (None, None)
        rows.append((name, cost, worth + cost, worth, *times))
    types = {"activiteit": "str"} | dict.fromkeys(OORDEEL[1:6], "float64")
    found = frame(rows, types)
    if kansen is None:
        return found.reindex(columns=OORDEEL)
    told = kansen.rename(columns={"naam": "activiteit"})[["activiteit", *OORDEEL[6:]]]
    return found.merge(told, on="activiteit", how="left", validate="1:1")[OORDEEL]


def flows(table: pd.DataFrame) -> list[float]:
    """Return the row of amounts of one activity (`by_year`) for `finance`: costs at the start of a
    year, savings at its end.
    """
    first, last = int(table["jaar"].min()), int(table["jaar"].max())
    row = [0.0] * (last - first + 2)
    for year, cost, saved in zip(table["jaar"], table["kosten"], table["besparing"], strict=True):
        row[year - first] -= cost
        row[year - first + 1] += saved
    return row


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
