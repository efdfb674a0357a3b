"""Read the tables of a report page back, with the figures that their words stand for.

A figure is as precise as the page gives it, and no more.
"""

import re
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from wijkboek_utils import htmltree
from wijkboek_utils.show import plain


@dataclass
class Shown:
    """A table as the report shows it. `figures` are the columns that hold figures."""

    chapter: str
    section: str
    caption: str = ""
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    figures: set[int] = field(default_factory=set)
    totals: set[int] = field(default_factory=set)
    note: str = ""


def shown(html: str) -> list[Shown]:
    """Return the tables of a report page in reading order, without those that hold nothing."""
    tables: list[Shown] = []
    place = {"h2": "", "h3": ""}
    inside: set[int] = set()  # of a table: a note is not
    note_follows = False
    for element in htmltree.parse(html).iter():
        if id(element) in inside:
            continue
        if element.tag in place:
            place[element.tag] = _words(element)
            if element.tag == "h2":
                place["h3"] = ""
        elif element.tag == "table":
            tables.append(_table(element, Shown(place["h2"], place["h3"])))
            inside = {id(one) for one in element.iter()}
        elif element.tag == "p" and element.get("class") == "note" and note_follows:
            tables[-1].note = _words(element)
        note_follows = element.tag == "table"
    return [table for table in tables if table.header]


def _table(element: Element, table: Shown) -> Shown:
    """Return a table with the words of its cells; its first row is the header."""
    for part in element.iter():
        if part.tag == "caption":
            table.caption = _words(part)
        elif part.tag == "tr":
            if part.get("class") == "total":
                table.totals.add(len(table.rows) - 1)
            cells = [cell for cell in part if cell.tag in ("th", "td")]
            table.figures |= {n for n, cell in enumerate(cells) if cell.get("class") == "num"}
            table.rows.append([_words(cell) for cell in cells])
    table.header, table.rows = (table.rows or [[]])[0], table.rows[1:]
    return table


def _words(element: Element) -> str:
    return " ".join(plain("".join(element.itertext())).split())


# Figures in words.

_N = r"[−-]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?"
_SCALE = r"(?: (miljoen|miljard))?"
_SCALES = {"miljoen": (1e6, ",,"), "miljard": (1e9, ",,,")}
# Words that may stand around a figure: no others, for some would make it another figure.
_AFTER = r"( procent| hectare| uur| meer| minder| \([a-z]+\)| \(\d{4}\))?"
_FIGURE = re.compile(rf"((?:ongeveer |erbij |eraf )?(?:€ )?)({_N}){_SCALE}{_AFTER}", re.A)
_LESS = {"eraf": "erbij", "minder": "meer"}  # these say minus, and their opposite plus
_RANGES = [
    re.compile(rf"()tussen (?:€ )?({_N}){_SCALE} en (€ )?({_N}){_SCALE}( procent)?", re.A),
    re.compile(rf"()(?:€ )?({_N}){_SCALE} tot (€ )?({_N}){_SCALE}( procent| [a-z].*)?", re.A),
    re.compile(rf"(?:({_N}) )?\(({_N}){_SCALE} – (€ )?({_N}){_SCALE}( procent)?\)", re.A),
]


@dataclass(frozen=True)
class Figure:
    """A number with the format in which Excel shows it as the report does."""

    value: float
    format: str


def figure(text: str) -> Figure | None:
    """Return the figure of a cell that holds exactly one, else None: `€ 1,2 miljoen` is 1200000.

    Percentages come as a part of 1, as Excel has them.
    """
    match = _FIGURE.fullmatch(text)
    if not match:
        return None
    before, number, scale, after = match.groups(default="")
    return _figure(number, scale, before, after)


def _figure(number: str, scale: str = "", before: str = "", after: str = "") -> Figure:
    """Return a figure in words as a number; before and after it stand words that keep it whole."""
    decimals = len(number.partition(",")[2])
    size, commas = _SCALES.get(scale, (1.0, ""))
    # A year has no point; every other whole number above 999 has one.
    digits = "0" if re.fullmatch(r"\d{4,}", number) else "#,##0"
    digits += "." * bool(decimals) + "0" * decimals + commas
    value = round(_value(number) * size, 6)
    if after == " procent":
        return Figure(round(value / 100, 8), f"{digits}%")
    tail = (f" {scale}" if scale else "") + after
    words = f'"{before}"{digits}"{tail}"'.replace('""', "")
    if less := next((word for word in _LESS if word in words), None):
        return Figure(-value, f"{words.replace(less, _LESS[less])};{words}")
    minus = words.replace(digits, f'"−"{digits}').replace('""', "")
    return Figure(value, f"{words};{minus}" if before else words)


def _value(number: str) -> float:
    return float(number.replace(".", "").replace(",", ".").replace("−", "-"))


def bounds(text: str, is_figure: bool = True) -> dict[str, Figure]:
    """Return the figures of a cell that gives a range, as `midden`, `laagste` and `hoogste`.

    `midden` is there only in `16 (10 – 18)`; a cell without a range gives nothing. In a column of
    words (not `is_figure`) only `tussen … en …` is a range: `0 tot 15 jaar` may be a name.
    """
    for pattern in _RANGES if is_figure else _RANGES[:1]:
        if match := pattern.fullmatch(text):
            middle, low, low_scale, euro, high, high_scale, after = match.groups(default="")
            after = after if after == " procent" else ""
            # «tussen € 34 en € 46 miljoen»: the word counts for both. An amount that is written
            # out, as in «tussen € 430.000 en € 1,6 miljoen», is never below 10.000; see dutch.
            if not low_scale and abs(_value(low)) < 10_000:
                low_scale = high_scale
            found = {"laagste": _figure(low, low_scale, euro, after)}
            found["hoogste"] = _figure(high, high_scale, euro, after)
            return ({"midden": _figure(middle)} if middle else {}) | found
    return {}
