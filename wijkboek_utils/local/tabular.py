"""From lines of cells to a table with names: where the header is, and what a cell says.

Runs in the process that reads (`local.reader`), so it knows nothing of pandas.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from wijkboek_utils.dutch import plain
from wijkboek_utils.local import limits

Where = tuple[str, int | None, str | None]  # words, row, column
Line = tuple[int, list[str]]  # the number of a row as a spreadsheet shows it, and its cells

_NUMBER = re.compile(r"[-+]?[€\s]*\d[\d.,\s]*%?")
# UTF-8 that was once read as Windows-1252 and written again: Ã© for é, â‚¬ for €.
_TWICE = re.compile("[ÃÂ][\u0080-\u00bfŒœŠšŸŽžƒˆ˜‘-„†-•…‰‹›€™]|â[€‚][\u0080-\u00bf‘-„“-”¦¬™œž¢]")
_TITLES = 10  # rows that may stand above the header


class Refusal(Exception):
    """A file that cannot be read as it is; `faults` say in Dutch what, where and what to do."""

    def __init__(self, words: str, row: int | None = None, column: str | None = None) -> None:
        self.faults: list[Where] = [(words, row, column)]
        super().__init__(words)

    @classmethod
    def of(cls, faults: list[Where]) -> "Refusal":
        """Return a refusal for several faults at once."""
        refusal = cls(*faults[0])
        refusal.faults = faults
        return refusal


@dataclass
class Table:
    """Cells under their names. `numbers` are the rows in the file, `top` that of the header."""

    columns: list[str]
    numbers: list[int]
    rows: list[list[str]]
    about: dict[str, str] = field(default_factory=dict)
    top: int = 1
    wkb: list[str | None] | None = None  # shapes, in hexadecimal WKB
    crs: int | None = None


def clean(text: str, row: int | None = None, column: str | None = None) -> str:
    """Return the text of a cell without what nobody sees. Raises Refusal when it is too long."""
    if len(text) > limits.CELL:
        words = f"deze cel heeft {len(text)} tekens, en er mogen er {limits.CELL} in. Kort in."
        raise Refusal(words, row, column)
    if text.isascii() and text.isprintable():
        return text.strip()
    if found := _TWICE.search(text):
        words = (
            f"hier staan tekens als «{found[0]}» waar een letter met een accent hoort. De tekst is "
            "een keer verkeerd omgezet. Bewaar het bestand opnieuw als UTF-8."
        )
        raise Refusal(words, row, column)
    lines = plain(text.replace("\r\n", "\n").replace("\r", "\n")).replace("\xa0", " ")
    return lines.strip()


def number(value: float | int) -> str:
    """Return a number as it was typed: `5.0` is 5, 0.1 + 0.2 is 0.3 (a sheet keeps 15 digits).

    With just three decimals a 0 follows: the text 1.234 could be read as a thousand.
    """
    if isinstance(value, int):
        return str(value)
    text = format(Decimal(f"{value:.15g}"), "f")
    return text + "0" if re.fullmatch(r"-?\d{1,3}\.\d{3}", text) else text


def letter(column: int) -> str:
    """Return the letters of a column of a sheet: 1 is A, 27 is AA."""
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def key(name: str) -> str:
    """Return the name of something that the file says of itself: `Bewaren tot` is bewaren_tot."""
    return re.sub(r"[\s\-]+", "_", name.strip().rstrip(":*").strip().casefold())


def tabulate(lines: Iterable[Line], even: bool = True) -> Table:
    """Return lines of cells as a table; rows without any text are left out.

    The header is the first row, or the first after titles: rows with one filled cell above a table
    that has more. `even`: every row must have as many cells as the header, or the file was cut
    off or holds a separator too many. Raises Refusal with every fault of header and rows.
    """
    filled = _filled(lines)
    if not filled:
        raise Refusal("het bestand is leeg: er staat geen tabel in.")
    wide = any(sum(map(bool, cells)) > 1 for _, cells in filled)
    start = 0
    while wide and start < min(_TITLES, len(filled)) and sum(map(bool, filled[start][1])) == 1:
        start += 1
    if start == len(filled) or sum(map(bool, filled[start][1])) < (2 if wide else 1):
        raise Refusal("de rij met de namen van de kolommen is niet te vinden. Zet die bovenaan.")
    top, names = filled[start]
    names = [" ".join(name.split()) for name in names]
    while names and not names[-1]:
        names.pop()
    body = filled[start + 1 :]
    if faults := _header(top, names, body) or (_uneven(names, body) if even else []):
        raise Refusal.of(faults[: limits.SHOWN])
    keep = [place for place, name in enumerate(names) if name]
    rows = [[cells[p] if p < len(cells) else "" for p in keep] for _, cells in body]
    return Table([names[p] for p in keep], [n for n, _ in body], rows, top=top)


def _filled(lines: Iterable[Line]) -> list[Line]:
    """Return the rows that say anything, with clean cells."""
    found, cells_seen = [], 0
    for row, cells in lines:
        cells_seen += len(cells)
        if not any(cells):
            continue
        while len(cells) > limits.COLUMNS and not cells[-1].strip():
            cells.pop()
        if len(cells) > limits.COLUMNS:
            words = f"deze rij heeft {len(cells)} kolommen, en er mogen er {limits.COLUMNS} zijn."
            raise Refusal(words, row)
        texts = [clean(c, row, letter(p)) if c else c for p, c in enumerate(cells, 1)]
        if any(texts):
            found.append((row, texts))
        if len(found) > limits.ROWS + _TITLES or cells_seen > limits.CELLS:
            raise Refusal(
                f"het bestand is te groot: er mogen hoogstens {limits.ROWS} rijen en "
                f"{limits.CELLS} cellen in. Verdeel het over meer bestanden."
            )
    return found


def _header(top: int, names: list[str], body: list[Line]) -> list[Where]:
    """Return what is wrong with the names of the columns."""
    for name in names:
        if _NUMBER.fullmatch(name):
            words = (
                f"hier horen de namen van de kolommen te staan, maar er staat een getal («{name}»)."
                " Zet de namen in de eerste rij."
            )
            return [(words, top, None)]
    faults: list[Where] = []
    seen: set[str] = set()
    for name in filter(None, names):
        if len(name) > 100:
            faults.append(("de naam van een kolom is te lang: hoogstens 100 tekens.", top, None))
        if name.casefold() in seen:
            faults.append(("deze kolom staat er twee keer. Laat er een staan.", top, name))
        seen.add(name.casefold())
    for place, name in enumerate(names, 1):
        if not name and any(len(cells) >= place and cells[place - 1] for _, cells in body):
            words = "boven deze kolom staat geen naam, maar er staan wel gegevens onder."
            faults.append((words, top, letter(place)))
    return faults


def _uneven(names: list[str], body: list[Line]) -> list[Where]:
    """Return the rows with another number of cells than the header."""
    faults: list[Where] = []
    for row, cells in body:
        more = any(cells[len(names) :])
        if more or len(cells) < len(names):
            has = f"{len(cells)} {'cel' if len(cells) == 1 else 'cellen'}"
            words = f"deze rij heeft {has} en de kop heeft er {len(names)}. "
            words += (
                "Staat er een komma of puntkomma in een cel? Zet die cel tussen aanhalingstekens."
                if more
                else "De rij is niet af. Vul hem aan of haal hem weg."
            )
            faults.append((words, row, None))
    return faults
