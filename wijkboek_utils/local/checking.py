"""From an opened file to rows that can enter the books, or to everything that is wrong with it.

A file with a fault is refused whole: half a count is a wrong count.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from wijkboek_utils import dutch, kengetallen, sources
from wijkboek_utils.disclosure import personal
from wijkboek_utils.local import header, pairing, placing, rules, schema, values
from wijkboek_utils.local.cells import key
from wijkboek_utils.local.contribution import Checked, Fault, Opened
from wijkboek_utils.local.faults import MOST, OVER, Faults, which
from wijkboek_utils.local.schema import Dataset, Field
from wijkboek_utils.models import plans

_SHOWN = 20  # notes on single points that a reader wants to see
KEEP_YEARS = 10  # how long a contribution may be used at most
_TOTAL = r"(?:sub|eind)?totaa?l:?"
_CUE = r"\d[ .-]?\d|@"  # without it there is no number of a person, and no address
_NAMED = r"\b(?:dhr|mevr?|mw|meneer|mevrouw|familie|fam)\b\.?\s+\w"


def check(
    opened: Opened,
    kind: str = "",
    gemeenten: Sequence[str] = (),
    *,
    addresses: Path | None = None,
    today: str = "",
) -> Checked:
    """Return what a file brings, or all its faults at once; see `Checked`.

    Without `kind` the file must say what it is, by its mark or its columns. `gemeenten` are those
    whose buurten count; without them a code of any buurt is good, and no point is placed.
    `addresses` is the address file of the pilot, to place by postcode and house number.
    """
    today = today or date.today().isoformat()
    chosen, words = _kind(opened, kind)
    if words or opened.faults:
        return _refused(opened, kind, {}, Faults(opened.faults or [Fault(words)]), [])
    dataset = schema.load(chosen)
    columns, wrong = header.match(list(opened.rows.columns), dataset)
    faults = Faults(wrong)
    about, wrong = check_about(opened.about, today)
    faults.kept += wrong
    rows = opened.rows[list(columns)].rename(columns=columns)
    rows, notes = _without_example(rows, dataset, faults)
    if opened.shapes is None:
        rows = rows.dropna(how="all")
    rows = _without_totals(rows, faults)
    if rows.empty:
        faults.add("er staan geen gegevens in. Vul onder de namen minstens één rij in.")
    codes = {"taakveld": _taakvelden(rows), "buurt": placing.buurten(gemeenten) or None}
    typed, unread = _cells(rows, dataset, codes, opened.form != "csv", faults)
    notes += _personal(rows, dataset, faults)
    for column, told, broken in rules.broken(chosen, typed, today):
        faults.add(told, column, broken.difference(unread[column]))
    if told := rules.consent(chosen, typed, about):
        faults.add(told, f"{OVER}toestemming")
    if dataset.place:
        system = about["coordinaten"] or header.system(list(columns))
        if opened.shapes is not None:
            typed, system = placing.with_shapes(typed, opened.shapes, opened.crs, system)
        unplaced = pd.Index([row for name in schema.PLACE for row in unread[name]])
        place = placing.Places(typed, dataset, tuple(gemeenten), system, addresses)
        typed, found = place.find(unplaced, faults)
        notes += found
        about["coordinaten"] = system or None
    if faults:
        return _refused(opened, chosen, about, faults, notes)
    notes += _doubles(typed)
    if chosen == "activiteit":
        notes += _no_ground(typed)
    if chosen == "telling":
        double = pairing.doubles(typed)[1]
        notes += double[:_SHOWN]
        if (more := len(double) - _SHOWN) > 0:
            notes.append(Fault(f"Zo zijn er nog {dutch.number(more)}."))
    private = typed[[f.name for f in dataset.fields if f.private]].reset_index(drop=True)
    kept = _stored(typed, dataset)
    return Checked(chosen, opened.name, opened.sha256, kept, private, about, notes=tuple(notes))


def _refused(
    opened: Opened, kind: str, about: dict[str, Any], faults: Faults, notes: list[Fault]
) -> Checked:
    return Checked(
        kind=kind,
        name=opened.name,
        sha256=opened.sha256,
        rows=pd.DataFrame(),
        private=pd.DataFrame(),
        about=about,
        faults=faults.ordered(),
        notes=tuple(notes),
    )


def _kind(opened: Opened, kind: str) -> tuple[str, str]:
    """Return the kind of a file, or words that say why it is not known."""
    if opened.faults:
        return "", ""
    if kind and kind not in schema.KINDS:
        return "", header.unknown_kind(kind)
    said = header.guess(opened) if opened.kind or not kind else ""
    if kind and said and said != kind:
        return "", f"dit bestand zegt dat het een {said} is, maar u stuurt het als {kind}."
    if kind or said:
        return kind or said, ""
    return "", (
        "wij zien niet wat voor gegevens dit zijn. Zeg het erbij: --kind "
        f"{dutch.join(schema.KINDS, 'of')}."
    )


# What the file says of itself


def check_about(said: dict[str, str], today: str = "") -> tuple[dict[str, Any], list[Fault]]:
    """Return what a contribution says of itself, by name and typed, and what is wrong with it.

    Every name of the definition is there; None where nothing is said. Unknown names are passed
    over: a file may say more of itself.
    """
    today = today or date.today().isoformat()
    given = {header.about_name(name): text for name, text in said.items() if text and text.strip()}
    about: dict[str, Any] = {}
    faults = []
    for field in schema.about().fields:
        value, words = read_one(given.get(field.name), field)
        about[field.name] = value
        if words:
            faults.append(Fault(words, column=f"{OVER}{field.name}"))
    about["openbaar_met_naam"] = about["openbaar_met_naam"] or "nee"
    for column, words in _days(about, today):
        faults.append(Fault(words, column=f"{OVER}{column}"))
    return about, faults


def read_one(text: str | None, field: Field) -> tuple[Any, str]:
    """Return the value of one answer in a form, and words that say what is wrong with it."""
    cell = pd.Series([text or None], dtype="str")
    found, wrong = values.read(cell, field)
    value = found.iloc[0]
    if len(wrong):
        return None, wrong.iloc[0]
    if field.required and pd.isna(value):
        return None, f"dit is leeg en is nodig. {field.help}"
    if field.free and text and (what := next(personal(text), None)):
        return None, f"hier staat {what[0]}. Haal dat weg."
    return None if pd.isna(value) else value, ""


def _days(about: dict[str, Any], today: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the days of a contribution."""
    collected, keep = about["datum"], about["bewaren_tot"]
    if collected and collected > today:
        yield "datum", "deze dag moet nog komen. Schrijf de dag waarop u verzamelde."
    last = f"{int(today[:4]) + KEEP_YEARS}{today[4:]}"
    if keep and keep <= today:
        yield "bewaren_tot", "deze dag is voorbij. Kies een dag die nog komt."
    elif keep and keep > last:
        yield "bewaren_tot", f"dit is te ver weg. Kies een dag tot en met {dutch.day(last)}."


# The cells


def _taakvelden(rows: pd.DataFrame) -> dict[str, str]:
    """Return the codes of taakvelden; "" for a code that a spreadsheet makes of another.

    0.10 becomes 0.1 when a spreadsheet takes it for a number. A column in which some code ends in
    a zero has kept its zeros.
    """
    known = sources.read_project_table("taakvelden")["taakveld"].tolist()
    cells = rows["taakveld"].dropna() if "taakveld" in rows else pd.Series(dtype="str")
    kept = cells.str.fullmatch(r"\d\.\d*0").any()
    return {code: "" if f"{code}0" in known and not kept else code for code in known}


def _without_example(
    rows: pd.DataFrame, dataset: Dataset, faults: Faults
) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the rows without the example of the template, and a note for it.

    Somebody who typed over half of the example is asked whether the row is meant.
    """
    last = dataset.fields[-1]
    if last.name not in rows:
        return rows, []
    marked = rows.index[rows[last.name].eq(last.example).fillna(False)]
    same = [row for row in marked if _is_example(rows.loc[row], dataset)]
    ask = "hier staat nog het merk van het voorbeeld. Is dit uw eigen rij? Maak deze cel dan leeg."
    faults.add(ask, last.name, marked.difference(same))
    words = "dit is de voorbeeldrij. Zij telt niet mee."
    return rows.drop(index=same), [Fault(words, int(row)) for row in same]


def _without_totals(rows: pd.DataFrame, faults: Faults) -> pd.DataFrame:
    """Return the rows without those that add up others: such a row would count everything twice."""
    if not len(rows.columns):
        return rows
    totals = rows.index[rows.iloc[:, 0].str.fullmatch(_TOTAL, case=False).fillna(False)]
    words = "deze rij lijkt een optelling. Haal haar weg; wij tellen zelf op."
    faults.add(words, str(rows.columns[0]), totals)
    return rows.drop(index=totals)


def _is_example(row: pd.Series, dataset: Dataset) -> bool:
    examples = {field.name: key(field.example) for field in dataset.fields}
    return all(key(str(cell)) == examples[str(name)] for name, cell in row.dropna().items())


def _cells(
    rows: pd.DataFrame,
    dataset: Dataset,
    codes: dict[str, dict[str, str] | None],
    own_numbers: bool,
    faults: Faults,
) -> tuple[pd.DataFrame, dict[str, pd.Index]]:
    """Return every column of the dataset, typed, and by column the rows that cannot be read."""
    typed = {}
    unread = {}
    for field in dataset.fields:
        texts = rows.get(field.name, pd.Series(None, rows.index, "str"))
        typed[field.name], wrong = values.read(texts, field, codes.get(field.codes), own_numbers)
        for words, where in wrong.groupby(wrong).groups.items():
            faults.add(str(words), field.name, where)
        if field.required and field.name in rows:
            empty = f"dit is leeg en is nodig. {field.help}"
            faults.add(empty, field.name, rows.index[texts.isna()])
        unread[field.name] = wrong.index
    return pd.DataFrame(typed, index=rows.index), unread


def _personal(rows: pd.DataFrame, dataset: Dataset, faults: Faults) -> list[Fault]:
    """Find free text that tells of a person: numbers and addresses are faults, names are notes."""
    hint = "lijkt de naam van een persoon. Haal die weg als dat zo is."
    notes = []
    for field in dataset.fields:
        if not field.free or field.private or field.name not in rows:
            continue
        cells = rows[field.name].dropna()
        found = {text: next(personal(text), None) for text in _with(cells, _CUE).unique()}
        told = {text: what[0] for text, what in found.items() if what}
        for text, where in cells[cells.isin(told)].groupby(cells).groups.items():
            words = f"hier staat {told[str(text)]}. Haal dat weg; wij mogen het niet bewaren."
            faults.add(words, field.name, where)
        notes += [Fault(hint, int(row), field.name) for row in _with(cells, _NAMED).index[:MOST]]
    return notes


def _with(cells: pd.Series, pattern: str) -> pd.Series:
    return cells[cells.str.contains(pattern, case=False, regex=True)]


# The rows


def _doubles(rows: pd.DataFrame) -> list[Fault]:
    """Return one note for the rows that are the same as an earlier one."""
    double = rows.index[rows.duplicated()]
    if double.empty:
        return []
    same = dutch.plural(len(double), "rij is gelijk", "rijen zijn gelijk")
    words = f"{same} aan een eerdere en telt mee: {which(double)}. Staat hetzelfde er dubbel in? "
    return [Fault(f"{words}Haal er dan één weg.")]


def _no_ground(rows: pd.DataFrame) -> list[Fault]:
    """Return a note for each link that will not count in euros, with what it lacks."""
    known = kengetallen.load()
    links = rows[rows["doel"].notna() & rows["verband"].ne(plans.OWN)]
    cells = links.astype("object").where(links.notna(), None)
    told = {int(nr): plans.refusal(row, known) for nr, row in cells.iterrows()}
    notes = [
        Fault(f"dit verband telt niet mee in euro: {why}.", nr) for nr, why in told.items() if why
    ]
    return notes[:_SHOWN]


def _stored(rows: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Return the rows as they may be kept: nothing private, and no point where somebody lives."""
    kept = rows[dataset.stored].reset_index(drop=True)
    if "telt" in kept and "x" in kept:
        kept.loc[kept["telt"] == "mensen", ["x", "y"]] = None
    kept.insert(0, "rij", rows.index.astype("int64"))
    return kept
