"""Income of households per buurt: measured where CBS publishes it, else the rest of the wijk."""

import numpy as np
import pandas as pd

from wijkboek_utils import ledger, sources
from wijkboek_utils.keys import MOVED_ERROR
from wijkboek_utils.regions import INHABITANTS, wijk_of

# CBS rounds inhabitants to fives and income per inhabitant to hundreds of euros; the standard error
# of a figure that is rounded to steps of d is d / sqrt(12).
_SE_INHABITANTS = 5 / np.sqrt(12)
_SE_INCOME = 100 / np.sqrt(12)
_SE_SPREAD = 0.25  # relative: how far income per inhabitant differs between buurten of one wijk
INCOME = "GemiddeldInkomenPerInwoner"


def income(indicatoren: pd.DataFrame) -> pd.DataFrame:
    """Return personal income per buurt in EUR a year, from the KWB figures of one year.

    Columns: `buurt`, `inwoners`, `per_inwoner`, `bedrag`, `se`, `se_bron`, `methode` (gemeten,
    verdeeld, ontbreekt), `sleutel`, `bronjaar`, `bron`. A buurt without a figure gets, by
    inhabitants, what the published buurten leave of its wijk; in a wijk without a figure, of the
    gemeente. Where nothing is left or nothing is known the amount is missing.
    """
    figures = _with_totals(indicatoren)
    buurten = figures[figures.index.str.startswith("BU")].copy()
    buurten["wijk"] = buurten.index.map(wijk_of)
    table = buurten.assign(se_bron=0.0, sleutel=None, methode="ontbreekt")
    table.loc[table["bedrag"].notna(), "methode"] = "gemeten"
    for wijk, group in buurten.groupby("wijk"):
        if wijk in figures.index:
            _spread_rest(table, group.index, figures.loc[wijk], str(wijk))
    for code in figures.index[figures.index.str.startswith("GM")]:
        _spread_rest(table, table.index, figures.loc[code], str(code))
    source = indicatoren[indicatoren["onderwerp"] == INCOME]
    table["bronjaar"] = source["jaar"].iloc[0] if len(source) else pd.NA
    used = source["bron"].unique() if len(source) else indicatoren["bron"].iloc[:1]
    table["bron"] = ";".join(sources.ids(used))
    table["per_inwoner"] = table["bedrag"] / table["inwoners"].where(table["inwoners"] > 0)
    columns = [
        "inwoners",
        "per_inwoner",
        "bedrag",
        "se",
        "se_bron",
        "methode",
        "sleutel",
        "bronjaar",
        "bron",
    ]
    return table[columns].rename_axis("buurt").reset_index()


def income_year(indicatoren: pd.DataFrame) -> int:
    """Return the year of the KWB figures to use for income; that of inhabitants without income."""
    years = indicatoren.drop_duplicates("onderwerp").set_index("onderwerp")["jaar"]
    return int(years.get(INCOME, years[INHABITANTS]))


def _with_totals(indicatoren: pd.DataFrame) -> pd.DataFrame:
    """Return per area `inwoners`, total income `bedrag` and its `se` by rounding."""
    rows = indicatoren[indicatoren["onderwerp"].isin([INCOME, INHABITANTS])]
    figures = rows.pivot(index="gebied", columns="onderwerp", values="waarde")
    figures = figures.reindex(columns=[INHABITANTS, INCOME]).sort_index()
    figures.columns = ["inwoners", "inkomen"]
    euros = figures["inkomen"] * 1000
    figures["bedrag"] = (figures["inwoners"] * euros).round(2)
    figures["se"] = np.hypot(figures["inwoners"] * _SE_INCOME, euros * _SE_INHABITANTS)
    if "omgerekend" in rows:  # converted from other boundaries, by area
        moved = rows.groupby("gebied")["omgerekend"].any().reindex(figures.index)
        figures["se"] = np.hypot(figures["se"], MOVED_ERROR * figures["bedrag"] * moved)
    return figures


def _spread_rest(table: pd.DataFrame, members: pd.Index, whole: pd.Series, area: str) -> None:
    """Fill buurten of `table` that have no amount yet from what the others leave of `whole`."""
    part = table.loc[members]
    open_ = part.index[part["bedrag"].isna() & (part["inwoners"] > 0)]
    if pd.isna(whole["bedrag"]) or open_.empty or part["inwoners"].isna().any():
        return
    rest = whole["bedrag"] - part["bedrag"].sum()
    people = part.loc[open_, "inwoners"]
    # Of a wijk that was spread only the error of its published total counts: the rest cancels.
    spread = part["methode"] == "verdeeld"
    wijken = part[spread].groupby("sleutel")["se_bron"].sum()
    error = np.sqrt(whole["se"] ** 2 + (part.loc[~spread, "se"] ** 2).sum() + (wijken**2).sum())
    if rest <= 2 * error:
        return  # what is left may be nothing but rounding
    share = people / people.sum()
    rounding = error / rest
    table.loc[open_, "bedrag"] = (rest * share).round(2)
    table.loc[open_, "se"] = rest * share * np.hypot(_SE_SPREAD * (1 - share), rounding)
    table.loc[open_, "se_bron"] = rest * share * rounding
    table.loc[open_, "methode"] = "verdeeld"
    table.loc[open_, "sleutel"] = f"inwoners:{area}"


def book_income(table: pd.DataFrame, municipal: pd.DataFrame, jaar: int) -> pd.DataFrame:
    """Return income as boekingen, without the benefits that `municipal` already books.

    `table` as from `income`; `municipal` the boekingen of the gemeente. Benefits paid by the
    gemeente are part of personal income: they are booked once, as municipal money, and the rest as
    `inkomen:overig`. Employers, Rijk and pension funds are not told apart yet: the payer is
    buitenwereld. Where benefits exceed a small income, nothing is left and 0 is booked.
    """
    paid = municipal[(municipal["van"] == "gemeente") & (municipal["naar"] == "huishoudens")]
    sums = paid.groupby("buurt").agg(
        bedrag=("bedrag", "sum"), square=("se", lambda x: (x**2).sum())
    )
    sums = sums.reindex(table["buurt"]).fillna(0.0)
    known = table["bedrag"].notna()
    boekingen = pd.DataFrame(
        {
            "buurt": table["buurt"],
            "jaar": jaar,
            "van": "buitenwereld",
            "naar": "huishoudens",
            "post": "inkomen:overig",
            "domein": "werk en inkomen",
            "soort": "particulier",
            "bedrag": (table["bedrag"] - sums["bedrag"].to_numpy()).clip(lower=0).round(2),
            "se": np.sqrt(table["se"] ** 2 + sums["square"].to_numpy()),
            "se_bron": table["se_bron"],
            "methode": table["methode"],
            "sleutel": table["sleutel"],
            "bron": table["bron"],
            "bronjaar": table["bronjaar"],
        }
    )
    boekingen.loc[~known, ["se", "se_bron"]] = np.nan
    return ledger.conform(boekingen)
