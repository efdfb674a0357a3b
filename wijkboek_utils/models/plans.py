"""Budgets, activities and their links, as people wrote them down; and the rule of inverdienen.

If result Y makes goal X less necessary, budget X may be used for result Y. A link that does not say
how it works, how much, how surely, on what evidence and what one unit costs is no ground to move
money: it is refused, with what it lacks.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils.errors import Fout, did_you_mean
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

    A row of `activiteiten` is one link of an activity. Raises Fout when the rows of one budget or
    one activity contradict each other.
    """
    rows = activiteiten.astype("object").where(activiteiten.notna(), None)
    refused: list[dict[str, str]] = []
    found = [
        _activity(group, getallen, refused)
        for _, group in rows.groupby(rows["naam"].map(key), sort=False)
    ]
    return Plans(
        tuple(_budgets(budgetten)),
        tuple(found),
        pd.DataFrame(refused, columns=REFUSED, dtype="str"),
        illustratie,
    )


def _budgets(table: pd.DataFrame) -> Iterable[Budget]:
    rows = table.astype("object").where(table.notna(), None)
    for _, group in rows.groupby(rows["naam"].map(key), sort=False):
        first = group.iloc[0]
        years = [int(year) for year in group["jaar"]]
        if len(set(years)) < len(years):
            raise Fout(
                f"Budget «{first['naam']}» heeft twee rijen voor hetzelfde jaar. Tel ze op tot een."
            )
        for column in ("houder", "doel"):
            if len({key(word) for word in group[column]}) > 1:
                raise Fout(
                    f"Budget «{first['naam']}», kolom {column}: er staan twee verschillende. Geef "
                    "elk budget een eigen naam."
                )
        yield Budget(
            first["naam"],
            first["houder"],
            first["doel"],
            dict(zip(years, map(float, group["bedrag"]), strict=True)),
            None if first["vrij_deel"] is None else float(first["vrij_deel"]),
            first["voorwaarde"] or "",
        )


def _activity(
    rows: pd.DataFrame, getallen: Kengetallen, refused: list[dict[str, str]]
) -> Activiteit:
    first = rows.iloc[0]
    own: list[str] = []
    asked: dict[str, float] = {}
    effects: list[Effect] = []
    years = _years(first["begin"], first["jaren"])
    for _, row in rows[rows["doel"].notna()].iterrows():
        if row["gevraagd"]:
            asked[row["doel"]] = asked.get(row["doel"], 0.0) + float(row["gevraagd"])
        if row["verband"] == OWN:
            own.append(row["doel"])
        elif why := _refusal(row, getallen):
            told = {"activiteit": first["naam"], "doel": row["doel"], "reden": why}
            refused.append(told)
        else:
            effects.append(_effect(row, getallen))
    if sum(asked.values()) > float(first["kosten"]) + 0.005:
        raise Fout(
            f"Plan «{first['naam']}», kolom gevraagd: samen {dutch.euro(sum(asked.values()))}, en "
            f"het plan kost {dutch.euro(first['kosten'])} per jaar. Vraag niet meer dan het kost."
        )
    return Activiteit(
        first["naam"],
        first["trekker"] or "",
        first["resultaat"],
        float(first["kosten"]),
        years,
        first["alles_of_niets"] != "nee",
        tuple(own),
        asked,
        tuple(effects),
    )


def _years(begin: Any, count: Any) -> tuple[int, ...]:
    return tuple(range(int(begin), int(begin) + int(count)))


def _refusal(row: pd.Series, getallen: Kengetallen) -> str:
    """Return why a link is no ground to move money; nothing when it is."""
    if lacking := [words for name, words in _LACKS.items() if row[name] in (None, "")]:
        return f"er staat niet {dutch.join(lacking)}"
    known = getallen.known.get(row["kengetal"])
    if known is None:
        near = did_you_mean(row["kengetal"], list(getallen.known))
        return f"kengetal {row['kengetal']} bestaat niet.{near}"
    if known.eenheid not in _per(row["eenheid"]):
        return f"kengetal {known.id} is in «{known.eenheid}» en het plan telt in «{row['eenheid']}»"
    return ""


def _per(unit: str) -> list[str]:
    """Return how a kengetal says what one unit costs."""
    return [f"euro per {unit} per jaar", f"euro per {unit}"]


def _effect(row: pd.Series, getallen: Kengetallen) -> Effect:
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
