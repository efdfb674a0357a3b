"""The arithmetic of one plan: lines of a quantity times kengetallen, and what they come to.

The same lines give the plan itself and 2.000 draws of it, in which a figure that stands on two
lines moves both. A loan is paid back in equal yearly amounts (`finance.annuity`) over the years
that what it bought lasts; the balance of a plan is what it keeps here less what it costs a year.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from wijkboek_utils.errors import Fout, did_you_mean
from wijkboek_utils.kengetallen import Kengetal
from wijkboek_utils.models import finance, ranges

COLUMNS = {
    "domein": "str",
    "onderdeel": "str",
    "soort": "str",
    "regel": "str",
    "naam": "str",
    "wie": "str",
    "van": "str",
    "hoeveelheid": "float64",
    "kengetallen": "str",
    "gedeeld": "str",
    "factor": "float64",
    "waarde": "float64",
    "laag": "float64",
    "hoog": "float64",
    "eenheid": "str",
    "raakt": "str",
    "begrensd": "bool",
    "bron": "str",
}
QUANTITY, INVEST, COST, LOAN = "hoeveelheid", "investering", "kosten", "lening"
SAVED, KEPT, HOURS, VOLUNTEER = "bespaart", "blijft", "uren", "vrijwillig"
KINDS = (QUANTITY, INVEST, COST, SAVED, KEPT, HOURS, VOLUNTEER)
SPENT, GAINED = "jaarkosten", "baten"
SUMS = {"investering samen": (INVEST,), SPENT: (COST, LOAN), GAINED: (SAVED, KEPT)}
BALANCE, CHANCE, BREAK, PAYBACK = "saldo", "kans op winst", "breekpunt", "terugverdientijd"
RENT, ONE, YEARLY, SHARE = "kans_rente", "1", "euro per jaar", "aandeel"
_WIDEST = 10.0  # a break-even point is looked for up to this many times the high end

Values = Mapping[str, np.ndarray]
Lines = dict[str, np.ndarray]


def check(defined: Mapping[str, Any], known: Mapping[str, Kengetal]) -> None:
    """Raise Fout for a line that names what is not there, or whose units do not give its own."""
    posts = {p: YEARLY for d in defined["domeinen"].values() for p in d["posten"]}
    units = {ONE: "", **posts, **{t: r["eenheid"] for t, r in defined["tellingen"].items()}}
    for id, plan in defined["modellen"].items():
        for line in plan["regels"]:
            where = f"tables/kansen.yml, model {id}, regel {line['regel']}"
            if line["soort"] not in KINDS:
                raise Fout(f"{where}: soort {line['soort']} bestaat niet. Kies uit {KINDS}.")
            if str(line["van"]) not in units:
                near = did_you_mean(str(line["van"]), list(units))
                raise Fout(f"{where}: {line['van']} is geen telling, post of eerdere regel.{near}")
            if line.get("raakt", ONE) not in units:
                raise Fout(f"{where}: {line['raakt']} is geen post.")
            made = _unit(units[str(line["van"])], line, known)
            if made != _parts(line["eenheid"]):
                raise Fout(
                    f"{where}: de eenheid is «{line['eenheid']}», maar hoeveelheid maal "
                    "kengetallen geeft iets anders. Verbeter de eenheid of de kengetallen."
                )
            units[f"{line['regel']}.{id}"] = line["eenheid"]


def _unit(unit: str, line: Mapping[str, Any], known: Mapping[str, Kengetal]) -> dict[str, int]:
    """Return the unit of a line as powers, from those of its quantity and kengetallen."""
    powers = _parts(unit)
    for sign, ids in ((1, line.get("maal", ())), (-1, line.get("door", ()))):
        for id in ids:
            for name, power in _parts(known[id].eenheid).items():
                powers[name] = powers.get(name, 0) + sign * power
    return {name: power for name, power in powers.items() if power}


def _parts(unit: str) -> dict[str, int]:
    """Return `euro per woning per jaar` as {euro: 1, woning: -1, jaar: -1}."""
    top, *below = re.split(r" per ", unit)
    powers = {top: 1} if top not in ("", SHARE) else {}
    for name in below:
        powers[name] = powers.get(name, 0) - 1
    return powers


def compute(id: str, plan: Mapping[str, Any], values: Values, reach: Values) -> Lines:
    """Return the amounts of each line of a plan, the loan of each investment, and the sums.

    `reach` is by post what can be influenced of it.
    """
    found: Lines = {}
    for line in plan["regels"]:
        amount = _amount(line, {**values, **found})
        if line.get("raakt"):
            amount = np.minimum(amount, reach[line["raakt"]])
        found[f"{line['regel']}.{id}"] = amount
        if line["soort"] == INVEST:
            found[f"{line['regel']}_lening.{id}"] = amount * loan(values, line["jaren"])
    for name, kinds in SUMS.items():
        parts = [found[key] for key, kind in _kinds(id, plan).items() if kind in kinds]
        found[name] = np.sum(parts, axis=0) if parts else np.zeros(1)
    found[BALANCE] = found[GAINED] - found[SPENT]
    return found


def _kinds(id: str, plan: Mapping[str, Any]) -> dict[str, str]:
    kinds = {f"{line['regel']}.{id}": line["soort"] for line in plan["regels"]}
    loans = [line["regel"] for line in plan["regels"] if line["soort"] == INVEST]
    return kinds | {f"{name}_lening.{id}": LOAN for name in loans}


def _amount(line: Mapping[str, Any], values: Values) -> np.ndarray:
    quantity = values.get(str(line["van"]), np.full(1, np.nan))  # a post without any boeking
    return quantity * _factor(line, values)


def _factor(line: Mapping[str, Any], values: Values) -> np.ndarray:
    factor = np.ones(1)
    for id in line.get("maal", ()):
        factor = factor * values[id]
    for id in line.get("door", ()):
        factor = factor / values[id]
    return factor


def loan(values: Values, years: str) -> np.ndarray:
    """Return what a euro that is lent costs each year until it is paid back."""
    lasts = np.maximum(np.round(values[years]), 1)
    return np.asarray(finance.annuity(1.0, values[RENT], lasts))


def rows_of(
    id: str,
    plan: Mapping[str, Any],
    known: Mapping[str, Kengetal],
    values: tuple[Values, Values],
    reach: tuple[Values, Values],
) -> list[dict[str, Any]]:
    """Return a plan as rows for `frame`: its lines, its loans, its sums and what they say."""
    middle, drawn = (compute(id, plan, v, r) for v, r in zip(values, reach, strict=True))
    figures = _bands(middle, drawn)
    rows: list[dict[str, Any]] = []
    for line in plan["regels"]:
        key = f"{line['regel']}.{id}"
        quantity = {**values[0], **middle}.get(str(line["van"]), np.full(1, np.nan))
        factor = _factor(line, values[0])
        row = {name: line[name] for name in ("soort", "naam", "eenheid")}
        row |= {"regel": key, "wie": line.get("wie"), "van": str(line["van"])}
        row |= {"hoeveelheid": float(quantity[0]), "factor": float(factor[0])}
        row |= {"kengetallen": ";".join(line.get("maal", ())), "raakt": line.get("raakt")}
        row |= {"gedeeld": ";".join(line.get("door", ()))}
        row["begrensd"] = bool(middle[key][0] < quantity[0] * factor[0] - 0.005)
        rows.append(row | figures[key])
        if line["soort"] == INVEST:
            rows.append(_loan_row(row, line, id, values[0], figures))
    rows += [_sum(name, figures[name]) for name in (*SUMS, BALANCE)]
    rows += _verdict(id, plan, known, values[0], reach[0], middle, drawn)
    facts = {"domein": plan["domein"], "onderdeel": id}
    return [facts | row for row in rows]


def _loan_row(
    row: Mapping[str, Any],
    line: Mapping[str, Any],
    id: str,
    values: Values,
    figures: Mapping[str, dict[str, float]],
) -> dict[str, Any]:
    key = f"{line['regel']}_lening.{id}"
    return {
        "soort": LOAN,
        "regel": key,
        "naam": "Rente en aflossing",
        "wie": row["wie"],
        "van": row["regel"],
        "hoeveelheid": figures[row["regel"]]["waarde"],
        "kengetallen": f"{RENT};{line['jaren']}",
        "factor": float(loan(values, line["jaren"])[0]),
        "eenheid": YEARLY,
        **figures[key],
    }


def _sum(name: str, figures: dict[str, float]) -> dict[str, Any]:
    unit = "euro" if name.startswith(INVEST) else YEARLY
    return {"soort": name, "eenheid": unit, **figures}


def _verdict(
    id: str,
    plan: Mapping[str, Any],
    known: Mapping[str, Kengetal],
    values: Values,
    reach: Values,
    middle: Lines,
    drawn: Lines,
) -> list[dict[str, Any]]:
    """Return the chance of a gain, the payback time and where one kengetal tips the balance."""
    turns = known[plan["draait"]]
    endless = {post: np.full(1, np.inf) for post in reach}  # a bend would hide where it turns

    def at(value: float, most: Values = endless) -> float:
        one = {**values, turns.id: np.array([value])}
        return float(compute(id, plan, one, most)[BALANCE][0])

    chance, point, back = np.nan, None, None
    if np.isfinite(middle[BALANCE][0]):
        chance = float(np.mean(drawn[BALANCE] > 0))
        point = tipping(at, turns)
        # Beyond what can be influenced nothing more comes in.
        point = None if point is None or at(point, reach) < -0.5 else point
        back = _payback(id, plan, values, middle)
    return [
        {"soort": CHANCE, "waarde": chance, "eenheid": SHARE},
        {"soort": PAYBACK, "waarde": back, "eenheid": "jaar"},
        {
            "soort": BREAK,
            "waarde": point,
            "hoeveelheid": turns.waarde,
            "kengetallen": turns.id,
            "factor": np.sign(at(turns.hoog) - at(turns.laag)),
            "eenheid": turns.eenheid,
        },
    ]


def tipping(balance: Callable[[float], float], turns: Kengetal) -> float | None:
    """Return the value of a kengetal at which a plan just pays; None where it never turns."""
    most = 1.0 if turns.eenheid == SHARE else _WIDEST * turns.hoog
    ends = balance(0.0), balance(most)
    if not np.isfinite(ends).all() or ends[0] * ends[1] > 0 or ends[0] == ends[1]:
        return None
    return float(brentq(balance, 0.0, most))


def _payback(id: str, plan: Mapping[str, Any], values: Values, middle: Lines) -> float | None:
    """Return after how many years all that is invested is back, without interest, if it is."""
    invested = float(middle["investering samen"][0])
    if not invested:
        return None
    costs = [k for k, kind in _kinds(id, plan).items() if kind == COST]
    yearly = float(middle[GAINED][0] - sum(middle[k][0] for k in costs))
    lasts = max(float(values[line["jaren"]][0]) for line in plan["regels"] if "jaren" in line)
    return finance.payback([-invested, *[yearly] * round(lasts)])


def band(middle: np.ndarray, drawn: np.ndarray) -> dict[str, float]:
    """Return a value with what holds nine draws out of ten; all missing where it is unknown."""
    return _bands({BALANCE: middle}, {BALANCE: drawn})[BALANCE]


def _bands(middle: Lines, drawn: Lines) -> dict[str, dict[str, float]]:
    """Return the `band` of each of some amounts, by their names."""
    value = np.array([amount[0] for amount in middle.values()])
    spread = np.array(np.broadcast_arrays(*(drawn[name] for name in middle)))
    known = np.isfinite(value)
    ends = np.full((2, len(value)), np.nan)
    ends[:, known] = ranges.bands(value[known], spread[known])[1:]
    figures = zip(value.tolist(), *ends.tolist(), strict=True)
    names = ("waarde", "laag", "hoog")
    return {
        line: dict(zip(names, one, strict=True)) for line, one in zip(middle, figures, strict=True)
    }


def frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return rows in `COLUMNS` and their types; words that are not there as empty."""
    absent = {"str": "", "float64": np.nan, "bool": False}
    cells = {
        name: [absent[kind] if _missing(cell := row.get(name)) else cell for row in rows]
        for name, kind in COLUMNS.items()
    }
    columns = {name: pd.array(cells[name], dtype=kind) for name, kind in COLUMNS.items()}
    return pd.DataFrame(columns)


def _missing(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell != cell
