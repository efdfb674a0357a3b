"""Budgets, activities and their links, as people wrote them down; and the rule of inverdienen.

If result Y makes goal X less necessary, budget X may be used for result Y. A link that does not say
how it works, how much, how surely, on what evidence and what one unit costs is no ground to move
money: it is refused, with what it lacks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils.errors import did_you_mean
from wijkboek_utils.kengetallen import Kengetal, Kengetallen

OWN, LESS = "eigen doel", "minder nodig"  # how a result is tied to a goal
COHESION, ADHESION = "cohesie", "adhesie"  # a budget for its own goal, and for another
REFUSED = ["activiteit", "doel", "reden"]

_LACKS = {
    "minder_nodig": "hoeveel er minder nodig is",
    "minder_laag": "wat het minstens is",
    "minder_hoog": "wat het hoogstens is",
    "kans": "hoe groot de kans is",
    "bewijs": "hoe goed het is bewezen",
    "mechanisme": "hoe het werkt",
    "kengetal": "wat één eenheid kost",
}
_CENT = 0.005


@dataclass(frozen=True)
class Budget:
    """Money for a goal: EUR by year. At most `vrij_deel` of it may serve other goals.

    Where nobody said which part is free, `vrij_deel` is None and counts as none.
    """

    naam: str
    houder: str
    doel: str
    bedragen: Mapping[int, float]
    vrij_deel: float | None = None
    voorwaarde: str = ""

    def amount(self, jaar: int) -> float:
        """Return the amount of a year in EUR; of a year that nobody gave it is 0."""
        return self.bedragen.get(jaar, 0.0)

    def free(self, jaar: int) -> float:
        """Return what of a year may serve other goals, in EUR."""
        return self.amount(jaar) * (self.vrij_deel or 0.0)


@dataclass(frozen=True)
class Effect:
    """A link: the result makes `doel` less necessary, by `minder` units in each of `jaren`.

    `laag` to `hoog` holds the units nine times out of ten if it works, `kans` is the chance that it
    does, `kengetal` what one unit costs. `toerekening` is the share that is due to this activity,
    `terug` the share of the saving that flows back to who pays for it. `groep` is how many units
    `voor_wie` is in all; None where nobody said.
    """

    doel: str
    eenheid: str
    minder: float
    laag: float
    hoog: float
    kans: float
    kengetal: Kengetal
    bewijs: int
    mechanisme: str
    jaren: tuple[int, ...]
    voor_wie: str = ""
    groep: float | None = None
    toerekening: float = 1.0
    terug: float = 0.0

    @property
    def bruto(self) -> float:
        """Return the saving of a year in EUR if it works, before anything is taken off."""
        return self.minder * self.kengetal.waarde


@dataclass(frozen=True)
class Activiteit:
    """A plan: `kosten` EUR in each of `jaren`; `heel` when it cannot go on with half the money.

    `eigen` are the goals that its result serves itself, `gevraagd` what budgets of a goal must pay
    of it, in EUR a year; the rest any budget may pay that is tied to it.
    """

    naam: str
    trekker: str
    resultaat: str
    kosten: float
    jaren: tuple[int, ...]
    heel: bool
    eigen: tuple[str, ...] = ()
    gevraagd: Mapping[str, float] = field(default_factory=dict)
    effecten: tuple[Effect, ...] = ()

    @property
    def begin(self) -> int:
        """Return the first year."""
        return self.jaren[0]

    def tie(self, doel: str) -> str | None:
        """Return how budgets of a goal are tied to this activity; None: they may not pay for it."""
        if same(doel, self.eigen):
            return COHESION
        return ADHESION if same(doel, (e.doel for e in self.effecten)) else None


@dataclass(frozen=True)
class Plans:
    """Budgets and activities that can meet, and the links that were refused: `REFUSED` columns.

    `illustratie` says in a sentence that these are an example and no plans of the wijk; empty for
    real plans.
    """

    budgetten: tuple[Budget, ...]
    activiteiten: tuple[Activiteit, ...]
    geweigerd: pd.DataFrame
    illustratie: str = ""

    @property
    def jaren(self) -> list[int]:
        """Return every year in which something is paid or saved."""
        found = {year for a in self.activiteiten for year in a.jaren}
        found |= {year for a in self.activiteiten for e in a.effecten for year in e.jaren}
        return sorted(found)

    @cached_property
    def delen(self) -> Mapping[tuple[str, int], list[tuple[str, float]]]:
        """Return which part of a saving each budget has, by the key of its goal and by year."""
        found = {}
        for goal in dict.fromkeys(key(b.doel) for b in self.budgetten):
            mine = self.of_goal(goal)
            for year in self.jaren:
                total = sum(b.amount(year) for b in mine)
                found[goal, year] = [
                    (b.naam, b.amount(year) / total if total else 1 / len(mine)) for b in mine
                ]
        return found

    def of_goal(self, doel: str) -> list[Budget]:
        """Return the budgets for a goal."""
        return [b for b in self.budgetten if same(b.doel, (doel,))]


def same(doel: str, others: Iterable[str]) -> bool:
    """Return whether a goal is among others, however they are capitalised or spaced."""
    return key(doel) in {key(other) for other in others}


def key(words: str) -> str:
    """Return words as what two people mean who write the same thing."""
    return " ".join(words.casefold().split())


def read(
    budgetten: pd.DataFrame,
    activiteiten: pd.DataFrame,
    getallen: Kengetallen,
    illustratie: str = "",
) -> Plans:
    """Return what stands in the tables budgetten and activiteiten, every link held to the rule.

    A row of `activiteiten` is one link of an activity. Who wrote first holds: a later row that
    contradicts an earlier one of the same plan or budget is refused with its reason, and so is a
    plan of which more is asked than it costs. The check of a contribution says so at the door; this
    is for what two contributors say of one plan.
    """
    refused: list[dict[str, str]] = []
    purses = [_budget(rows, refused) for rows in _named(budgetten)]
    found = [_activity(rows, getallen, refused) for rows in _named(activiteiten)]
    return Plans(
        tuple(purses),
        tuple(plan for plan in found if plan),
        pd.DataFrame(refused, columns=REFUSED, dtype="str"),
        illustratie,
    )


def _named(table: pd.DataFrame) -> list[list[Mapping[str, Any]]]:
    """Return the rows of each plan or budget, in turn; what is missing is None."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in table.to_dict("records"):
        known = {name: None if pd.isna(value) else value for name, value in row.items()}
        found.setdefault(key(str(row["naam"])), []).append(known)
    return [*found.values()]


def _budget(rows: list[Mapping[str, Any]], refused: list[dict[str, str]]) -> Budget:
    first = rows[0]
    said = {column: _first(rows, column) for column in ("houder", "doel", "vrij_deel")}
    amounts: dict[int, float] = {}
    for row in rows:
        year = int(row["jaar"])
        if other := _other(row, said):
            why = f"op een eerdere rij van dit budget staat iets anders bij «{other}»"
        elif year in amounts:
            why = f"voor {year} staat dit budget er al"
        else:
            amounts[year] = float(row["bedrag"])
            continue
        refused.append({"activiteit": f"Budget {first['naam']}", "doel": row["doel"], "reden": why})
    free = said["vrij_deel"]
    return Budget(
        first["naam"],
        said["houder"],
        said["doel"],
        amounts,
        None if free is None else float(free),
        "; ".join(dict.fromkeys(told for row in rows if (told := row["voorwaarde"]) is not None)),
    )


def _activity(
    rows: list[Mapping[str, Any]], getallen: Kengetallen, refused: list[dict[str, str]]
) -> Activiteit | None:
    """Return a plan; None when more is asked than it costs, which is no plan."""
    first = rows[0]
    said = {c: _first(rows, c) for c in ("kosten", "begin", "jaren", "alles_of_niets")}
    own: list[str] = []
    asked: dict[str, float] = {}
    effects: list[Effect] = []

    def refuse(doel: str | None, why: str) -> None:
        refused.append({"activiteit": first["naam"], "doel": doel or "", "reden": why})

    for row in rows:
        if other := _other(row, said):
            refuse(row["doel"], f"op een eerdere rij van dit plan staat iets anders bij «{other}»")
            continue
        if row["doel"] is None:
            continue
        if row["gevraagd"]:
            asked[row["doel"]] = asked.get(row["doel"], 0.0) + float(row["gevraagd"])
        if row["verband"] == OWN:
            own.append(row["doel"])
        elif why := refusal(row, getallen):
            refuse(row["doel"], why)
        else:
            effects.append(_effect(row, getallen))
    cost = float(first["kosten"])
    if sum(asked.values()) > cost + _CENT:
        much = f"{dutch.euro(sum(asked.values()))} per jaar, en het plan kost {dutch.euro(cost)}"
        refuse(dutch.join([*asked]), f"het hele plan doet niet mee: samen vraagt het {much}")
        return None
    return Activiteit(
        first["naam"],
        _first(rows, "trekker") or "",
        first["resultaat"],
        cost,
        _years(first["begin"], first["jaren"]),
        said["alles_of_niets"] != "nee",
        tuple(own),
        asked,
        tuple(effects),
    )


def _first(rows: list[Mapping[str, Any]], column: str) -> Any:
    """Return what the first row says that says something, or None."""
    return next((row[column] for row in rows if row[column] is not None), None)


def _other(row: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    """Return the first column in which a row contradicts what was said; nothing when none does."""
    for column, value in said.items():
        mine = row[column]
        same_words = isinstance(mine, str) and key(mine) == key(value)
        if mine is not None and mine != value and not same_words:
            return column
    return ""


def _years(begin: Any, count: Any) -> tuple[int, ...]:
    return tuple(range(int(begin), int(begin) + int(count)))


def refusal(row: Mapping[str, Any], getallen: Kengetallen) -> str:
    """Return why a link (a row of activiteiten) is no ground to move money; nothing when it is."""
    if lacking := [words for name, words in _LACKS.items() if row[name] in (None, "")]:
        return f"er staat niet {dutch.join(lacking)}"
    known = getallen.known.get(row["kengetal"])
    if known is None:
        near = did_you_mean(row["kengetal"], list(getallen.known))
        return f"kengetal {row['kengetal']} bestaat niet.{near}"
    one = f"euro per {row['eenheid']}"
    if known.eenheid not in (one, f"{one} per jaar"):
        return f"kengetal {known.id} is in «{known.eenheid}» en het plan telt in «{row['eenheid']}»"
    return ""


def _effect(row: Mapping[str, Any], getallen: Kengetallen) -> Effect:
    known = getallen.known[row["kengetal"]]
    return Effect(
        row["doel"],
        row["eenheid"],
        float(row["minder_nodig"]),
        float(row["minder_laag"]),
        float(row["minder_hoog"]),
        float(row["kans"]),
        getallen.get(known.id, known.eenheid),  # so that the report lists it
        int(row["bewijs"]),
        row["mechanisme"],
        _years(row["begin"], row["effect_jaren"] or row["jaren"]),
        row["voor_wie"] or "",
        None if row["groep"] is None else float(row["groep"]),
        1.0 if row["toe_te_rekenen"] is None else float(row["toe_te_rekenen"]),
        float(row["terug_deel"] or 0.0),
    )
