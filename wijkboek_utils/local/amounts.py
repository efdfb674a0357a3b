"""Numbers as people write them: `1.234,5`, `1,234.5`, `1 234,5`, `€ 1.234`, `20%`.

`1.234` is a thousand or one and a bit: the type of the column and the rest of the column decide,
and where they do not, the sender is asked.
"""

import math
import re

import pandas as pd

from wijkboek_utils.local.cells import Wrong, quote
from wijkboek_utils.local.schema import Field

_RANGES = {"x": ((3, 8), (10_000, 290_000)), "y": ((50, 54), (300_000, 630_000))}  # degrees, RD
_SPACES = "\u00a0\u2007\u2009\u202f'\u2019"  # what stands between thousands, next to a space
_NUMBER = re.compile(r"([+-]?)(\d[\d., ]*|[.,]\d+)(e[+-]?\d+)?", re.I)
_GROUPED = re.compile(r"\d{1,3}([., ])\d{3}(?:\1\d{3})*")
_PLAIN = (
    r"-?[1-9]\d{0,14}(?:\.(?:\d{1,2}|\d{4,12}))?"  # as machines write it; can mean one thing only
)
_EURO = re.compile(r"€|\beuro?s?\b", re.I)


def plain(texts: pd.Index, field: Field) -> dict[str, object]:
    """Return the numbers that need no thought, by their text: all at once, for long columns."""
    if field.choices or field.type not in ("integer", "number"):
        return {}
    simple = pd.Series(texts, dtype="str")
    simple = simple[simple.str.fullmatch(_PLAIN)]
    numbers = pd.to_numeric(simple).astype("float64")
    if field.min is not None:
        numbers = numbers[numbers >= field.min]
    if field.max is not None:
        numbers = numbers[numbers <= field.max]
    if field.type == "integer":
        numbers = numbers[numbers % 1 == 0].astype("int64")
    return dict(zip(simple[numbers.index], numbers.tolist(), strict=True))


def read(text: str, field: Field, signs: set[str]) -> float:
    """Return a number; `signs` is what `signs` says of its column.

    Raises Wrong for what is no number, and for a number that can be read in two ways.
    """
    bare = _bare(text)
    percent = bare.endswith("%")
    if percent and field.unit not in ("deel", "procent"):
        raise Wrong(f"{quote(text)} is een percentage. Schrijf hier een getal.")
    if _EURO.search(bare) and not field.unit.startswith("euro"):
        raise Wrong(f"{quote(text)} is een bedrag. Schrijf hier een getal.")
    sign, body, exponent = _parts(bare.rstrip("% "), text, field)
    digits = _digits(body, field, signs, text)
    value = float(f"{sign}{digits}{exponent or ''}")
    if percent and field.unit == "deel":
        value /= 100
    if field.type == "integer":
        if value != int(value):
            raise Wrong(f"{quote(text)} is geen heel getal. Schrijf een getal zonder komma.")
        return int(value)
    return value


def _bare(text: str) -> str:
    """Return the text of a number with plain spaces and signs, without the dash of `€ 5,-`."""
    for sign in _SPACES:
        text = text.replace(sign, " ")
    text = text.replace("\N{MINUS SIGN}", "-").replace("\N{EN DASH}", "-").strip()
    return re.sub(r",(?:-+|=)$", "", text)


def _parts(bare: str, text: str, field: Field) -> tuple[str, str, str | None]:
    """Return sign, digits and power of a number, or say what to write instead."""
    found = _NUMBER.fullmatch(_EURO.sub("", bare).strip().replace("- ", "-"))
    if found:
        return found[1], found[2].strip(), found[3]
    if re.search(r"\d\s*(?:-|tot|à)\s*\d", bare):
        raise Wrong(f"{quote(text)} is meer dan één getal. Schrijf het beste getal.")
    if re.search(r"\d", bare):
        raise Wrong(f"{quote(text)} is geen getal. Laat woorden en tekens weg, zoals 12 of 3,5.")
    instead = "Haal de rij dan weg" if field.required else "Laat de cel dan leeg"
    raise Wrong(f"{quote(text)} is geen getal. Weet u het niet? {instead}.")


def _decimal_sign(body: str) -> str:
    """Return the decimal sign that these digits prove: `,` or `.`; empty when they prove none."""
    signs = [c for c in body if c in ".,"]
    if len(set(signs)) == 2:
        return signs[-1]
    if len(signs) > 1:
        return ",."[signs[0] == ","]  # 1.234.567 has thousands, so that a comma is for decimals
    if signs and not _GROUPED.fullmatch(body):
        return signs[0]
    return signs[0] if signs and body.startswith("0") else ""


def signs(texts: "pd.Index") -> set[str]:
    """Return the decimal signs that the cells of a column prove to be in use."""
    marked = pd.Series(texts, dtype="str")
    marked = marked[marked.str.contains("[.,]")]
    plain = marked.str.fullmatch(_PLAIN)
    found = {"."} if plain.any() else set()
    for text in marked[~plain]:
        if match := _NUMBER.search(_bare(text)):
            found.add(_decimal_sign(match[2].strip()))
    return found - {""}


def _digits(body: str, field: Field, signs: set[str], text: str) -> str:
    """Return digits with a decimal point and nothing between thousands."""
    decimal = _decimal_sign(body)
    if not decimal and (sign := next((c for c in body if c in ".,"), "")):
        decimal = _resolve(body, sign, field, signs, text)
    whole, _, rest = body.rpartition(decimal) if decimal in body and decimal else (body, "", "")
    odd = re.search(r"[., ]", whole) and not _GROUPED.fullmatch(whole)
    if odd or re.search(r"[., ]", rest):
        raise Wrong(f"{quote(text)} is geen getal. Zet punten alleen tussen groepen van drie.")
    return re.sub(r"[., ]", "", whole) + (f".{rest}" if rest else "")


def _resolve(body: str, sign: str, field: Field, signs: set[str], text: str) -> str:
    """Return the decimal sign of `1.234`, which is a thousand or one and a bit; or ask."""
    other = ",."[sign == ","]
    large, small = body.replace(sign, ""), body.replace(sign, ".")
    fits = _fits(float(large), field), _fits(float(small), field)
    if fits[0] != fits[1]:
        return other if fits[0] else sign
    whole = field.type == "integer" or field.unit.startswith("euro")
    if signs == {other} or (whole and not signs):
        return other
    if signs == {sign} and not whole:
        return sign
    words = f"{large} of {small.replace('.', ',')}0"  # a fourth decimal, so that it can be read
    raise Wrong(f"{quote(text)} kan {words} zijn. Schrijf het een of het ander zonder punt.")


def _fits(value: float, field: Field) -> bool:
    """Return whether a number can stand in a column at all."""
    if field.coordinate:
        return any(low <= value <= high for low, high in _RANGES[field.name])
    low = -math.inf if field.min is None else field.min
    return low <= value <= (math.inf if field.max is None else field.max)
