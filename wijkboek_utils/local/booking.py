"""From the contributions of a gemeente to its books: what is booked, and where it takes effect."""

from dataclasses import dataclass

import pandas as pd

from wijkboek_utils import firms, ledger, protect, several, sources
from wijkboek_utils.household_flows import HOUSEHOLDS
from wijkboek_utils.kengetallen import Kengetallen
from wijkboek_utils.local import claims, doubles, merging, store, surveys
from wijkboek_utils.sources import Source

SPENDING = "besteding:"
VAT = "belasting:btw"
SALES = "bedrijf:omzet_buiten"
_PROTECTED = "niet getoond: er kan één huishouden of bedrijf in te herkennen zijn"
_MONEY = ("geldstroom", "besteding")  # kinds of contributions
_UNKNOWN = "lokaal"  # flows are read by kengetal: what was counted locally has none


@dataclass(frozen=True)
class Books:
    """The boekingen that the notebooks before this one wrote: what local money is set against."""

    gemeente: pd.DataFrame
    huishoudens: pd.DataFrame
    bedrijven: pd.DataFrame

    @property
    def all(self) -> pd.DataFrame:
        """Return all boekingen together."""
        return pd.concat([self.gemeente, self.huishoudens, self.bedrijven], ignore_index=True)


def rows(bijdragen: list[Source], kind: str) -> pd.DataFrame:
    """Return the rows of all contributions of a kind, with whose they are: `claims.FACTS`.

    The columns are those of `store.read`; without contributions there are no rows.
    """
    frames = [store.read(s).reset_index().assign(**_facts(s)) for s in bijdragen if s.kind == kind]
    return pd.concat(frames or [store.empty(kind).assign(**_facts(None))], ignore_index=True)


def columns(kind: str) -> dict[str, str]:
    """Return the columns of the rows of a kind, with their types."""
    return store.columns(kind)


def may_name(source: Source) -> bool:
    """Return whether the organisations in a contribution may be named in a report."""
    return source.publisher != store.UNNAMED


def _facts(source: Source | None) -> dict[str, object]:
    """Return whose a row is, of when, and whether organisations in it may be named."""
    if source is None:
        return {"rij": 0, "bron": "", "dag": "", "met_naam": False}
    day = source.modified or source.retrieved
    return {"bron": source.id, "dag": day, "met_naam": may_name(source)}


def money(
    bijdragen: list[Source],
    books: Books,
    sets: pd.DataFrame,
    indicatoren: pd.DataFrame,
    kengetallen: Kengetallen,
    jaar: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what contributions say of money: (claims, open and answered questions).

    The first is as `claims.payments`, with in `reden` why a row is not booked; the second as
    `doubles.find`. `sets` are the municipal boekingen under all key sets: local money must fit in
    each of them.
    """
    asked = rows(bijdragen, "besteding")
    levies = surveys.levies(kengetallen, asked["post"])  # a report tells of these without a survey
    if not any(source.kind in _MONEY for source in bijdragen):  # nearly always
        return claims.nothing(), doubles.nothing()
    places, known = claims.places(indicatoren), books.all
    paid = claims.payments(rows(bijdragen, "geldstroom"), known, places, jaar)
    open_ = paid["reden"] == ""
    hidden = protect.money(paid[open_])
    paid.loc[hidden.index[hidden], "reden"] = _PROTECTED
    spent = surveys.amounts(asked, _households(indicatoren), _near(books.huishoudens), levies)
    spent = spent.join(asked[claims.FACTS])
    found = [paid, claims.spending(spent, known, places, jaar)]
    table = pd.concat(found, ignore_index=True)
    booked = table[table["reden"] == ""]
    why, questions = doubles.find(booked, doubles.answers(bijdragen))
    table.loc[why.index, "reden"] = why
    if (table["reden"] == "").any():
        table = _fitting(table, [books.all, *(part for _, part in sets.groupby("set"))])
    return table, doubles.booked(questions, table)


def _fitting(table: pd.DataFrame, all_books: list[pd.DataFrame]) -> pd.DataFrame:
    """Return claims with the reason of those that do not fit in one of the books."""
    table, facts = table.copy(), ["buurt", "post", "dekking", "bedrag"]
    for boekingen in all_books:
        why = merging.problems(boekingen, table.loc[table["reden"] == "", facts])
        table.loc[why.index, "reden"] = why
    return table


def _households(indicatoren: pd.DataFrame) -> pd.Series:
    """Return the number of households by buurt."""
    found = (indicatoren["onderwerp"] == HOUSEHOLDS) & (indicatoren["soort"] == "Buurt")
    return indicatoren[found].set_index("gebied")["waarde"]


def _near(huishoudens: pd.DataFrame) -> pd.Series:
    """Return by buurt and post which share of spending the books have in the wijk itself."""
    spent = huishoudens[huishoudens["post"].str.startswith(SPENDING)]
    sums = spent.groupby(["buurt", "post"])["bedrag"].sum()
    near = spent[spent["naar"] == "bedrijven"].groupby(["buurt", "post"])["bedrag"].sum()
    return (near.reindex(sums.index).fillna(0.0) / sums.where(sums > 0)).fillna(0.0)


def merged(
    books: Books,
    lokaal: pd.DataFrame,
    indicatoren: pd.DataFrame,
    kengetallen: Kengetallen,
    jaar: int,
) -> Books:
    """Return the books with local boekingen in the place of what they measure.

    `lokaal` as `claims.boekingen`; without any the books stay as they are. What residents and
    gemeente pay to firms of the wijk changes what these sell elsewhere, so their accounts are drawn
    up again. Posts that the books did not have come with those of firms.
    """
    if lokaal.empty:
        return books
    gemeente = merging.merge(books.gemeente, lokaal)
    paid = merging.merge(books.huishoudens, lokaal)
    paid = with_tax(books.huishoudens, paid, kengetallen)
    known = pd.concat([gemeente, paid], ignore_index=True)
    known["kengetal"] = known["kengetal"].fillna(_UNKNOWN)
    estimated = several.each(firms.book, [indicatoren, known], kengetallen, jaar)
    trade = with_sales(gemeente, estimated, merging.merge(estimated, lokaal))
    there = {*books.gemeente["post"], *paid["post"], *trade["post"]}
    new = lokaal[~lokaal["post"].isin(there)].drop(columns="dekking")
    if len(new):
        trade = ledger.conform(pd.concat([trade, merging.added_up(new)], ignore_index=True))
    return Books(gemeente, paid, trade)


def with_sales(gemeente: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return boekingen of firms that sell less outside the wijk for what they sell in it.

    `before` and `after` are those of firms without and with local boekingen. What residents buy is
    in both already; here it is about what institutions and the gemeente pay to firms of the wijk.
    """
    direct = gemeente[gemeente["methode"] == "lokaal"]
    sold = []
    for rows_ in (before, pd.concat([after, direct])):
        paid = (rows_["naar"] == "bedrijven") & rows_["van"].isin(["gemeente", "instellingen"])
        sold.append(rows_[paid].groupby("buurt")["bedrag"].sum())
    more = sold[1].sub(sold[0], fill_value=0.0).round(2)
    mine = (after["post"] == SALES) & after["buurt"].isin(more.index[more != 0])
    table, buurt = after.copy(), after.loc[mine, "buurt"]
    table.loc[mine, "bedrag"] = (
        (after.loc[mine, "bedrag"] - buurt.map(more).astype(float)).clip(lower=0).round(2)
    )
    return ledger.check_ledger(table)


def with_tax(before: pd.DataFrame, after: pd.DataFrame, kengetallen: Kengetallen) -> pd.DataFrame:
    """Return boekingen with the VAT and excise on what residents turn out to spend more or less.

    The books have spending without these, and the tax on all of it as one post per buurt.
    """
    posts = pd.Series(sorted({p for p in after["post"] if p.startswith(SPENDING)}), dtype="str")
    levies = surveys.levies(kengetallen, posts)
    tax = {}
    for name, rows_ in (("before", before), ("after", after)):
        spent = rows_[rows_["post"].isin(posts)]
        rate = spent["post"].map(levies).astype(float)
        tax[name] = (spent["bedrag"] * rate / (1 - rate)).groupby(spent["buurt"]).sum()
    local = after[(after["methode"] == "lokaal") & after["post"].isin(posts)]
    sources_of = local.groupby("buurt")["bron"].agg(lambda cells: ";".join(sources.ids(cells)))
    more = (tax["after"] - tax["before"])[sources_of.index]
    mine = (after["post"] == VAT) & after["buurt"].isin(more.index) & after["bedrag"].notna()
    table, buurt = after.copy(), after.loc[mine, "buurt"]
    table.loc[mine, "bedrag"] = (
        (after.loc[mine, "bedrag"] + buurt.map(more).astype(float)).clip(lower=0).round(2)
    )
    table.loc[mine, "bron"] = after.loc[mine, "bron"] + ";" + buurt.map(sources_of)
    return ledger.check_ledger(table)


def every_set(sets: pd.DataFrame, lokaal: pd.DataFrame) -> pd.DataFrame:
    """Return the rival key sets with local boekingen in each: what is measured wins in all."""
    if lokaal.empty:
        return sets
    found = {
        name: merging.merge(part.drop(columns="set"), lokaal)
        for name, part in sets.groupby("set", sort=False)
    }
    return pd.concat(found, names=["set"]).reset_index("set")
