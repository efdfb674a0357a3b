"""What households get and pay that no source gives per buurt: from counts and from income."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import cbs, flows, keys, ledger
from wijkboek_utils.estimates import Estimate, of, sure
from wijkboek_utils.flows import Flow
from wijkboek_utils.households import income_year, year_factor
from wijkboek_utils.kengetallen import Kengetal, Kengetallen
from wijkboek_utils.regions import gemeente_of, wijk_of

# Groups of household spending: their domein, and which of them are bought near home.
GROUPS = {
    "voeding": ("voedsel", "dagelijks"),
    "alcohol_tabak": ("voedsel", "dagelijks"),
    "kleding": ("overig", "niet_dagelijks"),
    "stoffering": ("wonen", "niet_dagelijks"),
    "gezondheid": ("zorg", "niet_dagelijks"),
    "communicatie": ("overig", ""),
    "recreatie": ("cultuur en sport", "niet_dagelijks"),
    "onderwijs": ("onderwijs", ""),
    "horeca": ("voedsel", "niet_dagelijks"),
    "overig": ("overig", "niet_dagelijks"),
}
# Groups with a scale of their own from the survey of 2020 to the national accounts of 2023.
SCALES = {group: group for group in ("voeding", "alcohol_tabak", "kleding")}
HOUSEHOLDS = "HuishoudensTotaal"
_PER_HOUSEHOLD = "euro per huishouden per jaar"
_SIZE = ("personen_per_huishouden", "personen per huishouden")
_OWNED = {
    "Woningvoorraad * Koopwoningen / 100": 0.05,
    "HuishoudensTotaal * Koopwoningen / 100": 0.1,
}
_UNSURE = 0.3  # relative: how far a buurt may lie from the average when its income is not known
MOST_PENSION = 3.0  # times the average: beyond it few households stand for many inhabitants
MOST_SAVED = 0.5  # of income, for the same reason
_INCOME = "inkomen van de buurt"  # the cause of what follows from an income that is off


def households(
    inkomen: pd.DataFrame,
    indicatoren: pd.DataFrame,
    national: float,
    kengetallen: Kengetallen,
    jaar: int,
) -> pd.DataFrame:
    """Return `all_flows` as boekingen."""
    parts = all_flows(inkomen, indicatoren, national, kengetallen, jaar)
    return flows.book(parts, pd.Index(inkomen["buurt"], name="buurt"), jaar)


def book(
    inkomen: pd.DataFrame,
    indicatoren: pd.DataFrame,
    land: pd.DataFrame,
    kengetallen: Kengetallen,
    jaar: int,
) -> pd.DataFrame:
    """Return `households` of one gemeente; `land` as `cbs.read_country`.

    An average Dutch household is that of the year of the income, brought to the books of `jaar`.
    """
    year = income_year(indicatoren)
    national = cbs.national_household(land, year) * year_factor(year, jaar, kengetallen).value
    return households(inkomen, indicatoren, national, kengetallen, jaar)


def all_flows(
    inkomen: pd.DataFrame,
    indicatoren: pd.DataFrame,
    national: float,
    kengetallen: Kengetallen,
    jaar: int,
) -> list[Flow]:
    """Return the estimated flows of households: kinds of income, and what they pay.

    `inkomen` as `households.income`, `national` the income of an average Dutch household in EUR.
    The kinds of income are part of the income that CBS publishes; `with_income` makes them fit.
    """
    counted = (indicatoren["onderwerp"] == HOUSEHOLDS) & (indicatoren["soort"] == "Buurt")
    counts = indicatoren[counted].set_index("gebied")["waarde"]
    income = Income.of(inkomen)
    number = _number(income.rows, counts, kengetallen)
    relative = _relative(income, number, national)
    counted_flows = flows.estimate(indicatoren, kengetallen, jaar)
    parts = [_pension(f, relative, kengetallen) for f in counted_flows]
    parts += taxes(income, national, kengetallen)
    parts += spending(income, counts, national, kengetallen)
    parts += saving(income, parts, relative, kengetallen)
    return parts


@dataclass(frozen=True)
class Income:
    """Published income: the rows of `households.income` by buurt, and their amount."""

    rows: pd.DataFrame
    amount: Estimate

    @classmethod
    def of(cls, inkomen: "pd.DataFrame | Income") -> "Income":
        """Return the income in rows of `households.income`, or the same when it is that already."""
        if isinstance(inkomen, Income):
            return inkomen
        rows = inkomen.set_index("buurt")
        return cls(rows, _income(rows))

    @property
    def source(self) -> tuple[Any, Any]:
        """Return the source and the year of each buurt."""
        return self.rows["bron"].to_numpy(), self.rows["bronjaar"].to_numpy()


def _pension(flow: Flow, relative: Estimate, kengetallen: Kengetallen) -> Flow:
    """Return a flow; that of pensions higher where incomes are higher."""
    if flow.post != "inkomen:pensioen":
        return flow
    elasticity = of(kengetallen.get("pensioen_elasticiteit", "factor"))
    factor = 1 + elasticity * (_average_where_unknown(relative) - 1)
    factor = factor.at_least_zero().at_most(MOST_PENSION)
    used = (*flow.kengetallen, *elasticity.errors)
    return replace(flow, amount=flow.amount * factor, kengetallen=used)


def _relative(known: Income, number: Estimate, national: float) -> Estimate:
    """Return income per household of each buurt relative to the country; missing if unknown."""
    return known.amount / (number.value.where(number.value > 0) * national)


def _average_where_unknown(relative: Estimate) -> Estimate:
    return Estimate(relative.value.fillna(1.0), relative.zero_where_unknown().errors)


def taxes(inkomen: pd.DataFrame | Income, national: float, kengetallen: Kengetallen) -> list[Flow]:
    """Return what households pay on their income, tax and national insurance together.

    `inkomen` and `national` as in `households`. The amount follows a straight line through somebody
    on social assistance and the average inhabitant: a wijk with low incomes pays a smaller share.
    All buurten of the country together pay the average.
    """
    rate = of(kengetallen.get("inkomensheffing_aandeel", "aandeel"))
    least = of(kengetallen.get("inkomensheffing_aandeel_laag", "aandeel"))
    floor = kengetallen.get("bijstand_per_persoon", "euro per persoon per jaar").waarde
    mean = national / kengetallen.get(*_SIZE).waarde
    known = Income.of(inkomen)
    income, people = known.amount, known.rows["inwoners"].astype(float)
    if mean > floor:
        slope = (rate * mean - least * floor) / (mean - floor)
        fixed = (least - rate) * (mean * floor / (mean - floor))
        amount = income * slope + fixed * people
    else:  # no average to compare with: one share for all, and that is unsure
        amount = income * rate
        amount = amount.because("aandeel belasting", _UNSURE * amount.value)
    used = (*rate.errors, *least.errors, "bijstand_per_persoon", _SIZE[0])
    facts = ("belasting:inkomen", "huishoudens", "rijk", "overig")
    return [Flow(*facts, amount.at_least_zero(), used, *known.source)]


def spending(
    inkomen: pd.DataFrame | Income,
    households: pd.Series,
    national: float,
    kengetallen: Kengetallen,
) -> list[Flow]:
    """Return the spending of households by group, inside the gebied's own shops and outside.

    `inkomen` as `households.income`; `households` counts by buurt; `national` the income of an
    average Dutch household in EUR. A household with less income spends less, but not in
    proportion: a fixed part of average spending, and the rest along with income. The mix follows
    from the two baskets that CBS publishes, of households below and above the low-income line. VAT
    and excise in it go to the Rijk. Cars, energy, rent and premiums are counted by
    `flows.estimate`.
    """
    known = Income.of(inkomen)
    number = _number(known.rows, households, kengetallen)
    relative = _relative(known, number, national)
    guessed = np.isnan(relative.value) & ~(number.value == 0)
    relative = _average_where_unknown(relative).because("bestedingsniveau", _UNSURE * guessed)
    fixed = of(kengetallen.get("besteding_vast_deel", "aandeel"))
    level = fixed + (1 - fixed) * relative
    vat = of(kengetallen.get("btw_aandeel_besteding", "aandeel"))
    excise = of(kengetallen.get("accijns_aandeel_alcohol_tabak", "aandeel"))
    low, high, mix = _baskets(kengetallen, level)
    source, found, tax = known.source, [], sure(0.0)
    for group, (domein, near) in GROUPS.items():
        basket = (of(high[group]) + mix * (of(low[group]) - of(high[group]))).at_least_zero()
        scale = of(kengetallen.get(f"besteding_schaal_{SCALES.get(group, 'overig')}", "factor"))
        amount = basket * scale * number
        levies = vat + excise if group == "alcohol_tabak" else vat
        tax = tax + amount * levies
        share = of(kengetallen.get(f"aandeel_wijk_{near}", "aandeel")) if near else sure(0.0)
        used = (low[group].id, high[group].id, *scale.errors, *levies.errors, *share.errors)
        places = {"buitenwereld": amount * (1 - levies) * (1 - share)}
        if near:
            places["bedrijven"] = amount * (1 - levies) * share
        facts = (f"besteding:{group}", "huishoudens")
        found += [Flow(*facts, naar, domein, part, used, *source) for naar, part in places.items()]
    used = (*vat.errors, *excise.errors)
    return [*found, Flow("belasting:btw", "huishoudens", "rijk", "overig", tax, used, *source)]


def _number(known: pd.DataFrame, households: pd.Series, kengetallen: Kengetallen) -> Estimate:
    """Return the households of each buurt; where they are not counted, from its inhabitants."""
    size = of(kengetallen.get(*_SIZE))
    people = known["inwoners"].astype(float)
    counted = pd.Series(known.index.map(households), index=known.index, dtype=float)
    if not counted.any():
        return Estimate(people) / size
    filled = keys.fill(counted, people)
    return Estimate(filled).because("aantal huishoudens", keys.FILL_ERROR * counted.isna() * filled)


def _baskets(
    kengetallen: Kengetallen, level: Estimate
) -> tuple[dict[str, Kengetal], dict[str, Kengetal], Estimate]:
    """Return the two baskets and how much of the first is in that of each buurt.

    The mixture spends `level` times the national average. Below the first basket or above the
    second, the mixture goes on in a straight line.
    """
    low = {g: kengetallen.get(f"besteding_{g}_laag", _PER_HOUSEHOLD) for g in GROUPS}
    high = {g: kengetallen.get(f"besteding_{g}_boven", _PER_HOUSEHOLD) for g in GROUPS}
    share = kengetallen.get("aandeel_laag_inkomen", "aandeel").waarde
    a, b = (sum(u.waarde for u in basket.values()) for basket in (low, high))
    average = share * a + (1 - share) * b
    if a == b:  # a pilot may say that all spend the same
        return low, high, sure(share + 0.0 * level.value)
    return low, high, (level * average - b) * (1 / (a - b))


def saving(
    inkomen: pd.DataFrame | Income, parts: list[Flow], relative: Estimate, kengetallen: Kengetallen
) -> list[Flow]:
    """Return what households save and pay off: a share of what taxes and premiums leave.

    `inkomen` as `households.income`, `parts` the flows that add to it and take from it, `relative`
    income per household relative to the country: who has more saves a larger share.
    """
    known = Income.of(inkomen)
    income = known.amount + flows.total(parts, post="toeslag:")
    income = income - flows.total(parts, post=("belasting:inkomen", "premie:zorg"))
    quote = of(kengetallen.get("spaarquote", "aandeel"))
    slope = of(kengetallen.get("spaarquote_helling", "factor"))
    share = (quote + slope * (relative - 1)).at_least_zero().at_most(MOST_SAVED)
    used = (*quote.errors, *slope.errors)
    facts = ("sparen:huishoudens", "huishoudens", "vermogen", "overig")
    return [Flow(*facts, (income * share).at_least_zero(), used, *known.source)]


def imputed_rent(indicatoren: pd.DataFrame, kengetallen: Kengetallen) -> pd.DataFrame:
    """Return the rent that owners would pay themselves: `buurt`, `waarde`, `se` in EUR a year.

    It is no money and enters no account. Missing where owned dwellings are not counted.
    """
    counts = keys.per_buurt(indicatoren)[1]
    rent = of(kengetallen.get("toegerekende_huur", "euro per woning per jaar"))
    found = None
    for formula, error in _OWNED.items():
        found = found or flows.counted(formula, counts, error, "aantal koopwoningen")
    amount = found * rent if found else Estimate(pd.Series(np.nan, index=counts.index))
    table = pd.DataFrame({"waarde": amount.value, "se": amount.se}, index=counts.index)
    return table.where(table["waarde"].notna()).rename_axis("buurt").reset_index()


def _income(known: pd.DataFrame) -> Estimate:
    """Return published income per buurt.

    Income that was spread over the buurten of a wijk is off one way in one and the other way in the
    next: that error has the name of its key.
    """
    amount = Estimate(known["bedrag"].astype(float))
    square, own = known["se"].astype(float) ** 2, known["se_bron"].astype(float)
    for cause, error in flows.named_per_buurt(known, known.index).items():
        amount, square = amount.because(cause, error), square - error**2
    se, spread = np.sqrt(square.clip(lower=0)), known["methode"].eq("verdeeld")
    amount = amount.because(_INCOME, se.mask(spread, own))
    keyed = np.sqrt((se**2 - own**2).clip(lower=0)).where(spread, 0.0).where(se.notna())
    for area in ("wijk", "gemeente"):  # each buurt has the key of its own
        own_key = known["sleutel"].astype("str").eq("inwoners:" + known.index.map(_AREAS[area]))
        cause = f"{ledger.KEY_CAUSE}inwoners:{{{area}}}"
        amount = amount.because(cause, keyed.where(own_key.fillna(False) | se.isna(), 0.0))
    return amount


_AREAS = {"wijk": wijk_of, "gemeente": gemeente_of}
