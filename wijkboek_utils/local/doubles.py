"""The same money in two contributions: it is booked once, and somebody is asked.

Two amounts may be the same money when buurt, year, post and payer are the same, no name contradicts
it, and they are equal or within 5 percent; also when one amount is the sum of others. Two sources
that each say to have all of a post are always asked about. Until there is an answer the most
precise is booked: the smallest relative error, else the latest, else the first by name.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pandas as pd
import yaml

from wijkboek_utils import sources
from wijkboek_utils.errors import Fout
from wijkboek_utils.local import store
from wijkboek_utils.local.merging import WHOLE
from wijkboek_utils.sources import Source

FILE = "antwoorden.yml"
SAME, OTHER = "zelfde", "verschillend"
BOTH, NONE = "beide", "geen"
CLOSE = 0.05  # amounts that differ less may be one amount, rounded or with other costs in it
COLUMNS = ["vraag", "buurt", "jaar", "post", "bron", "bedrag", "ander_bedrag", "geboekt"]
COLUMNS += ["antwoord", "wie", "dag"]
_TYPES = dict.fromkeys(COLUMNS, "str") | {"jaar": "int64"}
_TYPES |= {"bedrag": "float64", "ander_bedrag": "float64"}
_ANSWER = ["vraag", "antwoord", "wie", "dag"]
_CELL = ["buurt", "jaar", "post", "van"]
_MOST = 10  # rows of which every sum of a few is looked at
_FEW = 4
_EXACT = 1.0  # EUR: so many sums are tried that only an exact one means something


@dataclass(frozen=True)
class _Match:
    """Rows of two contributions that may be the same money."""

    one: pd.DataFrame
    other: pd.DataFrame

    @property
    def id(self) -> str:
        """Return the name of the question: the same for the same rows of the same sources."""
        rows = pd.concat([self.one, self.other])
        names = sorted(f"{r.bron}:{r.rij}" for r in rows.itertuples())
        return "v" + hashlib.sha256(";".join(names).encode()).hexdigest()[:8]

    def best_first(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return both, the more precise first; see the top of this module for the rule."""
        best, other = sorted((self.one, self.other), key=_precision)
        return best, other


def nothing() -> pd.DataFrame:
    """Return questions without rows, as `find` of no claims."""
    return store.without_rows({name: _TYPES[name] for name in COLUMNS})


def find(claims: pd.DataFrame, given: pd.DataFrame) -> tuple[pd.Series, pd.DataFrame]:
    """Return why claims are not booked because of others, and the questions about that.

    `claims` as `claims.payments`, only what is booked otherwise; `given` as `answers`. The first is
    on the index of `claims`, empty for what is booked. The second has the columns `COLUMNS`: the
    two amounts in EUR, the sources (`;` between), which is booked, and the answer, empty while the
    question is open.
    """
    reason = pd.Series("", index=claims.index, dtype="str")
    given = given.set_index("vraag")
    rows = []
    for match in _matches(claims):
        best, other = match.best_first()
        answer, who, day = given.loc[match.id] if match.id in given.index else ("", "", "")
        rows.append(
            {
                "vraag": match.id,
                **{c: best[c].iloc[0] for c in ("buurt", "jaar", "post")},
                "bron": ";".join([best["bron"].iloc[0], other["bron"].iloc[0]]),
                "bedrag": best["bedrag"].sum(),
                "ander_bedrag": other["bedrag"].sum(),
                "geboekt": BOTH if answer == OTHER else best["bron"].iloc[0],
                "antwoord": answer,
                "wie": who,
                "dag": day,
            }
        )
        # What already gave way to another cannot push a third aside.
        if answer != OTHER and reason[best.index].eq("").all():
            words = f"zelfde geld als in {best['bron'].iloc[0]} (vraag {match.id})"
            reason[other.index] = reason[other.index].mask(reason[other.index] == "", words)
    table = pd.DataFrame(rows, columns=COLUMNS).astype(_TYPES)
    return reason, table.drop_duplicates("vraag").sort_values("vraag", ignore_index=True)


def booked(questions: pd.DataFrame, claims: pd.DataFrame) -> pd.DataFrame:
    """Return questions with in `geboekt` what is booked in the end: `geen` where it did not fit."""
    cell = ["bron", "buurt", "jaar", "post"]
    there = pd.MultiIndex.from_frame(claims.loc[claims["reden"] == "", cell])
    mine = questions.assign(bron=questions["bron"].str.split(";").str[0])
    found = pd.MultiIndex.from_frame(mine[cell]).isin(there) | (questions["geboekt"] == BOTH)
    return questions.assign(geboekt=questions["geboekt"].where(found, NONE))


def _precision(rows: pd.DataFrame) -> tuple[float, int, str]:
    amount = rows["bedrag"].sum()
    relative = rows["se"].sum() / amount if amount else 0.0
    latest = int(str(rows["dag"].max() or "0").replace("-", "") or 0)
    return round(float(relative), 6), -latest, str(rows["bron"].iloc[0])


def _matches(claims: pd.DataFrame) -> Iterator[_Match]:
    for _, cell in claims.groupby(_CELL, observed=True):
        names = sorted(cell["bron"].unique())
        for one, other in combinations(names, 2):
            mine, theirs = cell[cell["bron"] == one], cell[cell["bron"] == other]
            wholes = [rows[rows["dekking"] == WHOLE] for rows in (mine, theirs)]
            if all(len(rows) for rows in wholes):
                yield _Match(*wholes)
            parts = [rows[rows["dekking"] != WHOLE] for rows in (mine, theirs)]
            yield from _parts(*parts)


def _parts(mine: pd.DataFrame, theirs: pd.DataFrame) -> Iterator[_Match]:
    """Yield payments of two sources that are equal, and those that are the sum of others."""
    taken: set = set()
    for i, j in ((i, j) for i in mine.index for j in theirs.index):
        one, other = mine.loc[[i]], theirs.loc[[j]]
        if not taken & {i, j} and _close(one, other, CLOSE) and _alike(one, other):
            taken |= {i, j}
            yield _Match(one, other)
    for one_side, other_side in ((mine, theirs), (theirs, mine)):
        for i in one_side.index.difference(taken):
            one = one_side.loc[[i]]
            left = other_side.loc[other_side.index.difference(taken)]
            left = left[[_alike(one, left.loc[[j]]) for j in left.index]] if len(left) else left
            if (found := _sum(one, left)) is not None:
                taken |= {i, *found.index}
                yield _Match(one, found)


def _sum(one: pd.DataFrame, others: pd.DataFrame) -> pd.DataFrame | None:
    """Return which of the others add up to one payment, or None."""
    if len(others) > 1 and _close(one, others, CLOSE):
        return others
    if len(others) <= _MOST:
        for size in range(2, min(_FEW, len(others) - 1) + 1):
            for index in combinations(others.index, size):
                few = others.loc[list(index)]
                if abs(few["bedrag"].sum() - one["bedrag"].sum()) < _EXACT:
                    return few
    return None


def _close(one: pd.DataFrame, other: pd.DataFrame, limit: float) -> bool:
    a, b = one["bedrag"].sum(), other["bedrag"].sum()
    return bool(abs(a - b) <= limit * max(a, b)) and max(a, b) > 0


def _alike(one: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Return whether no name says that these are different payments."""
    for column in ("betaler", "ontvanger"):
        names = {_plain(name) for name in (one[column].iloc[0], other[column].iloc[0])} - {""}
        if len(names) > 1:
            return False
    return True


def _plain(name: object) -> str:
    """Return a name without what people write differently: case, spaces, signs."""
    text = "" if name is None or name != name else str(name)
    return "".join(c for c in text.casefold() if c.isalnum())


def answers(bijdragen: list[Source]) -> pd.DataFrame:
    """Return the answers beside some contributions: `vraag`, `antwoord`, `wie`, `dag`.

    The answer is `zelfde` or `verschillend`. They stand in `antwoorden.yml` in the folder of the
    pilot. Raises Fout naming the answer that is wrong.
    """
    folders = sorted({source.path.parent for source in bijdragen})
    lines = [line for folder in folders for line in _read(folder / FILE)]
    found = pd.DataFrame(lines, columns=_ANSWER, dtype="str")
    return found.drop_duplicates("vraag", keep="last")


def _read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    where = sources.shown(path)
    try:
        lines = [
            dict(one) for one in yaml.safe_load(path.read_text(encoding="utf-8"))["antwoorden"]
        ]
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise Fout(f"{where} is niet te lezen: onder antwoorden hoort een lijst.") from error
    for number, line in enumerate(lines, 1):
        if lacking := [name for name in _ANSWER if not line.get(name)]:
            raise Fout(f"{where}, antwoord {number}: {lacking[0]} ontbreekt.")
        if line["antwoord"] not in (SAME, OTHER):
            raise Fout(f"{where}, antwoord {number}: schrijf {SAME} of {OTHER}.")
    return [{name: str(line[name]) for name in _ANSWER} for line in lines]
