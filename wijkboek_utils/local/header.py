"""The names of the columns of a file, as people write them, against those of a dataset."""

import re

from wijkboek_utils import dutch
from wijkboek_utils.errors import did_you_mean
from wijkboek_utils.local import schema
from wijkboek_utils.local.cells import key, quote
from wijkboek_utils.local.contribution import Fault, Opened
from wijkboek_utils.local.schema import Dataset


def match(names: list[str], dataset: Dataset) -> tuple[dict[str, str], list[Fault]]:
    """Return the column of the dataset by the name in the file, and what is wrong with the names.

    Case, accents, signs and a unit in brackets do not matter; the title counts as a name too.
    """
    known = _known(dataset)
    found: dict[str, str] = {}
    faults = []
    for name in names:
        column = known.get(_bare(name))
        if column is None:
            free = [column for column in dataset.columns if column not in found.values()]
            hint = did_you_mean(name, free, 1)
            words = f"deze kolom hoort niet bij {dataset.name}. Haal haar weg of geef haar"
            faults.append(Fault(f"{words} een andere naam.{hint}", column=name))
        elif column in found.values():
            first = next(n for n, c in found.items() if c == column)
            words = f"deze kolom staat er twee keer, ook als {quote(first)}. Laat er een staan."
            faults.append(Fault(words, column=name))
        else:
            found[name] = column
    missing = [f.name for f in dataset.fields if f.required and f.name not in found.values()]
    for column in missing:
        words = "deze kolom ontbreekt en is nodig. Voeg haar toe; zie wijkboek template"
        faults.append(Fault(f"{words} {dataset.name}.", column=column))
    return found, faults


def guess(opened: Opened) -> str:
    """Return the kind that a file says it is, else the one kind that its columns fit best.

    Empty when the needed columns of no kind, or of two kinds equally well, are there.
    """
    said = key(opened.kind).replace(" ", "_")
    if said in schema.KINDS:
        return said
    fits = {}
    for kind in schema.KINDS:
        dataset = schema.load(kind)
        found, _ = match(list(opened.rows.columns), dataset)
        needed = {f.name for f in dataset.fields if f.required}
        if needed <= set(found.values()):
            fits[kind] = len(found)
    best = [kind for kind, count in fits.items() if count == max(fits.values())]
    return best[0] if len(best) == 1 else ""


def about_name(name: str) -> str:
    """Return the name of what a file says of itself as the definition has it; empty if unknown."""
    return _known(schema.about()).get(_bare(name), "")


def system(names: list[str]) -> str:
    """Return the coordinate system that the names of the columns say: RD, WGS84 or nothing."""
    bare = {key(name).replace(" ", "") for name in names}
    if bare & {"xrd", "rdx", "yrd", "rdy"}:
        return "RD"
    degrees = {"lon", "lng", "long", "longitude", "lengtegraad", "lat", "latitude", "breedtegraad"}
    return "WGS84" if bare & degrees else ""


def unknown_kind(kind: str) -> str:
    """Return words for a kind that does not exist."""
    hint = did_you_mean(kind, schema.KINDS, 1)
    return f"{quote(kind)} is geen soort gegevens.{hint} Kies uit {dutch.join(schema.KINDS, 'of')}."


def _known(dataset: Dataset) -> dict[str, str]:
    """Return the columns of a dataset by every bare name they may have; own names go first."""
    known = {_bare(field.name): field.name for field in dataset.fields}
    for field in dataset.fields:
        for name in (*field.aliases, field.title):
            known.setdefault(_bare(name), field.name)
    return known


def _bare(name: str) -> str:
    """Return the name of a column without what is in brackets, case, accents and signs."""
    return key(re.sub(r"[(\[].*?[)\]]|\*", " ", name)).replace(" ", "") or key(name)
