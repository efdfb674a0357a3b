"""What may be published of counts of people that were contributed (design, 8).

Every count that leaves a contribution passes here once, for whole gemeenten at a time: what comes
out are cells of one buurt and sums of several, and every other figure is a sum of those. How
buurten come together is in `pools`, amounts of money are in `dominance`. Figures of CBS are
protected by CBS and pass as they are.
"""

from collections.abc import Hashable, Iterator, Sequence

import pandas as pd

from wijkboek_utils import dominance, ledger, pools, regions, small_counts
from wijkboek_utils.pools import FEW

money = dominance.money

TOTALS = ("", "totaal", "alle", "allemaal", "alles", "samen")  # a kind that stands for all kinds
WORDS = ("opmerking", "toelichting", "omschrijving", "aanbod")  # may say what the cell hides
_REGISTER = ("voorraad", "soort", "eenheid")
_COUNT = ("voorraad", "soort", "naam", "eenheid", "domein", "betaald", "wie")  # one from another
# A year, the buurten that were published as one figure, and whose contributions were in it.
_SET = tuple[int, frozenset[str], frozenset[str] | None]


def counts(
    rows: pd.DataFrame,
    by: Sequence[str],
    *,
    also: Sequence[str] = (),
    owner: str | None = None,
    earlier: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return what may be published of contributed counts of people: the rows, protected.

    `rows` has `buurt`, `jaar`, `hoeveelheid` and the columns `by` that tell one count from another.
    With `methode` or `telt`, only rows that are `lokaal` and count `mensen` are protected; the
    others pass. Rows of one cell become one: their sum; a word in which they differ is left out.

    A hidden cell has methode `geheim` and no `hoeveelheid`, nor any other amount. The sum of a pool
    stands in a row of its own, under the rest of the gemeente (`BU0344REST`), with its buurten in
    `samen`, `;` between. The columns `also` (hours, euros that go with the people) are hidden and
    summed with the count; other amounts, such as `se`, get no sum: a second function of the same
    cells would help to solve them. A total that stands beside its parts is hidden, for the parts
    and it would tell each other. With `owner`, the column that says who contributed a row, one
    contributor cannot solve the cells of another either. What was published `earlier` (as
    `released`) comes out of the same buurten and contributions or not at all, since the difference
    is what somebody added or took away; new cells are pooled with new ones.
    """
    rows = rows.reset_index(drop=True)
    person = _people(rows)
    if "samen" in rows:  # what was protected before stays as it is
        person &= rows["samen"].isna()
    cells = _one_per_cell(rows[person], by, also)
    amounts = cells[["hoeveelheid", *also]].apply(pd.to_numeric)
    secret = cells[["buurt", "jaar"]].isna().any(axis=1) | _beside_parts(cells, by)
    secret |= amounts["hoeveelheid"].isna() & amounts[list(also)].notna().any(axis=1)
    usable = cells[~secret & amounts["hoeveelheid"].notna()]
    sums = []
    gemeente = usable["buurt"].map(regions.gemeente_of)
    for _, group in usable.groupby([gemeente, *by], dropna=False, observed=True):
        for members, shown in _together(group, owner, _published(earlier, group, by)):
            secret[members] = True
            sums += [_sum(cells.loc[members], by, also)] if shown else []
    hidden = _hide(cells, secret, by)
    parts = [part for part in (rows[~person], hidden) if len(part)]
    found = pd.concat(parts).sort_index() if parts else hidden
    if not sums:
        return found.reset_index(drop=True)
    pooled = pd.DataFrame(sums, columns=hidden.columns).astype(hidden.dtypes)
    return pd.concat([found, pooled], ignore_index=True)


def released(table: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Return which figures a protected table publishes: `by`, `jaar`, `samen` (the buurten in it),
    and where the table has it `bron` (the contributions in it).

    No amounts: keep it when a report goes out, and give it to `counts` as `earlier` next time.
    """
    shown = table[_people(table) & table["hoeveelheid"].notna()]
    columns = [*by, "jaar", "samen", *(["bron"] if "bron" in table else [])]
    samen = shown["samen"].fillna(shown["buurt"])
    return shown.assign(samen=samen)[columns].reset_index(drop=True)


def area(
    rows: pd.DataFrame, weights: ledger.Weights, by: Sequence[str] = _REGISTER
) -> pd.DataFrame:
    """Return totals of an area from protected rows: `by`, `jaar`, `hoeveelheid`, `ten_minste`.

    `weights` per buurt, as a Series or as the column `gewicht`. A pool counts when all its buurten
    lie in the area with one weight and is left out otherwise. `ten_minste` says that the area has
    more than the total: a hidden or missing count, or a pool of which only a part lies in it.
    """
    weight = ledger.shares(weights)
    pooled = rows["samen"].notna()
    members = rows["samen"].fillna(rows["buurt"]).str.split(";")
    shares = members.map(lambda ms: sorted({float(weight.get(b, 0)) for b in ms}), "ignore")
    counted = shares.map(lambda ws: ws[0] if len(ws) == 1 else 0.0).fillna(0)
    table = rows.assign(
        hoeveelheid=rows["hoeveelheid"] * counted.where(counted > 0),
        part=pooled & (shares.map(len) > 1),
        hole=~pooled & rows["hoeveelheid"].isna() & (counted > 0),
    )
    key = [*by, "jaar"]
    # A hidden cell is no hole when its pool counts in the area.
    covered = table[pooled & (counted > 0)].assign(buurt=members).explode("buurt")
    same = ["buurt", *key, *(column for column in _COUNT if column in rows and column not in by)]
    table["hole"] &= ~_keys(table[same]).isin(_keys(covered[same]))
    table["ten_minste"] = table["part"] | table["hole"]
    groups = table[(counted > 0) | table["part"]].groupby(key, dropna=False, observed=True)
    totals = groups["hoeveelheid"].sum(min_count=1).to_frame()
    return totals.assign(ten_minste=groups["ten_minste"].any()).reset_index()


def _keys(columns: pd.DataFrame) -> pd.MultiIndex:
    return pd.MultiIndex.from_frame(columns.astype("str").fillna(""))


def _people(rows: pd.DataFrame) -> pd.Series:
    """Return which rows count people and were contributed."""
    person = pd.Series(True, index=rows.index)
    if "methode" in rows:
        person &= rows["methode"].eq("lokaal").fillna(False)
    if "telt" in rows:
        people = rows["telt"].eq("mensen").fillna(False)
        if "eenheid" in rows:  # ten volunteers are people, whatever the sender calls them
            units = rows["eenheid"].astype("str").fillna("")
            people |= units.map(small_counts.is_people).astype(bool)
        person &= people
    return person


def _one_per_cell(rows: pd.DataFrame, by: Sequence[str], also: Sequence[str]) -> pd.DataFrame:
    """Return one row per buurt, jaar and count; two contributors of one cell are added up."""
    key, rows = ["buurt", "jaar", *by], rows.copy()
    groups = rows.groupby(key, dropna=False, observed=True)
    if rows.duplicated(key).any():
        for column in rows.columns.difference(key, sort=False):
            if column in ("hoeveelheid", *also):
                rows[column] = groups[column].transform("sum", min_count=1)
            elif column == "bron":
                rows[column] = groups[column].transform(_joined)
            else:
                alike = groups[column].transform(_alike)
                rows[column] = rows[column].where(alike.astype(bool))
    return rows.drop_duplicates(key)


def _alike(values: pd.Series) -> bool:
    return len(values.unique()) == 1


def _joined(values: pd.Series) -> str:
    return ";".join(sorted(set(";".join(values.dropna()).split(";"))))


def _beside_parts(rows: pd.DataFrame, by: Sequence[str]) -> pd.Series:
    """Return which rows are the total of others: a kind left open where others name theirs."""
    whole = pd.DataFrame(index=rows.index)
    for column in by:
        words = rows[column].astype("str").str.strip().str.casefold()
        whole[column] = words.isna() | words.isin(TOTALS)
    beside = pd.Series(False, index=rows.index)
    for pattern in whole[whole.any(axis=1)].drop_duplicates().to_dict("records"):
        free = [column for column in by if pattern[column]]
        key = ["buurt", "jaar", *(column for column in by if not pattern[column])]
        parts = pd.MultiIndex.from_frame(rows.loc[~whole[free].all(axis=1), key])
        mine = whole.eq(pd.Series(pattern)).all(axis=1)
        beside |= mine & pd.MultiIndex.from_frame(rows[key]).isin(parts)
    return beside


def _published(earlier: pd.DataFrame | None, group: pd.DataFrame, by: Sequence[str]) -> list[_SET]:
    """Return the figures of this count that were published before."""
    if earlier is None or earlier.empty:
        return []
    gemeente = group["buurt"].iloc[0][:6]
    found = earlier[earlier["samen"].str.startswith(gemeente)].drop_duplicates()
    for column in by:  # a kind left open is a missing one in a file
        mine = group[column].iloc[0]
        found = found[found[column].fillna("") == ("" if pd.isna(mine) else mine)]
    whose = found["bron"].map(_names) if "bron" in found else [None] * len(found)
    years, buurten = found["jaar"].astype(int), found["samen"].map(_names)
    return list(zip(years, buurten, whose, strict=True))


def _names(cell: str) -> frozenset[str]:
    return frozenset(cell.split(";"))


def _together(
    group: pd.DataFrame, owner: str | None, earlier: list[_SET]
) -> Iterator[tuple[list[int], bool]]:
    """Yield the rows of one count that are hidden together, and whether their sum is shown."""
    label = {
        (b, int(y)): i for i, b, y in zip(group.index, group["buurt"], group["jaar"], strict=True)
    }
    value = pd.to_numeric(group["hoeveelheid"])
    owned = group[owner] if owner else value
    before = {(buurt, year) for year, buurten, _ in earlier for buurt in buurten}
    for year, buurten, whose in earlier:
        rows = [label[buurt, year] for buurt in sorted(buurten) if (buurt, year) in label]
        same = whose is None or whose == _names(_joined(group["bron"][rows]))
        if len(buurten) == 1:
            yield [row for row in rows if value[row] < FEW or not same], False
        else:
            yield rows, same and len(rows) == len(buurten) and pools.wide(value[rows])
    cells: dict[str, dict[Hashable, float]] = {}
    owners: dict[str, dict[Hashable, Hashable]] = {}
    for (buurt, year), row in label.items():
        if (buurt, year) not in before:
            cells.setdefault(buurt, {})[year] = value[row]
            owners.setdefault(buurt, {})[year] = owned[row]
    for pool in pools.pools(cells, owners if owner else None):
        for year in sorted({y for b, y in label if b in pool.buurten and (b, y) not in before}):
            rows = [label[b, year] for b in pool.buurten if year in cells[b]]
            yield rows, year in pool.moments


def _sum(members: pd.DataFrame, by: Sequence[str], also: Sequence[str]) -> dict[str, object]:
    """Return the row of a pool: what its members share, and the sums of their amounts."""
    row: dict[str, object] = {}
    for column in members:
        values = members[column]
        if column in ("hoeveelheid", *also):
            row[column] = pd.to_numeric(values).sum(min_count=1)
        elif column == "bron":
            row[column] = _joined(values)
        elif column in ("jaar", "bronjaar", *by) or not pd.api.types.is_numeric_dtype(values):
            alike = _alike(values) and column not in WORDS
            row[column] = values.iloc[0] if alike else None
        else:
            row[column] = None
    rest = regions.rest_of(regions.gemeente_of(members["buurt"].iloc[0]))
    return {**row, "buurt": rest, "methode": "lokaal", "samen": ";".join(members["buurt"])}


def _hide(cells: pd.DataFrame, secret: pd.Series, by: Sequence[str]) -> pd.DataFrame:
    """Return the cells with every amount and remark of the secret ones taken out."""
    methode = cells["methode"] if "methode" in cells else pd.Series("lokaal", index=cells.index)
    hidden = cells.assign(methode=methode.astype("str").where(~secret, "geheim"))
    hidden["samen"] = pd.Series(pd.NA, index=cells.index, dtype="str")
    for column in cells.columns.difference(["buurt", "jaar", "bronjaar", "methode", *by]):
        if pd.api.types.is_numeric_dtype(cells[column]) or column in WORDS:
            hidden[column] = cells[column].where(~secret)
    return hidden
