"""The cases of the publications, worked out: each with its own budgets, plans and assumptions.

A case stands in `tables/voorbeelden/<naam>.yml`. It is an illustration and never a plan of a wijk:
whatever shows it, shows `Case.illustratie` too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from wijkboek_utils import kengetallen, sources
from wijkboek_utils.errors import Fout, did_you_mean
from wijkboek_utils.kengetallen import Kengetal, Kengetallen
from wijkboek_utils.local import store
from wijkboek_utils.models import plans
from wijkboek_utils.models.plans import Plans

LABEL = "Dit is een voorbeeld uit een publicatie, geen plan van deze wijk. Bron: {bron}."
FOLDER = sources.TABLES / "voorbeelden"
_NAMES = ("tuin", "cake", "verzekeraar", "corporatie", "groenbudget", "huis", "grond")
_NEEDED = ("titel", "bron", "aannames", "voorwaarden")
_ROWS = {"budgetten": "budget", "activiteiten": "activiteit"}
_FIELDS = (*_NEEDED, *_ROWS, "kengetallen", "model")


@dataclass(frozen=True, eq=False)  # one is itself: what comes out of it is kept by it
class Case:
    """A worked case. `aannames` say what is taken from the source and what is ours, `voorwaarden`
    what must be true for it to come out, `illustratie` that it is an example.

    `getallen` are the kengetallen that it computes with: its own in the place of ours. `model` is
    what a case says beside its plans, for the module that computes it. A case is shared: who wants
    to ask more of its `getallen` takes a copy.
    """

    naam: str
    titel: str
    bron: str
    illustratie: str
    aannames: tuple[str, ...]
    voorwaarden: tuple[str, ...]
    plans: Plans
    getallen: Kengetallen
    model: Mapping[str, Any]


def names() -> list[str]:
    """Return the names of the cases, for `load`, in the order in which a reader meets them."""
    return [*_NAMES]


def load(naam: str, getallen: Kengetallen) -> Case:
    """Return a case of the publications, computed with `getallen` and what the case says itself.

    Raises Fout when there is no such case, or when its file lacks something.
    """
    if naam not in names():
        raise Fout(f"Voorbeeld {naam} bestaat niet.{did_you_mean(naam, names())}")
    case, asked = _read(naam, FOLDER, tuple(getallen.known.items()))
    for id, eenheid in asked:
        getallen.get(id, eenheid)  # so that the report lists it
    return case


@lru_cache(maxsize=64)  # the same for every gemeente without kengetallen of its own
def _read(
    naam: str, folder: Path, ours: tuple[tuple[str, Kengetal], ...]
) -> tuple[Case, tuple[tuple[str, str], ...]]:
    """Return a case computed with `ours` and what it says itself, and what of ours it asked for."""
    facts = _facts(folder / f"{naam}.yml")
    own = facts.get("kengetallen") or {}
    given = kengetallen.load(own).known
    known = Kengetallen({**dict(ours), **{id: given[id] for id in own}})
    label = LABEL.format(bron=facts["bron"])
    budgets, acts = (table(kind, facts.get(part) or []) for part, kind in _ROWS.items())
    read = plans.read(budgets, acts, known, label)
    used = known.used()
    asked = [
        (id, unit) for id, unit in zip(used["id"], used["eenheid"], strict=True) if id not in own
    ]
    case = Case(
        naam,
        facts["titel"],
        facts["bron"],
        label,
        tuple(facts["aannames"]),
        tuple(facts["voorwaarden"]),
        read,
        known,
        facts.get("model") or {},
    )
    return case, tuple(asked)


def table(kind: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return rows of a dataset (`budget` or `activiteit`) as notebook 06 writes them."""
    types = {**store.columns(kind), "bron": "str"}
    if odd := [name for row in rows for name in row if name not in types]:
        raise Fout(f"{kind}: {odd[0]} is geen bekende kolom.{did_you_mean(odd[0], [*types])}")
    return pd.DataFrame(rows, columns=[*types]).astype(types)


def without(read: Plans, budget: str) -> Plans:
    """Return plans without one budget: the cake without sugar."""
    left = tuple(b for b in read.budgetten if plans.key(b.naam) != plans.key(budget))
    if len(left) == len(read.budgetten):
        raise Fout(f"Budget {budget} bestaat niet.{did_you_mean(budget, [b.naam for b in left])}")
    return replace(read, budgetten=left)


def _facts(path: Path) -> dict[str, Any]:
    """Return what stands in the file of a case, or say what it lacks."""
    try:
        facts = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise Fout(f"{path.name} is niet te lezen: {error}") from error
    if odd := [name for name in facts if name not in _FIELDS]:
        raise Fout(f"{path.name}: {odd[0]} is geen bekend veld.{did_you_mean(odd[0], [*_FIELDS])}")
    if lacking := [name for name in _NEEDED if not facts.get(name)]:
        raise Fout(f"{path.name}: {lacking[0]} ontbreekt. Een voorbeeld zegt waar het op rust.")
    return dict(facts)
