"""Put local boekingen in the place of what was spread or estimated, so that no euro counts twice.

A local boeking says either all there is of a post in a buurt (`alles`), or one payment within it
(`deel`). All of it takes the place of what the books had; a part is taken out of that, and only
says where it lands. Of municipal posts the gemeente total is published: what one buurt turns out to
have more, the others have less, in proportion to what they had and to the cent.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from wijkboek_utils import ledger, regions, sources
from wijkboek_utils.allocate import published_sign
from wijkboek_utils.dutch import about
from wijkboek_utils.errors import Fout
from wijkboek_utils.spread import spread_cents

MUNICIPAL = "iv3:"
WHOLE, PART = "alles", "deel"
_LAND = ["van", "naar"]


def merge(boekingen: pd.DataFrame, lokaal: pd.DataFrame) -> pd.DataFrame:
    """Return boekingen with the local ones of the same posts in their place.

    `lokaal` has the columns of the grootboek and `dekking`. Of a municipal post the sum over the
    gemeente stays, per side and to the cent; an estimated post changes in its own buurt only. Local
    boekingen of posts that `boekingen` does not have are left out. Raises Fout naming the first
    that does not fit; see `problems`.
    """
    if (found := problems(boekingen, lokaal)).ne("").any():
        raise Fout(str(found[found.ne("")].iloc[0]))
    done, kept = [], pd.Series(True, boekingen.index)
    for unit in _units(boekingen, lokaal):
        kept[unit.rows.index] = False
        done.append(_merged(unit))
    if not done:
        return boekingen
    rows = pd.concat([boekingen[kept], *done], ignore_index=True)
    return ledger.conform(added_up(rows))


def problems(boekingen: pd.DataFrame, lokaal: pd.DataFrame) -> pd.Series:
    """Return of each local boeking why it cannot be in these books, empty where it can.

    Together they may not be more than the gemeente spent on it, and parts not more than the whole.
    The others fit when those that have a reason are left out.
    """
    found = pd.Series("", index=lokaal.index, dtype="str")
    for unit in _units(boekingen, lokaal):
        left = unit
        while len(left.lokaal) and (why := dict(left.problems())):
            for words, places in why.items():
                found[places] = words
            left = replace(left, lokaal=left.lokaal[found[left.lokaal.index] == ""])
    return found


@dataclass(frozen=True)
class _Unit:
    """One post of one gemeente: what the books have, and what is known locally. Amounts in cents.

    Rows without an amount are not in it: what is unknown stays unknown beside a part of it.
    """

    post: str
    rows: pd.DataFrame
    lokaal: pd.DataFrame

    @property
    def municipal(self) -> bool:
        return self.post.startswith(MUNICIPAL)

    def had(self) -> pd.Series:
        """Return what the books have by buurt."""
        return _cents(self.rows).groupby(self.rows["buurt"]).sum()

    def known(self, dekking: str) -> pd.Series:
        """Return what is known locally by buurt, of the whole or of parts."""
        rows = self.lokaal[self.lokaal["dekking"] == dekking]
        return _cents(rows).groupby(rows["buurt"]).sum()

    def wholes(self) -> pd.Series:
        """Return what each buurt with local boekingen has of the post, all together."""
        had, whole, parts = self.had(), self.known(WHOLE), self.known(PART)
        at_least = parts.combine(had.reindex(parts.index).fillna(0.0), max)
        return whole.combine_first(at_least)

    def problems(self) -> Iterator[tuple[str, pd.Index]]:
        """Yield why local boekingen do not fit, and which."""
        whole, parts = self.known(WHOLE), self.known(PART)
        for buurt in parts.index[parts > whole.reindex(parts.index).fillna(np.inf)]:
            mine = self.lokaal.query("buurt == @buurt and dekking == @PART")
            yield (
                f"de delen van {self.post} in {buurt} zijn samen {_said(parts[buurt])}, meer "
                f"dan het geheel van {_said(whole[buurt])}",
                mine.index,
            )
        if not self.municipal:
            return
        if (published_sign(self.rows) < 0).any():
            yield f"de gemeente schreef {self.post} als een negatief bedrag op", self.lokaal.index
            return
        total, local = _cents(self.rows).sum(), self.wholes().sum()
        # A slip of the pen in one row does not cost the others their place.
        alone = _cents(self.lokaal)
        wrong = alone > total
        if wrong.any() or local > total:
            named = alone.max() if wrong.any() else local
            yield (
                f"voor {self.post} is lokaal {_said(named)} bekend, meer dan de {_said(total)} van "
                "de hele gemeente",
                self.lokaal.index[wrong] if wrong.any() else self.lokaal.index,
            )


def _units(boekingen: pd.DataFrame, lokaal: pd.DataFrame) -> Iterator[_Unit]:
    """Yield every post and gemeente of which both the books and people of the wijk know."""
    if lokaal.empty:
        return
    gemeente = boekingen["buurt"].map(regions.gemeente_of)
    here = lokaal["buurt"].map(regions.gemeente_of)
    for (place, post), claims in lokaal.groupby([here, "post"]):
        mine = boekingen["post"].eq(post) & gemeente.eq(place)
        if mine.any():
            known = mine & boekingen["bedrag"].notna()
            replaced = claims.loc[claims["dekking"] == WHOLE, "buurt"]
            unknown = mine & boekingen["bedrag"].isna() & boekingen["buurt"].isin(replaced)
            yield _Unit(str(post), boekingen[known | unknown], claims)


def _merged(unit: _Unit) -> pd.DataFrame:
    """Return the boekingen of a post with the local ones among them."""
    wholes = unit.wholes()
    inside = unit.rows["buurt"].isin(wholes.index)
    replaced = unit.rows["buurt"].isin(unit.known(WHOLE).index)
    is_part = unit.lokaal["dekking"] == PART
    parts = unit.lokaal[is_part]
    pool = pd.concat([unit.rows[inside & ~replaced], unit.lokaal[~is_part]], ignore_index=True)
    pools = [_without(rows, parts[parts["buurt"] == b]) for b, rows in pool.groupby("buurt")]
    others = unit.rows[~inside]
    if unit.municipal:
        # What the others lose or gain is what the buurten with local boekingen gained or lost.
        left = _cents(unit.rows).sum() - wholes.sum()
        more = wholes.index[wholes > unit.had().reindex(wholes.index).fillna(0.0)]
        more = more.difference(unit.known(WHOLE).index)
        causes = unit.lokaal[~is_part | unit.lokaal["buurt"].isin(more)]
        others, pools = _rest(unit, others, pools, left, causes)
    return pd.concat([others, *pools, parts], ignore_index=True)


def _rest(
    unit: _Unit, others: pd.DataFrame, pools: list[pd.DataFrame], left: float, causes: pd.DataFrame
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Return the other buurten with what is left for them, and the pools.

    Where no other buurt has anything, what is left stays with the gemeente as a whole.
    """
    if causes.empty or _cents(others).sum() == left:
        return others, pools
    if _cents(others).sum() > 0:
        return _scaled(others, left, causes), pools
    rest = regions.rest_of(regions.gemeente_of(unit.rows["buurt"].iloc[0]))
    whole = unit.rows.groupby([*_LAND, "domein", "sleutel"], observed=True, dropna=False)
    whole = whole.first().reset_index()
    sums = _cents(unit.rows).groupby([unit.rows[c] for c in _LAND], observed=True).sum()
    whole["bedrag"] = [sums[key] / 100 for key in whole[_LAND].itertuples(index=False, name=None)]
    return _scaled(whole.assign(buurt=rest, se=0.0, se_bron=0.0), left, causes), pools


def _scaled(rows: pd.DataFrame, cents: float, causes: pd.DataFrame) -> pd.DataFrame:
    """Return rows in proportion, together `cents`; what is known locally makes them unsure too."""
    had = _cents(rows)
    share = (had / had.sum()).to_numpy()
    new = spread_cents(np.array([cents]), share[None, :])[0]
    factor = cents / had.sum()
    errors = ledger.named_errors(rows)
    errors["fout"] = errors["fout"] * factor
    # A local amount that is too high leaves too little for the others.
    taken = [
        pd.DataFrame({"cause": e.cause, "fout": -e.fout * share}, index=rows.index)
        for e in ledger.named_errors(causes).itertuples()
    ]
    scaled = rows.assign(bedrag=new / 100, se=rows["se"] * factor, se_bron=rows["se_bron"] * factor)
    return _unsure(scaled, [errors], taken, causes["bron"])[scaled["bedrag"] > 0]


def _without(pool: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """Return what a buurt has of a post less its parts: first from what lands in the same place."""
    if parts.empty:
        return pool
    left, taken = _cents(pool).to_numpy().copy(), []
    for part in parts.itertuples():
        same = (pool[_LAND].astype(str) == [str(part.van), str(part.naar)]).all(axis=1).to_numpy()
        wanted, before = round(part.bedrag * 100), left.copy()
        for rows in (same, ~same):
            have = np.where(rows, left, 0.0)
            take = min(wanted, have.sum())
            if take > 0:
                left -= spread_cents(np.array([take]), (have / have.sum())[None, :])[0]
                wanted -= take
        moved = before - left
        share = moved / moved.sum() if moved.sum() else moved
        errors = ledger.named_errors(parts.loc[[part.Index]])
        taken += [
            pd.DataFrame({"cause": e.cause, "fout": -e.fout * share}, index=pool.index)
            for e in errors.itertuples()
        ]
    # How unsure the whole is stays the same: only a part of it is known better.
    rest = _unsure(
        pool.assign(bedrag=np.maximum(left, 0.0) / 100),
        [ledger.named_errors(pool)],
        taken,
        parts["bron"],
    )
    return rest[(rest["bedrag"] > 0) | (pool["bedrag"] == 0)]


def _unsure(
    rows: pd.DataFrame, own: list[pd.DataFrame], taken: list[pd.DataFrame], bron: pd.Series
) -> pd.DataFrame:
    """Return rows with the errors of what was taken out of them, and its sources, added."""
    errors = pd.concat([*own, *taken])
    errors = errors[errors["fout"] != 0]
    more = sum((frame["fout"] ** 2 for frame in taken), pd.Series(0.0, rows.index))
    names = sources.ids(bron)
    return rows.assign(
        se=np.sqrt(rows["se"] ** 2 + more),
        fouten=ledger.error_text(errors).reindex(rows.index),
        bron=[";".join(sources.ids([cell, *names])) for cell in rows["bron"]],
    )


def added_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows where boekingen that are alike in all but their amount and source are one.

    Their own errors are independent; those that they name add up by cause.
    """
    double = rows.duplicated(ledger.KEY, keep=False)
    if not double.any():
        return rows
    found = []
    for _, same in rows[double].groupby(ledger.KEY, observed=True, dropna=False):
        errors = ledger.named_errors(same)
        errors.index = pd.Index([same.index[0]] * len(errors))
        known = same["bedrag"].notna()
        one = same[known].iloc[[0]] if known.any() else same.iloc[[0]]
        one = one.assign(
            bedrag=round(same["bedrag"].sum(min_count=1), 2),
            se=np.sqrt((same["se"] ** 2).sum()),
            se_bron=np.sqrt((same["se_bron"] ** 2).sum()),
            fouten=ledger.error_text(errors).iloc[0] if len(errors) else None,
            bron=";".join(sources.ids(same["bron"])),
        )
        found.append(one)
    return pd.concat([rows[~double], *found], ignore_index=True)


def _said(cents: float) -> str:
    """Return an amount in words, to three digits: a report has no more."""
    return about(cents / 100, 1)


def _cents(rows: pd.DataFrame) -> pd.Series:
    """Return amounts in whole cents, of what is unknown 0."""
    return (rows["bedrag"].fillna(0.0) * 100).round()
