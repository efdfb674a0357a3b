"""Flows that no source gives per buurt: a count times a unit value, each with its error."""

from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import keys, ledger, sources
from wijkboek_utils.kengetallen import Kengetal, Kengetallen
from wijkboek_utils.regions import INHABITANTS

# Groups of household spending: their domein, and which of them are bought near home.
_GROUPS = {
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
HOUSEHOLDS = "HuishoudensTotaal"
_PER_HOUSEHOLD = "euro per huishouden per jaar"
_SIZE = ("personen_per_huishouden", "personen per huishouden")
_UNSURE = 0.3  # relative: how far a buurt may lie from the average when its income is not known


def estimate(indicatoren: pd.DataFrame, kengetallen: Kengetallen, jaar: int) -> pd.DataFrame:
    """Return the flows of `geldstromen.csv` as boekingen: a count times its kengetallen.

    `indicatoren` as `cbs.indicators`. Of each post the first row is used whose count is known; a
    single buurt without it is estimated from its inhabitants, with a wider error. The standard
    error joins that of the count (`fout`) and those of the kengetallen.
    """
    rules = sources.read_project_table("geldstromen")
    buurten, counts = keys.per_buurt(indicatoren)
    frames = []
    for _, rows in rules.groupby("post", sort=False):
        for rule in rows.itertuples():
            found = amounts(rule, counts, kengetallen)
            if found is None:
                continue
            facts = keys.provenance(rule.aantal, buurten)
            frames.append(_book(rule, *found, rule.kengetallen, facts, jaar))
            break
    return ledger.conform(pd.concat(frames, ignore_index=True))


def amounts(
    rule: Any, counts: pd.DataFrame, kengetallen: Kengetallen
) -> tuple[pd.Series, pd.Series] | None:
    """Return per buurt a count times its kengetallen, and its standard error.

    `rule` has `aantal`, `kengetallen`, `eenheden` and `fout`; `counts` as `keys.per_buurt`. None
    when the count is not there at all; missing in a buurt of which not even inhabitants are known.
    """
    values = keys.evaluate(rule.aantal, counts)
    if values is None:
        return None
    names = zip(rule.kengetallen.split(";"), rule.eenheden.split(";"), strict=True)
    units = [kengetallen.get(name, unit) for name, unit in names]
    guessed = keys.FILL_ERROR * values.isna()
    count = keys.fill(values, counts[INHABITANTS])
    return _product(count, np.hypot(float(rule.fout), guessed), units)


def _product(
    count: pd.Series, relative: pd.Series, units: list[Kengetal]
) -> tuple[pd.Series, pd.Series]:
    """Return a count times some kengetallen, and its standard error; a kengetal may be 0."""
    values = [u.waarde for u in units]
    whole = np.prod(values)
    parts = [(u.se * np.prod(values[:i] + values[i + 1 :])) ** 2 for i, u in enumerate(units)]
    return count * whole, count * np.sqrt((relative * whole) ** 2 + sum(parts))


def _book(
    flow: Any, amount: pd.Series, error: pd.Series, used: str, facts: dict, jaar: int
) -> pd.DataFrame:
    """Return amounts per buurt as boekingen."""
    bedrag = amount.clip(lower=0).round(2)
    known = bedrag.notna()
    return pd.DataFrame(
        {
            "buurt": bedrag.index,
            "jaar": jaar,
            "van": flow.van,
            "naar": flow.naar,
            "post": flow.post,
            "domein": flow.domein,
            "soort": "particulier",
            "bedrag": bedrag.to_numpy(),
            "se": error.to_numpy(),
            "methode": np.where(known, "geraamd", "ontbreekt"),
            "kengetal": used,
            "bron": facts["bronnen"] or "kengetallen",
            "bronjaar": int(facts["jaren"].split(";")[-1]) if facts["jaren"] else jaar,
        }
    )


def split_income(inkomen: pd.DataFrame, kinds: pd.DataFrame) -> pd.DataFrame:
    """Return the income of households by kind; in each buurt the whole stays what CBS publishes.

    `inkomen` are the boekingen of `households.book_income`, `kinds` those of `estimate`. What the
    estimated kinds leave is wages and profit together. Where they are more than there is, they are
    cut down in proportion and nothing is left.
    """
    parts = kinds[kinds["post"].str.startswith("inkomen:")]
    whole = inkomen.set_index("buurt")["bedrag"]
    known = parts["buurt"].map(whole)
    sums = parts["buurt"].map(parts.groupby("buurt")["bedrag"].sum())
    # Of an income that nobody knows, the kinds are still known by count.
    cut = (known / sums).clip(upper=1.0).where(known.notna() & (sums > 0), 1.0)
    parts = parts.assign(bedrag=(parts["bedrag"] * cut).round(2), se=parts["se"] * cut)
    grouped = parts.groupby("buurt").agg(
        bedrag=("bedrag", "sum"), square=("se", lambda x: (x**2).sum())
    )
    grouped = grouped.reindex(inkomen["buurt"]).fillna(0.0)
    left = inkomen.assign(
        post="inkomen:loon_en_winst",
        bedrag=(inkomen["bedrag"] - grouped["bedrag"].to_numpy()).clip(lower=0).round(2),
        se=np.sqrt(inkomen["se"] ** 2 + grouped["square"].to_numpy()),
    )
    return ledger.conform(pd.concat([parts, left], ignore_index=True))


def taxes(
    inkomen: pd.DataFrame, national: float, kengetallen: Kengetallen, jaar: int
) -> pd.DataFrame:
    """Return what households pay on their income, tax and national insurance together.

    `inkomen` as `households.income`, `national` as in `households`. The amount follows a straight
    line through somebody on social assistance and the average inhabitant: a wijk with low incomes
    pays a smaller share. All buurten of the country together pay the average.
    """
    rate = kengetallen.get("inkomensheffing_aandeel", "aandeel")
    least = kengetallen.get("inkomensheffing_aandeel_laag", "aandeel")
    floor = kengetallen.get("bijstand_per_persoon", "euro per persoon per jaar").waarde
    size = kengetallen.get(*_SIZE).waarde
    known = inkomen.dropna(subset="bedrag")
    income, people, mean = known["bedrag"], known["inwoners"], national / size
    if not mean > floor:  # no average to compare with: one share for all, and that is unsure
        floor, mean, people, unsure = 0.0, 1.0, 0.0 * people, _UNSURE
    else:
        unsure = 0.0
    low = floor * (people * mean - income) / (mean - floor)
    middle = mean * (income - people * floor) / (mean - floor)
    slope = (rate.waarde * mean - least.waarde * floor) / (mean - floor)
    bedrag = (rate.waarde * middle + least.waarde * low).clip(lower=0).round(2)
    error = (rate.se * middle) ** 2 + (least.se * low) ** 2 + (slope * known["se"]) ** 2
    return ledger.conform(
        pd.DataFrame(
            {
                "buurt": known["buurt"],
                "jaar": jaar,
                "van": "huishoudens",
                "naar": "rijk",
                "post": "belasting:inkomen",
                "domein": "overig",
                "soort": "publiek",
                "bedrag": bedrag,
                "se": np.sqrt(error + (unsure * bedrag) ** 2),
                "methode": "geraamd",
                "kengetal": f"{rate.id};{least.id};bijstand_per_persoon;{_SIZE[0]}",
                "bron": known["bron"],
                "bronjaar": known["bronjaar"],
            }
        )
    )


def spending(
    inkomen: pd.DataFrame,
    households: pd.Series,
    national: float,
    kengetallen: Kengetallen,
    jaar: int,
) -> pd.DataFrame:
    """Return the spending of households by group, inside the gebied's own shops and outside.

    `inkomen` as `households.income`; `households` counts by buurt; `national` the income of an
    average Dutch household in EUR. A household with less income spends less, but not in
    proportion: a fixed part of average spending, and the rest along with income. The mix follows
    from the two baskets that CBS publishes, of households below and above the low-income line.
    Cars, energy, rent and premiums are estimated by `estimate` and left out here.
    """
    counted = inkomen["buurt"].map(households).astype(float)
    size = kengetallen.get(*_SIZE)
    people = inkomen["inwoners"].astype(float)
    aantal = keys.fill(counted, people) if counted.any() else people / size.waarde
    known = inkomen.assign(aantal=aantal)
    per_household = known["bedrag"] / known["aantal"].where(known["aantal"] > 0)
    relative = per_household / national
    guessed = relative.isna() & ~(known["aantal"] == 0)
    relative = relative.fillna(1.0)
    fixed = kengetallen.get("besteding_vast_deel", "aandeel")
    level = fixed.waarde + (1 - fixed.waarde) * relative
    scale = kengetallen.get("besteding_schaal_2020", "factor")
    low, high, mix = _baskets(kengetallen, level)
    # How far the level is off where income is not known, or the fixed part is another.
    unsure = np.hypot(
        fixed.se * (1 - relative).abs() / level.where(level > 0, 1), _UNSURE * guessed
    )
    unsure = np.hypot(unsure, keys.FILL_ERROR * counted.isna())
    frames = []
    for group, (domein, near) in _GROUPS.items():
        amount = (mix * low[group].waarde + (1 - mix) * high[group].waarde).clip(lower=0)
        units = [low[group], high[group], scale]
        basket = np.hypot(mix * low[group].se, (1 - mix) * high[group].se)
        square = (scale.waarde * np.hypot(amount * unsure, basket)) ** 2 + (amount * scale.se) ** 2
        euro, error = amount * scale.waarde * known["aantal"], np.sqrt(square) * known["aantal"]
        facts = known.assign(bedrag=euro, error=error, post=f"besteding:{group}", domein=domein)
        frames += _by_place(facts, units, near, kengetallen, jaar)
    return ledger.conform(pd.concat(frames, ignore_index=True))


def _baskets(
    kengetallen: Kengetallen, level: pd.Series
) -> tuple[dict[str, Kengetal], dict[str, Kengetal], pd.Series]:
    """Return the two baskets and how much of the first is in that of each buurt.

    The mixture spends `level` times the national average. Below the first basket or above the
    second, the mixture goes on in a straight line.
    """
    low = {g: kengetallen.get(f"besteding_{g}_laag", _PER_HOUSEHOLD) for g in _GROUPS}
    high = {g: kengetallen.get(f"besteding_{g}_boven", _PER_HOUSEHOLD) for g in _GROUPS}
    share = kengetallen.get("aandeel_laag_inkomen", "aandeel").waarde
    a, b = (sum(u.waarde for u in basket.values()) for basket in (low, high))
    average = share * a + (1 - share) * b
    return low, high, (level * average - b) / (a - b)


def _by_place(
    rows: pd.DataFrame, units: list[Kengetal], near: str, kengetallen: Kengetallen, jaar: int
) -> list[pd.DataFrame]:
    """Return boekingen of spending: what stays in the wijk goes to bedrijven, the rest leaves."""
    local = kengetallen.get(f"aandeel_wijk_{near}", "aandeel") if near else None
    parts = [("buitenwereld", 1.0 if local is None else 1 - local.waarde)]
    if local is not None:
        parts.append(("bedrijven", local.waarde))
    frames = []
    for naar, share in parts:
        wide = local.se if local is not None else 0.0
        bedrag = (rows["bedrag"] * share).round(2)
        se = np.hypot(rows["error"] * share, rows["bedrag"] * wide)
        frames.append(
            pd.DataFrame(
                {
                    "buurt": rows["buurt"],
                    "jaar": jaar,
                    "van": "huishoudens",
                    "naar": naar,
                    "post": rows["post"],
                    "domein": rows["domein"],
                    "soort": "particulier",
                    "bedrag": bedrag,
                    "se": se,
                    "methode": np.where(bedrag.notna(), "geraamd", "ontbreekt"),
                    "kengetal": ";".join(u.id for u in [*units, *([local] if local else [])]),
                    "bron": rows["bron"],
                    "bronjaar": rows["bronjaar"],
                }
            )
        )
    return frames


def regardless_of_place(boekingen: pd.DataFrame, kengetallen: pd.DataFrame) -> pd.DataFrame:
    """Return the boekingen with the error they have when it does not matter where money lands.

    What is not spent in the wijk is spent outside it: of the two together the share is no
    uncertainty. `kengetallen` as `Kengetallen.used`.
    """
    se = np.sqrt((boekingen["se"] ** 2 - place_error(boekingen, kengetallen) ** 2).clip(lower=0))
    return boekingen.assign(se=se)


def place_error(boekingen: pd.DataFrame, kengetallen: pd.DataFrame) -> pd.Series:
    """Return the part of the error in EUR that is about where money lands; 0 where it has none."""
    local = boekingen["kengetal"].str.extract(r"(aandeel_wijk_\w+)", expand=False)
    whole = (
        boekingen.groupby(["buurt", "post", "kengetal"])["bedrag"].transform("sum").astype(float)
    )
    return (whole * local.map(kengetallen.set_index("id")["se"]).astype(float)).fillna(0.0)


def households(
    inkomen: pd.DataFrame,
    indicatoren: pd.DataFrame,
    national: float,
    kengetallen: Kengetallen,
    jaar: int,
) -> pd.DataFrame:
    """Return the estimated flows of households as boekingen: kinds of income, and what they pay.

    `inkomen` as `households.income`, `national` the income of an average Dutch household in EUR.
    The kinds of income are part of the income that CBS publishes; `with_income` makes them fit.
    """
    counted = indicatoren["onderwerp"] == HOUSEHOLDS
    counted &= indicatoren["soort"] == "Buurt"
    counts = indicatoren[counted].set_index("gebied")["waarde"]
    parts = [
        estimate(indicatoren, kengetallen, jaar),
        taxes(inkomen, national, kengetallen, jaar),
        spending(inkomen, counts, national, kengetallen, jaar),
    ]
    return ledger.conform(pd.concat(parts, ignore_index=True))


def with_income(flows: pd.DataFrame, loon: pd.DataFrame) -> pd.DataFrame:
    """Return the flows of households with their kinds of income cut out of published income.

    `flows` as `households`, `loon` as `households.book_income`.
    """
    other = flows[~flows["post"].str.startswith("inkomen:")]
    return ledger.conform(pd.concat([split_income(loon, flows), other], ignore_index=True))
