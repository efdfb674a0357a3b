"""From the text of a cell to a value, or to words that say what is wrong with it.

Nothing is guessed: what can be read in two ways is asked about.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from functools import partial

import pandas as pd

from wijkboek_utils import dutch
from wijkboek_utils.errors import did_you_mean
from wijkboek_utils.local import amounts
from wijkboek_utils.local.cells import Wrong, key, quote, visible
from wijkboek_utils.local.faults import MOST
from wijkboek_utils.local.schema import Field

DTYPES = {"string": "str", "integer": "Int64", "year": "Int64", "number": "float64", "date": "str"}

_ASKED = 3  # names that a fault asks about
_SLIP = 0.7  # how much of a word must be right to be taken for a slip of the pen
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{2}|\d{4})")
_IN_WORDS = re.compile(r"(\d{1,2})[ -]([a-z]{3,9})\.?[ -](\d{4})", re.I)
_MONTHS = ["jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"]
_YES_NO = {"j": "ja", "y": "ja", "yes": "ja", "true": "ja", "waar": "ja", "x": "ja", "1": "ja"}
_YES_NO |= {"n": "nee", "no": "nee", "false": "nee", "onwaar": "nee", "0": "nee"}


def read(
    texts: pd.Series,
    field: Field,
    codes: Mapping[str, str] | None = None,
    own_numbers: bool = False,
) -> tuple[pd.Series, pd.Series]:
    """Return the values of a column, and words for the cells that cannot be read.

    `texts` is text, missing where empty. The values have its index and the type of `DTYPES` (a date
    is ISO text), missing where a cell is empty or wrong; the words have the index of wrong cells
    only. `codes` are the codes of `field.codes` by `key` of what a user may write for them; without
    it only their form is checked. `own_numbers`: the file knows numbers from text, as a workbook
    does, so that in text the rest of the column proves nothing. Equal cells are read once, so that
    long columns go fast. After `MOST` different wrong ones reading stops.
    """
    filled = texts.dropna()
    seen = filled.unique()
    numeric = field.type in ("integer", "number")
    signs = amounts.signs(seen) if numeric and not own_numbers else {*",."}
    read_one = _reader(field, codes, signs)
    found: dict[str, object] = amounts.plain(seen, field)
    wrong: dict[str, str] = {}
    for text in seen:
        if text in found:
            continue
        try:
            found[text] = _within(read_one(visible(text)), field, text)
        except Wrong as error:
            wrong[text] = str(error)
            if len(wrong) > MOST:
                break
    values = texts.map(found).astype(object) if found else pd.Series(None, texts.index, object)
    values = values.where(values.notna(), None).astype(DTYPES[field.type])
    words = filled[filled.isin(wrong)].map(wrong) if wrong else filled.iloc[:0]
    return values, words


def _reader(
    field: Field, codes: Mapping[str, str] | None, signs: set[str]
) -> Callable[[str], object]:
    """Return what reads one cell of a column that uses these decimal signs."""
    if field.choices:
        return partial(_choice, table=choices(field), field=field)
    if field.codes:
        return partial(_code, field=field, codes=codes)
    if field.type in ("integer", "number"):
        return partial(amounts.read, field=field, signs=signs)
    return {"year": _year, "date": _date}.get(field.type) or partial(_text, field=field)


def _within(value: object, field: Field, text: str) -> object:
    """Return a value that keeps the bounds of its column."""
    if not isinstance(value, int | float):
        return value
    if field.min is not None and value < field.min:
        raise Wrong(
            f"{quote(text)} is te klein; het laagste dat kan is {_bound(field, field.min)}."
        )
    if field.max is not None and value > field.max:
        hint = " Schrijf 0,2 of 20% voor een vijfde deel." if field.unit == "deel" else ""
        words = _bound(field, field.max)
        raise Wrong(f"{quote(text)} is te groot; het hoogste dat kan is {words}.{hint}")
    return value


def _bound(field: Field, value: float) -> str:
    return str(int(value)) if field.type == "year" else dutch.number(value)


# Words and codes


def _text(text: str, field: Field) -> str:
    if text.startswith("="):
        raise Wrong("begint met «=» en is dus een formule. Zet er de uitkomst zelf neer.")
    if len(text) > field.longest:
        most, count = dutch.number(field.longest), dutch.number(len(text))
        raise Wrong(f"is te lang: {count} tekens. Schrijf er ten hoogste {most}.")
    if field.pattern and not re.fullmatch(field.pattern, text):
        raise Wrong(f"{quote(text)} kan hier niet. {field.help}")
    return text


def choices(field: Field) -> dict[str, str]:
    """Return the choices of a column by every `key` that a user may write for them.

    The whole, and what stands before or after a colon where that is enough: `voeding` for
    `besteding:voeding`, `ja` for `ja: bijdrager mag dit delen`.
    """
    found = {key(choice): choice for choice in field.choices}
    for part in (0, -1):
        parts = [key(choice.split(":")[part]) for choice in field.choices]
        known = [p for p in parts if parts.count(p) == 1]
        found |= {
            p: c for p, c in zip(parts, field.choices, strict=True) if p in known and p not in found
        }
    if {"ja", "nee"} <= set(field.choices):
        found = {k: v for k, v in _YES_NO.items() if v in field.choices} | found
    return found


def _choice(text: str, table: dict[str, str], field: Field) -> str:
    if found := table.get(key(text)):
        return found
    begins = [c for c in field.choices if f" {key(text)}" in f" {key(c)}" and len(key(text)) > 2]
    near = begins[:_ASKED] or _alike(text, field.choices)
    hint = f" Bedoelt u {dutch.join([f'«{choice}»' for choice in near], 'of')}?" if near else ""
    known = dutch.join([f"«{choice}»" for choice in field.choices], "of")
    raise Wrong(f"{quote(text)} kan hier niet. Kies uit {known}.{hint}")


def _alike(text: str, choices: Sequence[str]) -> list[str]:
    """Return the choice of which a word is a slip of the pen; of a few short words none is sure."""
    by_key = {key(choice): choice for choice in choices}
    return [by_key[k] for k in get_close_matches(key(text), by_key, 1, cutoff=_SLIP)]


def _code(text: str, field: Field, codes: Mapping[str, str] | None) -> str:
    if field.codes == "postcode":
        return _postcode(text)
    if field.codes == "taakveld":
        return _taakveld(text, codes or {})
    return _buurt(text, codes)


def _postcode(text: str) -> str:
    found = re.fullmatch(r"([1-9]\d{3}) ?([A-Za-z]{2})", text)
    if not found:
        raise Wrong(f"{quote(text)} is geen postcode; die lijkt op 1234 AB.")
    return f"{found[1]}{found[2].upper()}"


def _taakveld(text: str, codes: Mapping[str, str]) -> str:
    """Return the code of a taakveld; its name may follow: `0.10 Mutaties reserves`."""
    code, _, name = text.partition(" ")
    code = code.rstrip(".").lower()
    if found := codes.get(code) or (code if name and code in codes else ""):
        return found
    if code in codes:
        raise Wrong(
            f"{quote(text)} kan ook {code}0 zijn: een rekenblad laat de nul weg. Maak de cel tekst "
            "en zet de naam van het taakveld erachter."
        )
    if _ISO.fullmatch(text):
        raise Wrong(f"{quote(text)} is een datum geworden. Maak de cel tekst en typ het opnieuw.")
    dotted = code.replace(",", ".")
    if dotted != code and dotted in codes:
        raise Wrong(
            f"{quote(text)} heeft een komma. Maak de cel tekst en schrijf een punt: {dotted}."
        )
    hint = did_you_mean(code, list(codes), 1)
    raise Wrong(f"{quote(text)} is geen taakveld; dat lijkt op 5.7 of 6.71a.{hint}")


def _buurt(text: str, codes: Mapping[str, str] | None) -> str:
    code = text.upper().replace(" ", "")
    if codes is None:
        if re.fullmatch(r"BU\d{8}", code):
            return code
        raise Wrong(
            f"{quote(text)} is geen code van een buurt; die lijkt op BU03440831. Een naam kan "
            "alleen als de gemeente bekend is."
        )
    found = codes.get(key(code)) or codes.get(key(text))
    if found == "":
        raise Wrong(
            f"{quote(text)} is de naam van meer buurten. Schrijf de code, zoals BU03440831."
        )
    if found:
        return found
    if re.fullmatch(r"(WK|GM)\d+", code):
        area = "wijk" if code[0] == "W" else "gemeente"
        raise Wrong(f"{quote(text)} is de code van een {area}. Schrijf die van een buurt.")
    spelled = [name for name in codes if name != key(name)]
    holds = [name for name in spelled if len(key(text)) > 2 and key(text) in key(name)][:_ASKED]
    hint = f" Bedoelt u {dutch.join(holds, 'of')}?" if holds else did_you_mean(text, spelled, 1)
    raise Wrong(f"{quote(text)} is geen buurt van de gemeente.{hint} Schrijf de code of de naam.")


# Years and days


def _year(text: str) -> int:
    if not re.fullmatch(r"\d{4}", text):
        raise Wrong(f"{quote(text)} is geen jaar; schrijf vier cijfers, zoals 2024.")
    return int(text)


def _date(text: str) -> str:
    """Return a day as ISO text; the day stands before the month."""
    year = month = day = ""
    if found := _ISO.fullmatch(text):
        year, month, day = found.groups()
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = found.groups()
    elif found := _IN_WORDS.fullmatch(text):
        day, word, year = found.groups()
        month = str(_month(word.lower()) or "")
    if not year or not month:
        serial = text.isdigit() and len(text) == 5
        number = " Dit lijkt een datum als getal: maak van de cel een datum." * serial
        raise Wrong(
            f"{quote(text)} is geen datum. Schrijf dag, maand en jaar, zoals 31-5-2026.{number}"
        )
    if len(year) == 2:
        raise Wrong(f"{quote(text)} heeft een jaar van twee cijfers. Schrijf er vier: 31-5-2026.")
    try:
        return date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        raise Wrong(
            f"{quote(text)} bestaat niet. Schrijf eerst de dag, dan de maand: 31-5-2026."
        ) from None


def _month(word: str) -> int | None:
    short = {"maa": "mrt", "mar": "mrt", "may": "mei", "oct": "okt"}.get(word[:3], word[:3])
    return _MONTHS.index(short) + 1 if short in _MONTHS else None
