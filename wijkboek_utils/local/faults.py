"""The faults of a file: gathered without end, kept within bounds, read out in few lines."""

from collections.abc import Iterable, Sequence

from wijkboek_utils import dutch
from wijkboek_utils.local.contribution import Fault

MOST = 2000  # faults that are kept of one file
LISTED = 200  # lines that are read out; nobody mends more at once
OVER = "Over: "  # before the name of an answer, in the column of a fault
_ROWS = 5  # rows that one line names


class Faults:
    """The faults found so far. A wrong column of 250,000 rows is counted, not kept whole."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        """Begin with some faults."""
        self.kept = list(faults)
        self.more = 0

    def __bool__(self) -> bool:
        """Return whether there is any fault."""
        return bool(self.kept)

    def add(self, words: str, column: str | None = None, rows: Iterable[int] | None = None) -> None:
        """Add a fault of a column or of the file, or the same fault of some rows."""
        numbers = [None] if rows is None else [int(row) for row in rows]
        self.kept += [Fault(words, row, column) for row in numbers[:MOST]]
        self.more += max(len(numbers) - MOST, 0)

    def ordered(self) -> tuple[Fault, ...]:
        """Return the faults in the order of the file; the last says how many were left out."""
        found = sorted(dict.fromkeys(self.kept), key=lambda fault: fault.row or 0)
        more = self.more + max(len(found) - MOST, 0)
        rest = f"en nog minstens {dutch.plural(more, 'fout', 'fouten')}, verder in het bestand."
        return (*found[:MOST], *([Fault(rest)] if more else []))


def count(faults: Sequence[Fault]) -> str:
    """Return how many faults there are, in words; of many, more than how many."""
    if len(faults) > MOST:
        return f"meer dan {dutch.number(MOST)} fouten"
    return dutch.plural(len(faults), "fout", "fouten")


def which(rows: Sequence[int]) -> str:
    """Return the numbers of rows in words: `rij 5, 9 en nog 300`."""
    first = [str(row) for row in rows[:_ROWS]]
    more = [f"nog {dutch.number(len(rows) - _ROWS)}"] if len(rows) > _ROWS else []
    return f"rij {dutch.join([*first, *more])}"


def _place(column: str) -> str:
    """Return where a fault is: in a column, or in an answer of what a file says of itself."""
    return column.replace(": ", ", ", 1) if column.startswith(OVER) else f"kolom {column}"


def lines(faults: Iterable[Fault], most: int = LISTED) -> list[str]:
    """Return faults as lines to read: the same fault of one column once, with its rows.

    `rij 5, 9 en nog 300, kolom aantal: ...`, `Over, datum: ...`; after `most` lines only how many
    more there are.
    """
    groups: dict[tuple[str, str | None], list[int]] = {}
    for fault in faults:
        rows = groups.setdefault((fault.words, fault.column), [])
        rows += [] if fault.row is None else [fault.row]
    told = []
    for (words, column), rows in groups.items():
        where = [which(rows)] if rows else []
        where += [_place(column)] if column else []
        told.append(f"{', '.join(where)}: {words}" if where else words)
    rest = len(told) - most
    return told if rest <= 0 else [*told[:most], f"en nog {dutch.number(rest)}"]
