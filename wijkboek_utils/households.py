"""Income of households per buurt: measured where CBS publishes it, else the rest of the wijk."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from wijkboek_utils import keys, ledger, sources
from wijkboek_utils.estimates import Estimate, error_text, of
from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.keys import MOVED_ERROR
from wijkboek_utils.regions import INHABITANTS, gemeente_of, wide, wijk_of

# CBS rounds inhabitants to fives and income per inhabitant to hundreds of euros; the standard error
# of a figure that is rounded to steps of d is d / sqrt(12).
_SE_INHABITANTS = 5 / np.sqrt(12)
_SE_INCOME = 100 / np.sqrt(12)
_SE_SPREAD = 0.25  # relative: how far income per inhabitant differs between buurten of one wijk
_UNITS = {"inkomen_alle_inwoners": "aandeel", "inkomen_groei_per_jaar": "factor"}
INCOME = "GemiddeldInkomenPerInwoner"


def income(indicatoren: pd.DataFrame) -> pd.DataFrame:
    """Return personal income per buurt in EUR a year, from the KWB figures of one year.

    Columns: `buurt`, `inwoners`, `per_inwoner`, `bedrag`, `se`, `se_bron`, `methode` (gemeten,
    verdeeld, ontbreekt), `sleutel`, `bronjaar`, `bron`. A buurt without a figure gets, by
    inhabitants, what the published buurten leave of its wijk; in a wijk without a figure, of the
    gemeente. Where nothing is left or nothing is known the amount is missing. The figures may be
    of several gemeenten: a row has the `bron` of its own.
    """
    figures = _with_totals(indicatoren)
    table = figures[figures.index.str.startswith("BU")].copy()
    table = table.assign(se_bron=0.0, sleutel=None, methode="ontbreekt")
    table.loc[table["bedrag"].notna(), "methode"] = "gemeten"
    for area_of in (wijk_of, gemeente_of):
        _spread_rest(table, figures, table.index.map(area_of))
    gemeenten = table.index.map(gemeente_of)
    source = indicatoren[indicatoren["onderwerp"] == INCOME]
    # Who is not there earns nothing: that is not unknown, in a gemeente and year with incomes.
    published = gemeenten.isin(keys.gemeenten(source["gebied"]))
    nobody = table["inwoners"].eq(0) & table["bedrag"].isna() & published
    table.loc[nobody, ["bedrag", "se"]] = 0.0
    table.loc[nobody, "methode"] = "gemeten"
    table["bronjaar"] = source["jaar"].iloc[0] if len(source) else pd.NA
    table["bron"] = gemeenten.map(_sources(source, indicatoren))
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


def _sources(source: pd.DataFrame, indicatoren: pd.DataFrame) -> pd.Series:
    """Return by gemeente the sources of its income, else the source of its first figure."""
    first, used = (
        frame.groupby(keys.gemeenten(frame["gebied"]))["bron"] for frame in (indicatoren, source)
    )
    names = used.agg(lambda cells: ";".join(sources.ids(cells.unique())))
    return names.reindex(first.first().index).fillna(first.first())


def alike(indicatoren: pd.DataFrame, formulas: Iterable[str]) -> list[pd.DataFrame]:
    """Return the figures in parts, each of gemeenten whose flows can be computed at once.

    Of the gemeenten of one part the same formulas can be known, from figures of the same years and
    sources: with one choice of rules and one origin for all. Over a country that is a few parts.
    """
    buurten, counts = keys.per_buurt(indicatoren)
    found = {f: keys.evaluate(f, counts) for f in dict.fromkeys(formulas)}
    known = pd.DataFrame({f: v.notna() for f, v in found.items() if v is not None})
    known = known.groupby(keys.gemeenten(counts.index)).any()
    used = set().union(*(keys.topics_of(f) for f in found))
    rows = buurten.loc[buurten["onderwerp"].isin(used), ["gebied", "onderwerp", "jaar", "bron"]]
    rows = rows.assign(gebied=keys.gemeenten(rows["gebied"])).drop_duplicates()
    origins = {
        gemeente: sorted(own.drop(columns="gebied").itertuples(index=False, name=None))
        for gemeente, own in rows.groupby("gebied")
    }
    signs = {
        gemeente: (*there, *origins.get(gemeente, ()))
        for gemeente, there in zip(known.index, known.to_numpy().tolist(), strict=True)
    }
    numbers = {sign: number for number, sign in enumerate(dict.fromkeys(signs.values()))}
    part = {gemeente: numbers[sign] for gemeente, sign in signs.items()}
    places = pd.Series(keys.gemeenten(indicatoren["gebied"]), index=indicatoren.index)
    return [group for _, group in indicatoren.groupby(places.map(part))]


def income_year(indicatoren: pd.DataFrame) -> int:
    """Return the year of the KWB figures to use for income; that of inhabitants without income."""
    years = indicatoren.drop_duplicates("onderwerp").set_index("onderwerp")["jaar"]
    return int(years.get(INCOME, years[INHABITANTS]))


def of_income_year(kerncijfers: pd.DataFrame, indicatoren: pd.DataFrame) -> pd.DataFrame:
    """Return the KWB figures of a gemeente of the year whose income is used, for `income`."""
    return kerncijfers[kerncijfers["jaar"] == income_year(indicatoren)]


def _with_totals(indicatoren: pd.DataFrame) -> pd.DataFrame:
    """Return per area `inwoners`, total income `bedrag` and its `se` by rounding."""
    rows = indicatoren[indicatoren["onderwerp"].isin([INCOME, INHABITANTS])]
    figures = wide(rows)
    figures = figures.reindex(columns=[INHABITANTS, INCOME]).sort_index()
    figures.columns = ["inwoners", "inkomen"]
    euros = figures["inkomen"] * 1000
    figures["bedrag"] = (figures["inwoners"] * euros).round(2)
    figures["se"] = np.hypot(figures["inwoners"] * _SE_INCOME, euros * _SE_INHABITANTS)
    if "omgerekend" in rows:  # converted from other boundaries, by area
        moved = rows.groupby("gebied")["omgerekend"].any().reindex(figures.index)
        figures["se"] = np.hypot(figures["se"], MOVED_ERROR * figures["bedrag"] * moved)
    return figures


def _spread_rest(table: pd.DataFrame, figures: pd.DataFrame, areas: pd.Index) -> None:
    """Fill buurten of `table` that have no amount yet from what the others leave of their area.

    `areas` says of each buurt in which area it lies, `figures` has the totals of areas.
    """
    whole = figures.reindex(areas).set_axis(table.index)
    open_ = table["bedrag"].isna() & (table["inwoners"] > 0)
    people = table["inwoners"].where(open_, 0.0)
    # Of a wijk that was spread only the error of its published total counts: the rest cancels.
    spread = table["methode"] == "verdeeld"
    wijken = (
        table["se_bron"].where(spread, 0.0).groupby(table["sleutel"].fillna("")).transform("sum")
    )
    first = spread & ~table["sleutel"].duplicated()
    square = (table["se"] ** 2).mask(spread, (wijken**2).where(first, 0.0))
    known, squares, crowd = (
        x.groupby(areas).transform("sum") for x in (table["bedrag"], square, people)
    )
    error = np.sqrt(whole["se"] ** 2 + squares)
    rest = whole["bedrag"] - known
    counted = table["inwoners"].notna().groupby(areas).transform("all")
    # What is left within twice its error may be nothing but rounding.
    filled = open_ & counted & (rest > 2 * error)
    share, rounding = people / crowd, error / rest
    found = {
        "bedrag": (rest * share).round(2),
        "se": rest * share * np.hypot(_SE_SPREAD * (1 - share), rounding),
        "se_bron": rest * share * rounding,
        "methode": "verdeeld",
        "sleutel": "inwoners:" + areas,
    }
    for column, value in found.items():
        table[column] = table[column].mask(filled, value)


def year_factor(bronjaar: int, jaar: int, kengetallen: Kengetallen) -> Estimate:
    """Return what income per inhabitant of a year is in the books of `jaar`, as a factor.

    CBS divides by people in private households whose income it knows, we multiply by all
    inhabitants; and the newest income is often of another year than the account.
    """
    everybody, growth = (of(kengetallen.get(name, unit)) for name, unit in _UNITS.items())
    step = growth if jaar > bronjaar else Estimate(1.0) / growth
    factor = everybody
    for _ in range(abs(jaar - bronjaar)):
        factor = factor * step
    return factor


def in_books(table: pd.DataFrame, jaar: int, kengetallen: Kengetallen) -> pd.DataFrame:
    """Return income, as `income`, as it stands in the books of `jaar`: for all inhabitants.

    Adds `fouten`: the EUR that each amount moves with the kengetallen of `year_factor`, as in the
    grootboek; `se` holds them.
    """
    years = table["bronjaar"].dropna()
    if years.empty:
        return table.assign(fouten=None)
    factor = year_factor(int(years.iloc[0]), jaar, kengetallen)
    moved = Estimate(table["bedrag"].astype(float)) * factor
    scaled = {c: table[c] * factor.value for c in ("bedrag", "se", "se_bron", "per_inwoner")}
    se = np.hypot(scaled["se"], moved.se)
    text = pd.Series(error_text(moved, table.index), index=table.index, dtype=object)
    known = table["bedrag"].notna()
    found = table.assign(**scaled, fouten=text.where(known, None))
    return found.assign(bedrag=found["bedrag"].round(2), se=se.where(known))


def book_income(table: pd.DataFrame, municipal: pd.DataFrame, jaar: int) -> pd.DataFrame:
    """Return income as boekingen, without the benefits that `municipal` already books.

    `table` as from `in_books`; `municipal` the boekingen of the gemeente. Benefits paid by the
    gemeente are part of personal income: they are booked once, as municipal money, and the rest as
    `inkomen:overig`, with buitenwereld as payer: `income_kinds` tells apart who pays. Where
    benefits exceed a small income, nothing is left and 0 is booked.
    """
    paid = municipal[(municipal["van"] == "gemeente") & (municipal["naar"] == "huishoudens")]
    sums = paid.assign(square=paid["se"] ** 2).groupby("buurt")[["bedrag", "square"]].sum()
    sums = sums.reindex(table["buurt"]).fillna(0.0)
    known = table["bedrag"].notna()
    # What the key gives too much in benefits, the rest has too little: together they are published.
    keyed = paid.dropna(subset="sleutel").set_index("buurt")
    causes = ledger.KEY_CAUSE + keyed["sleutel"].astype("str")
    errors = pd.DataFrame({"cause": causes, "fout": -keyed["se"].astype(float)})
    errors = errors.groupby(["buurt", "cause"])["fout"].sum().reset_index("cause")
    own = ledger.named_errors(table.assign(fouten=table.get("fouten")).set_index("buurt"))
    named = ledger.error_text(pd.concat([errors[errors["fout"] < 0], own])).reindex(table["buurt"])
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
            "fouten": named.where(known.to_numpy()).to_numpy(),
            "bron": table["bron"],
            "bronjaar": table["bronjaar"],
        }
    )
    boekingen.loc[~known, ["se", "se_bron"]] = np.nan
    return ledger.conform(boekingen)
