"""The books of a wijkbedrijf: every line of every year, from assumptions and granted packages.

Written once for numbers: with the central values it is the plan, with draws its range.
"""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

IN, OUT, LEVEL, COUNT = "in", "uit", "stand", "telling"
EURO, HOURS, PEOPLE, YEAR, CHANCE = "euro", "uren", "mensen", "jaar", "kans"
FIXED = ["wijkondernemer", "pand", "vaste lasten"]
SHARED = ["loon vakkrachten", "materiaal", "organisatie"]  # less where more is done together
SAVED = "besparing door synergie"
_FIRST_MONEY = ["startsubsidie", "lening", "aflossing", "rente"]  # what start-up finance brings

Values = Mapping[str, np.ndarray]
Lines = dict[tuple[str, str, str], np.ndarray]  # (regel, soort, eenheid): years by draws
Measures = Mapping[str, tuple[str, Callable[[Lines], np.ndarray]]]  # unit, and one figure a draw


def synergy(stekkers: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Return the share of the shared costs that is saved with a number of plugs: most x (1 - 1/n).

    One plug alone saves nothing; the second saves half of `most`, and each next one less.
    """
    return most * (1 - 1 / np.maximum(stekkers, 1.0))


def work(
    v: Values, pakketten: pd.DataFrame, granted: np.ndarray, year: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the hours worked and the EUR earned: packages by years by draws.

    `year` is a column of years.
    """
    shape = (len(pakketten), len(year), granted.shape[1])
    hours, income = np.zeros(shape), np.zeros(shape)
    size, reach = _size(v, year), v["bereik"] / v["bereik_midden"]
    facts = (pakketten[name].tolist() for name in ("id", "opbrengst", "uren"))
    for n, (id, euro, full) in enumerate(zip(*facts, strict=True)):
        hours[n] = size * granted[n] * v[f"uren:{id}"] * reach
        income[n] = hours[n] * euro / full * v["tarief"] / v["tarief_midden"]
    return hours, income


def _size(v: Values, year: np.ndarray) -> np.ndarray:
    """Return how far it has grown, 0 to 1, years by draws: as much more every year."""
    return np.clip(year / np.maximum(v["aanloop"], 1.0), 0.0, 1.0)


def all_years(jaren: int) -> np.ndarray:
    """Return the year of preparation and the years after it, as a column."""
    return np.arange(jaren + 1)[:, None]


def books(v: Values, pakketten: pd.DataFrame, granted: np.ndarray, jaren: int) -> Lines:
    """Return every line as years by draws; `granted` is packages by draws, 0 to 1."""
    lines = in_years(v, pakketten, granted, all_years(jaren))
    euros = {line: amount for line, amount in lines.items() if line[1] in (IN, OUT)}
    levels = _levels(euros, lines["schuld", LEVEL, EURO])
    levels[SAVED] = lines[SAVED, LEVEL, EURO]
    return (
        euros
        | {(name, LEVEL, EURO): amount for name, amount in levels.items()}
        | {line: amount for line, amount in lines.items() if line[1] == COUNT}
    )


def in_years(v: Values, pakketten: pd.DataFrame, granted: np.ndarray, year: np.ndarray) -> Lines:
    """Return the lines that no other year is needed for, as `books`, in a column of years."""
    like = np.zeros((len(year), granted.shape[1]))
    done, earned = work(v, pakketten, granted, year)
    hours, income = done.sum(axis=0), earned.sum(axis=0)
    green = done[(pakketten["domein"] == "groen").to_numpy()].sum(axis=0)
    open_ = (year > 0) + like
    plugs = granted.sum(axis=0)
    saved = synergy(plugs, v["synergie"]) * _size(v, year)  # it grows as the work does

    paid = hours / v["declarabel"]
    skilled = paid * v["deel_vakkracht"]
    # Who works slower needs more hours for the same work, and the subsidy pays the difference.
    residents = (paid - skilled) / v["loonwaarde"]
    joining = residents * v["deel_participatie"]
    employed = residents - joining
    least = v["minimumloon"] * (1 + v["vakantiegeld"])
    wage = least * (1 + v["werkgeverslasten"])
    subsidy = np.minimum(1 - v["loonwaarde"], v["lks_hoogst"]) * least * (1 + v["lks_opslag"])
    joiners = joining / v["uren_participatie"]
    shared = {
        name: amount
        for name, amount in zip(
            SHARED,
            (skilled * v["vakkracht"], income * v["materiaal"], income * v["organisatie"]),
            strict=True,
        )
    }
    lent = v["lening"] * (year == 0)
    debt, before = _debt(v, year), _debt(v, year - 1) * (year > 0)
    came = {
        "opdrachten": income,
        "loonkostensubsidie": employed * subsidy,
        "startsubsidie": v["startsubsidie"] * (year == 0),
        "lening": lent,
    }
    went = {
        "kwartiermaken": v["kwartiermaken"] * (year == 0),
        "loon bewoners": employed * wage,
        "participatieloon": joiners * v["participatieloon"],
        **{name: amount * (1 - saved) for name, amount in shared.items()},
        "wijkondernemer": v["wijkondernemer"] * open_,
        "pand": v["pand"] * open_,
        "vaste lasten": v["vaste_lasten"] * open_,
        "rente": before * v["rente"],
        "aflossing": (before - debt) * (year > 0),
    }
    euros = {(name, IN, EURO): like + amount for name, amount in came.items()}
    euros |= {(name, OUT, EURO): like + amount for name, amount in went.items()}
    counts = {
        ("uren in opdracht", HOURS): hours,
        ("uren in groen", HOURS): green,
        ("uren van bewoners", HOURS): residents,
        ("uren van vrijwilligers", HOURS): residents * v["vrijwilligers"],
        ("uren scholing", HOURS): (employed / v["uren_baan"] + joiners) * v["scholing"],
        ("bewoners met loon", PEOPLE): employed / v["uren_baan"],
        ("bewoners met participatieloon", PEOPLE): joiners,
        ("vakkrachten", PEOPLE): skilled / v["uren_baan"],
    }
    levels = {"schuld": like + debt, SAVED: sum(shared.values(), like) * saved}
    return (
        euros
        | {(name, LEVEL, EURO): amount for name, amount in levels.items()}
        | {(name, COUNT, unit): like + amount for (name, unit), amount in counts.items()}
    )


def _debt(v: Values, year: np.ndarray) -> np.ndarray:
    """Return the debt at the end of each year: it is paid back in equal parts."""
    return v["lening"] * np.clip(1 - year / np.maximum(v["looptijd"], 1.0), 0.0, 1.0)


def _levels(euros: Lines, debt: np.ndarray) -> dict[str, np.ndarray]:
    sign = {IN: 1.0, OUT: -1.0}
    moved = sum(amount * sign[kind] for (_, kind, _), amount in euros.items())
    first = sum(a * sign[k] for (name, k, _), a in euros.items() if name in _FIRST_MONEY)
    interest = euros["rente", OUT, EURO]
    till = np.cumsum(moved, axis=0)
    return {
        "kas begin": till - moved,
        "kas einde": till,
        "schuld": debt,
        "resultaat": moved - first - interest,
        "kas zonder startgeld": np.cumsum(moved - first, axis=0),
    }


def _first(reached: np.ndarray) -> np.ndarray:
    """Return the first year from which something holds to the end; infinite when it does not."""
    lasts = np.flip(np.logical_and.accumulate(np.flip(reached, axis=0), axis=0), axis=0)
    return np.where(lasts[-1], lasts.argmax(axis=0), np.inf)


def _own_feet(lines: Lines) -> np.ndarray:
    # The plan has to have work: a year without income or cost is no success.
    return _first((lines["resultaat", LEVEL, EURO] >= 0) & (lines["opdrachten", IN, EURO] > 0))


def _made_up(lines: Lines) -> np.ndarray:
    own = lines["kas zonder startgeld", LEVEL, EURO] >= 0
    return _first(own & (lines["opdrachten", IN, EURO] > 0))


def last(lines: Lines, regel: str, soort: str, eenheid: str) -> np.ndarray:
    """Return a line in the last year, by draws."""
    return lines[regel, soort, eenheid][-1]


def _needed(lines: Lines) -> np.ndarray:
    """Return the income of a year without loss or profit, at the costs of the last year."""
    fixed = sum(last(lines, name, OUT, EURO) for name in FIXED)
    income = last(lines, "opdrachten", IN, EURO)
    left = last(lines, "resultaat", LEVEL, EURO) + fixed
    pays = (income > 0) & (left > 0)
    return np.where(pays, fixed * income / np.where(pays, left, 1.0), np.inf)


MEASURES: Measures = {
    "diepste kas": (
        EURO,
        lambda x: np.minimum(x["kas zonder startgeld", LEVEL, EURO].min(axis=0), 0.0),
    ),
    "jaar van diepste kas": (
        YEAR,
        lambda x: x["kas zonder startgeld", LEVEL, EURO].argmin(axis=0).astype(float),
    ),
    "eigen benen": (YEAR, _own_feet),
    "kans eigen benen": (CHANCE, _own_feet),
    "terugverdiend": (YEAR, _made_up),
    "kans terugverdiend": (CHANCE, _made_up),
    "nodig": (EURO, _needed),
    "tekort startgeld": (
        EURO,
        lambda x: np.maximum(-x["kas einde", LEVEL, EURO].min(axis=0), 0.0),
    ),
    "resultaat laatste jaar": (EURO, lambda x: last(x, "resultaat", LEVEL, EURO)),
    "opdrachten laatste jaar": (EURO, lambda x: last(x, "opdrachten", IN, EURO)),
    "mensen laatste jaar": (
        PEOPLE,
        lambda x: sum(a[-1] for (_, _, unit), a in x.items() if unit == PEOPLE),
    ),
    "bewoners laatste jaar": (
        PEOPLE,
        lambda x: (
            last(x, "bewoners met loon", COUNT, PEOPLE)
            + last(x, "bewoners met participatieloon", COUNT, PEOPLE)
        ),
    ),
}
