"""Two versions of a CSV file compared: which rows and cells are different, then and now."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from wijkboek_utils.dutch import plural

_CLOSE = 1e-8  # share of itself by which a figure may differ on another machine, by its solver
_CENT = 0.005
_KEYS, _WIDE = 3, 30  # cells that tell which row it is, and characters of each
_AROUND, _AFTER = 15, 45  # characters of a long text, around what is different


@dataclass
class TableDiff:
    """What is different between two tables. `close` holds where every cell is as good as equal."""

    cells: int = 0
    rows: int = 0  # in which those cells are
    gone: int = 0
    new: int = 0
    close: bool = True
    words: list[str] = field(default_factory=list)  # of the first few

    def __bool__(self) -> bool:
        """Return whether there is any difference."""
        return bool(self.cells or self.gone or self.new or self.words)

    def count(self) -> str:
        """Return in words how much is different."""
        rows = [plural(n, "regel", "regels") for n in (self.rows, self.gone, self.new)]
        cells = plural(self.cells, "cel", "cellen")
        parts = [f"{cells} in {rows[0]} anders"] if self.cells else []
        parts += [f"{rows[1]} weg"] if self.gone else []
        parts += [f"{rows[2]} nieuw"] if self.new else []
        return ", ".join(parts) or "andere kolommen"


Row = tuple[int, list[str]]  # the number of its line, counted from the first row as 1


def tables(then: bytes, now: bytes, amounts: Collection[str] = (), most: int = 3) -> TableDiff:
    """Return the differences between two versions of a CSV file.

    `amounts` are the columns in euros, which are as good as equal to the cent. The first `most`
    differences are told in words. Rows are matched by their place where both have as many, else by
    the words in them.
    """
    (head, *old), (new_head, *new) = _read(then), _read(now)
    found = TableDiff()
    for words, names in (("weg", set(head) - set(new_head)), ("nieuw", set(new_head) - set(head))):
        found.words += [f"kolom {name} is {words}" for name in head + new_head if name in names]
        found.close &= not names
    common = [name for name in head if name in new_head]
    places = [(name, head.index(name), new_head.index(name)) for name in common]
    keys = [one for one in places if _is_text(old, one[1]) and _is_text(new, one[2])]
    for before, after in _matched(old, new, keys):
        if before and after:
            _row(found, before, after, places, keys, amounts, most)
        else:
            found.close = False
            _lone(found, before, after, keys, most)
    return found


def _read(content: bytes) -> list[list[str]]:
    text = io.StringIO(content.decode("utf-8", "replace"), newline="")
    return list(csv.reader(text)) or [[]]


def _is_text(rows: list[list[str]], place: int) -> bool:
    """Return whether a column has words, by which a row can be known."""
    return any(cell and _number(cell) is None for cell in _column(rows, place))


def _column(rows: list[list[str]], place: int) -> Iterator[str]:
    return (row[place] for row in rows if place < len(row))


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


Places = list[tuple[str, int, int]]


def _matched(
    old: list[list[str]], new: list[list[str]], keys: Places
) -> Iterator[tuple[Row | None, Row | None]]:
    """Yield each row of then with that of now, or None where there is no such row."""
    before, after = list(enumerate(old, 1)), list(enumerate(new, 1))
    if len(old) == len(new) and _mostly_in_place(old, new, keys):
        yield from zip(before, after, strict=True)
        return
    waiting: defaultdict[tuple[object, ...], list[Row]] = defaultdict(list)
    seen: Counter[tuple[str, ...]] = Counter()
    for row in after:
        key = tuple(_cell(row[1], place) for _, _, place in keys)
        waiting[key, seen[key]].append(row)
        seen[key] += 1
    seen.clear()
    for row in before:
        key = tuple(_cell(row[1], place) for _, place, _ in keys)
        match = waiting.pop((key, seen[key]), [None])[0]
        seen[key] += 1
        yield row, match
    for rows in waiting.values():
        yield None, rows[0]


def _mostly_in_place(old: list[list[str]], new: list[list[str]], keys: Places) -> bool:
    same = sum(
        all(_cell(a, i) == _cell(b, j) for _, i, j in keys) for a, b in zip(old, new, strict=True)
    )
    return 2 * same >= len(old)


def _cell(row: list[str], place: int) -> str:
    return row[place] if place < len(row) else ""


def _row(
    found: TableDiff,
    before: Row,
    after: Row,
    places: Places,
    keys: Places,
    amounts: Collection[str],
    most: int,
) -> None:
    """Add the cells that are different in a row that both have."""
    if before[1] == after[1]:
        return
    cells = [(name, _cell(before[1], i), _cell(after[1], j)) for name, i, j in places]
    other = [one for one in cells if one[1] != one[2]]
    found.rows += bool(other)
    for name, was, is_now in other:
        found.cells += 1
        found.close &= _as_good_as(was, is_now, name in amounts)
        if len(found.words) < most:
            row = _named(before, keys)
            found.words.append(f"{row}, kolom {name}: {fragment(_shown(was), _shown(is_now))}")


def _lone(found: TableDiff, before: Row | None, after: Row | None, keys: Places, most: int) -> None:
    """Add a row that only one of the two has."""
    found.gone += before is not None
    found.new += after is not None
    if len(found.words) < most and before:
        found.words.append(f"{_named(before, keys)} is weg")
    elif len(found.words) < most and after:
        found.words.append(f"{_named(after, [(n, j, j) for n, _, j in keys])} is nieuw")


def _as_good_as(was: str, is_now: str, amount: bool) -> bool:
    one, other = _number(was), _number(is_now)
    if one is None or other is None:
        return False
    room = max(_CLOSE * max(abs(one), abs(other)), _CENT if amount else 0.0)
    return abs(one - other) <= room


def _named(row: Row, keys: Places) -> str:
    """Return which row it is: its number, and the first words in it."""
    known = [cell for _, place, _ in keys if (cell := _cell(row[1], place))]
    known = [c if len(c) <= _WIDE else f"{c[:_WIDE].rstrip()}…" for c in known[:_KEYS]]
    return f"regel {row[0]}" + (f" ({', '.join(known)})" if known else "")


def _shown(cell: str) -> str:
    """Return a cell as words; a number without the digits that only the machine knows."""
    figure = _number(cell)
    if figure is None or len(cell) < 12:
        return cell or "leeg"
    return f"{figure:.10g}"


def fragment(was: str, is_now: str) -> str:
    """Return of two texts what they say where they first differ."""
    if was == is_now:
        return "het verschil is pas na tien cijfers te zien"
    if max(len(was), len(is_now)) <= _AFTER:
        return f"was {was}, is nu {is_now}"
    pairs = enumerate(zip(was, is_now, strict=False))
    start = next((n for n, (a, b) in pairs if a != b), min(len(was), len(is_now)))
    return f"was «{cut(was, start)}», is nu «{cut(is_now, start)}»"


def cut(text: str, start: int = 0) -> str:
    """Return a text from a place in it, with a little before and not much after."""
    begin = max(0, start - _AROUND)
    part = text[begin : start + _AFTER]
    return ("…" if begin else "") + part.strip() + ("…" if start + _AFTER < len(text) else "")
