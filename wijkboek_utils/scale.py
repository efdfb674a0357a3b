"""Do gemeenten with more inhabitants spend more or less per inhabitant? Tested per taakveld.

With the accounts of all gemeenten: least squares of lasten per inhabitant on the logarithm of
inhabitants, a line and one with a square, with standard errors that allow for unequal spread (HC3).
With the embedded profile alone: the same two through the medians of five size classes, weighted by
their standard error from the quartiles (McGill, Tukey & Larsen 1978). A square bends for other
reasons too, so that a U needs a clear fall before its turning point and a clear rise after it, each
with a line of its own (Simonsohn 2018). Many taakvelden are looked at at once and bookings move
between them: the bound is that of Benjamini & Yekutieli (2001), which holds under any dependence.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from wijkboek_utils import dutch, iv3, neighbours, sources, views
from wijkboek_utils.regions import INHABITANTS
from wijkboek_utils.remember import remembered

COUNTRY = "NL"
APART = ["0.10", "0.11", "8.2"]  # no yearly services
TOTAL = "alles"
RATE = 0.05  # of the differences that are named may be chance
CLEAR = 1.96
ONE_SIDED = 1.645
# Of each class its lower bound and where it is put on the scale: the geometric middle of its
# bounds. The smallest is taken from 10,000 on and the largest up to a million: our choice.
CLASSES = {
    "tot 20.000": (0, 14_000),
    "20.000-50.000": (20_000, 32_000),
    "50.000-100.000": (50_000, 71_000),
    "100.000-250.000": (100_000, 158_000),
    "250.000 en meer": (250_000, 500_000),
}
FEW = 10  # gemeenten in a class: with less its quartiles say little
_MEDIAN = 1.2533 / 1.349  # standard error of a median, in quartile distances over the root of n
CHEAPER, DEARER, MIXED = "goedkoper", "duurder", "wisselend"
VALLEY, HILL = "eerst goedkoper, dan duurder", "eerst duurder, dan goedkoper"
NONE, UNJUDGED = "geen duidelijk verschil", "niet te zeggen"
LOWEST, MIDDLE, HIGHEST = "laagste kwart", "middelste helft", "hoogste kwart"


@dataclass(frozen=True)
class Curve:
    """Lasten per inhabitant as a polynomial of the logarithm of inhabitants, in EUR."""

    centre: float
    beta: np.ndarray
    cov: np.ndarray

    def _row(self, inhabitants: float) -> np.ndarray:
        return (np.log(inhabitants) - self.centre) ** np.arange(len(self.beta))

    def _estimate(self, row: np.ndarray) -> tuple[float, float]:
        return float(row @ self.beta), float(np.sqrt(row @ self.cov @ row))

    def at(self, inhabitants: float) -> tuple[float, float]:
        """Return the expected lasten per inhabitant and their standard error."""
        return self._estimate(self._row(inhabitants))

    def step(self, small: float, large: float) -> tuple[float, float]:
        """Return how much more a large gemeente spends than a small one, and its error."""
        return self._estimate(self._row(large) - self._row(small))

    @property
    def turn(self) -> float:
        """Return at how many inhabitants a curve with a square turns."""
        return float(np.exp(self.centre - self.beta[1] / (2 * self.beta[2])))


def fit(inhabitants: Sequence[float], amounts: Sequence[float], power: int) -> Curve:
    """Return the least-squares curve through gemeenten, its covariance after HC3."""
    x, y = np.log(np.asarray(inhabitants, float)), np.asarray(amounts, float)
    centre = float(x.mean())
    design = np.vander(x - centre, power + 1, increasing=True)
    inverse = np.linalg.inv(design.T @ design)
    beta = inverse @ design.T @ y
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design)
    error = (y - design @ beta) / (1 - leverage).clip(1e-9)
    half = inverse @ (design * error[:, None]).T
    return Curve(centre, beta, half @ half.T)


def fit_medians(
    sizes: Sequence[float], medians: Sequence[float], se: Sequence[float], power: int
) -> Curve:
    """Return the curve through medians with known standard errors."""
    x, weight = np.log(np.asarray(sizes, float)), 1 / np.asarray(se, float) ** 2
    centre = float(np.average(x, weights=weight))
    design = np.vander(x - centre, power + 1, increasing=True)
    cov = np.linalg.inv((design * weight[:, None]).T @ design)
    return Curve(centre, cov @ (design * weight[:, None]).T @ np.asarray(medians, float), cov)


@remembered()
def of_year(jaar: int, verslag: str) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return `national`, `classes` and `trends` of a year: the same for every gemeente."""
    rows = national(jaar, verslag)
    per_class = classes(rows, jaar, verslag)
    return rows, per_class, trends(rows, per_class)


def national(jaar: int, verslag: str) -> pd.DataFrame:
    """Return lasten of all gemeenten: `gebied`, `inwoners`, `taakveld`, `naam`, `per_inwoner`.

    In EUR. From the accounts and Kerncijfers of the country; empty where either was not fetched.
    Of yearly services, with a taakveld `alles` for all together. A gemeente that booked nothing on
    a taakveld has 0.
    """
    empty = pd.DataFrame(columns=["gebied", "inwoners", "taakveld", "naam", "per_inwoner"])
    found = [
        s
        for s in sources.vintages("iv3")
        if (s.scope, s.period, s.report) == (COUNTRY, str(jaar), verslag)
    ]
    years = [int(s.period) for s in sources.vintages("kwb") if s.scope == COUNTRY]
    if not found or not years:
        return empty
    year = min(years, key=lambda y: (y > jaar, abs(y - jaar)))
    people = neighbours.others("GM", [year]).set_index("gebied")[INHABITANTS].dropna()
    accounts = iv3.fetched(found[0])
    accounts = accounts[(accounts["posten"] > 0) & accounts["gemeente"].isin(found[0].covers)]
    names = dict(iv3.names(accounts))
    amounts = accounts.pivot(index="gemeente", columns="taakveld", values="lasten").fillna(0.0)
    amounts = amounts[amounts.index.isin(people.index)]
    services = amounts[[c for c in amounts.columns if c not in APART]]
    amounts = services.assign(**{TOTAL: services.sum(axis=1)})
    rate = amounts.div(people[amounts.index], axis=0)
    rows = rate.rename_axis("gebied").reset_index()
    rows = rows.melt("gebied", var_name="taakveld", value_name="per_inwoner")
    rows["naam"] = rows["taakveld"].map({**names, TOTAL: "Alle diensten samen"})
    return rows.assign(inwoners=rows["gebied"].map(people))[empty.columns]


def class_of(inhabitants: float) -> str:
    """Return the size class of a gemeente."""
    return [name for name, (low, _) in CLASSES.items() if inhabitants >= low][-1]


def classes(rows: pd.DataFrame, jaar: int, verslag: str) -> pd.DataFrame:
    """Return the spread of lasten within size classes: `taakveld`, `naam`, `klasse`, `n`, `p25`,
    `p50`, `p75` (EUR per inhabitant).

    Of `rows` as `national`; of the embedded profile when they are empty. Empty, too, when there is
    no profile of this year and kind of account.
    """
    if len(rows):
        by = rows.assign(klasse=rows["inwoners"].map(class_of))
        groups = by.groupby(["taakveld", "naam", "klasse"], sort=False)["per_inwoner"]
        parts = {f"p{q}": groups.quantile(q / 100) for q in (25, 50, 75)}
        return pd.DataFrame({"n": groups.size(), **parts}).reset_index()
    found = [s for s in sources.vintages("profiel") if s.period == str(jaar)]
    if not found or verslag != "jaarrekening":
        return pd.DataFrame(columns=["taakveld", "naam", "klasse", "n", "p25", "p50", "p75"])
    names = {"taakveld_naam": "naam", **{f"lasten_p{q}": f"p{q}" for q in (25, 50, 75)}}
    table = sources.read_csv(found[0]).rename(columns=names)
    # Beside the classes the profile has all gemeenten together.
    table = table[table["klasse"].isin(CLASSES) & ~table["taakveld"].isin(APART)]
    figures = table[["n", "p25", "p50", "p75"]].astype(float)
    table["naam"] = table["naam"].str.strip()
    return pd.concat([table[["taakveld", "naam", "klasse"]], figures], axis=1)


def trends(rows: pd.DataFrame, per_class: pd.DataFrame) -> pd.DataFrame:
    """Return for each taakveld what size does: `taakveld`, `naam`, `n`, `elasticiteit`, `laag`,
    `hoog` (90 %), `kans`, `kans_samen`, `oordeel`.

    `elasticiteit`: by what share lasten per inhabitant rise when inhabitants rise by a share, from
    the line. `kans`: how often chance alone shows this much; `kans_samen` the same for all of them
    together. From `rows` as `national`, or where these are empty from `per_class` as `classes`.
    """
    source = rows if len(rows) else per_class
    found = [
        {"taakveld": code, "naam": part["naam"].iloc[0], **_trend(part)}
        for code, part in source.groupby("taakveld", sort=False)
    ]
    names = ["n", "elasticiteit", "laag", "hoog", "kans", "vorm"]
    table = pd.DataFrame(found, columns=["taakveld", "naam", *names])
    # The total is one question, asked beforehand: it is not one of many.
    many = table["taakveld"] != TOTAL
    table["kans_samen"] = adjusted(table["kans"].where(many)).where(many, table["kans"])
    clear = table["kans_samen"] <= RATE
    table["oordeel"] = table["vorm"].where(clear, NONE).where(table["kans"].notna(), UNJUDGED)
    first = (table["taakveld"] == TOTAL).to_numpy()
    order = sorted(table.index[~first], key=lambda i: views.taakveld_order(table["taakveld"][i]))
    table = table.loc[[*table.index[first], *order]]
    return table.drop(columns="vorm").reset_index(drop=True)


def points(part: pd.DataFrame) -> pd.DataFrame | None:
    """Return what a curve goes through: `omvang`, `bedrag`, and of medians their `se`.

    `part`: one taakveld of `national` or of `classes`. None when too few gemeenten book on it.
    """
    if "per_inwoner" in part:
        amounts = part["per_inwoner"]
        enough = len(part) >= FEW and (amounts != 0).mean() >= 0.5 and amounts.max() > amounts.min()
        found = part[["inwoners", "per_inwoner"]].set_axis(["omvang", "bedrag"], axis=1)
        return found.astype(float) if enough else None
    sizes = part["klasse"].map({name: middle for name, (_, middle) in CLASSES.items()})
    found = pd.DataFrame({"omvang": sizes, "bedrag": part["p50"], "se": median_se(part)})
    usable = len(found) == len(CLASSES) and (found["bedrag"] != 0).all() and (found["se"] > 0).all()
    return found.astype(float) if usable else None


def curve(found: pd.DataFrame, power: int) -> Curve:
    """Return the curve of a power (1: a line) through `points`."""
    if "se" in found:
        return fit_medians(found["omvang"], found["bedrag"], found["se"], power)
    return fit(found["omvang"], found["bedrag"], power)


def best(found: pd.DataFrame) -> Curve:
    """Return the curve with a square where the square is clear, else the line."""
    square = curve(found, 2)
    bent = abs(square.beta[2]) > CLEAR * np.sqrt(square.cov[2, 2])
    return square if bent else curve(found, 1)


def median_se(part: pd.DataFrame) -> pd.Series:
    """Return the standard error of the median of each class of a taakveld, from its quartiles.

    In a class of few gemeenten the spread is at least that of the other classes, as a share.
    """
    spread = part["p75"] - part["p25"]
    share = (spread * part["n"]).sum() / max((part["p50"].abs() * part["n"]).sum(), 1e-9)
    spread = spread.mask(part["n"] < FEW, np.maximum(spread, share * part["p50"].abs()))
    return _MEDIAN * spread / np.sqrt(part["n"])


def _trend(part: pd.DataFrame) -> dict:
    """Return the row of a taakveld in `trends`; without figures where it cannot be judged."""
    count = int(len(part) if "per_inwoner" in part else part["n"].sum())
    found = points(part)
    if found is None:
        return {"n": count, "kans": np.nan}
    line, square = curve(found, 1), curve(found, 2)
    wald = float(square.beta[1:] @ np.linalg.solve(square.cov[1:, 1:], square.beta[1:]))
    # Of F over two and the gemeenten that are left; of known errors it is a chi-square.
    left = len(found) - 3
    chance = np.exp(-wald / 2) if "se" in found else (1 + wald / left) ** (-left / 2)
    row = {"n": count, "kans": float(chance), "vorm": _shape(found)}
    if min(line.at(size)[0] for size in (found["omvang"].min(), found["omvang"].max())) <= 0:
        return row  # a share of next to nothing says nothing
    level, gain = line.beta
    share = gain / level
    gradient = np.array([-share / level, 1 / level])  # of a quotient, to first order
    margin = dutch.Z90 * float(np.sqrt(gradient @ line.cov @ gradient))
    return {**row, "elasticiteit": share, "laag": share - margin, "hoog": share + margin}


def _shape(found: pd.DataFrame) -> str:
    """Return in words what size does, from small gemeenten to large ones."""
    chosen = best(found)
    sizes = found["omvang"]
    if len(chosen.beta) > 2:
        signs = _sides(found, chosen.turn)
        if signs in ((-1, 1), (1, -1)):
            return VALLEY if signs[0] < 0 else HILL
    # The largest twentieth of gemeenten does not decide alone; of classes there are but five.
    low, high = (sizes.min(), sizes.max()) if "se" in found else sizes.quantile([0.05, 0.95])
    both = {_sign(*c.step(low, high)) for c in (chosen, curve(found, 1))}
    return DEARER if both == {1} else CHEAPER if both == {-1} else MIXED


def _sign(value: float, se: float, bound: float = CLEAR) -> int:
    """Return whether a value is clearly below 0 (-1), clearly above it (1) or neither (0)."""
    return int(np.sign(value)) if abs(value) > bound * se else 0


def _sides(found: pd.DataFrame, turn: float) -> tuple[int, int]:
    """Return whether a line falls (-1), rises (1) or neither (0), before and after a size."""
    order = found.sort_values("omvang")
    if "se" in found:  # the class nearest to the turning point belongs to both sides
        turn = min(order["omvang"], key=lambda size: abs(np.log(size / turn)))
    signs = []
    for side in (order[order["omvang"] <= turn], order[order["omvang"] >= turn]):
        if len(side) < (2 if "se" in found else FEW):
            return 0, 0
        slope = curve(side, 1)
        signs.append(_sign(slope.beta[1], np.sqrt(slope.cov[1, 1]), ONE_SIDED))
    return signs[0], signs[1]


def adjusted(chances: pd.Series) -> pd.Series:
    """Return chances for all tests together, after Benjamini & Yekutieli; missing stay missing."""
    known = chances.dropna().sort_values(ascending=False)
    count = len(known)
    factor = count * (1 / np.arange(1, count + 1)).sum() / np.arange(count, 0, -1)
    return (known * factor).cummin().clip(upper=1.0).reindex(chances.index)


def place(per_class: pd.DataFrame, rekening: pd.DataFrame, inwoners: float) -> pd.DataFrame:
    """Return a gemeente in its size class: the row of `classes`, with `eigen` and `plaats`.

    `rekening` as `iv3.read`, `inwoners` of the gemeente. `eigen` is in EUR per inhabitant; `plaats`
    is `laagste kwart`, `middelste helft` or `hoogste kwart`.
    """
    own = rekening.set_index("taakveld")["lasten"] / inwoners
    own[TOTAL] = own.drop(labels=APART, errors="ignore").sum()
    rows = per_class[per_class["klasse"] == class_of(inwoners)].copy()
    rows["eigen"] = rows["taakveld"].map(own)
    rows = rows.dropna(subset="eigen")
    places = [rows["eigen"] < rows["p25"], rows["eigen"] > rows["p75"]]
    rows["plaats"] = np.select(places, [LOWEST, HIGHEST], MIDDLE)
    return rows.reset_index(drop=True)
