"""Which cells of a count of people stand alone, and which only together: the decision itself.

What is published are cells of one buurt (atoms) and sums of several (pools); each cell is in one of
them, so that every total, complement or overlapping area is a sum of these and tells no more. That
leaves what the decision itself gives away: who knows the program can reason back from what it did
(Kenthapadi, Mishra & Nissim, Simulatable auditing, 2005; the minimality attack of Wong et al.,
2007). Therefore a pool grows in an order that looks at no amounts, only at which cells are small,
and every refusal to publish leaves as much open as a publication does. `tests/test_attack.py` runs
the program on every possible world and measures what is left.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from wijkboek_utils import regions

FEW = 10  # a count below this is not published: minimum count in the default rules of ACRO
WIDTH = 5  # people: between its lowest and highest possible value a hidden cell keeps this room

Cells = Mapping[str, Mapping[Hashable, float]]  # per buurt, per moment (a year), how many people
Owners = Mapping[str, Mapping[Hashable, Hashable]]  # who contributed the cell, and so knows it


@dataclass(frozen=True)
class Pool:
    """Buurten whose cells are only published as a sum, and the moments at which the sum may be."""

    buurten: tuple[str, ...]
    moments: frozenset[Hashable]


def pools(cells: Cells, owners: Owners | None = None) -> list[Pool]:
    """Return the pools of one count in one gemeente; a buurt in no pool stands alone.

    A buurt with fewer than `FEW` at any moment is pooled at all moments. The small buurten of a
    wijk come together first; then safe ones join, those of the wijk first and then by code, until
    the pool is safe at every moment of the small ones at which joining can help. With `owners`,
    each of them must also leave the cells of the others open after taking off its own.
    """
    small = [b for b in sorted(cells) if any(value < FEW for value in cells[b].values())]
    free = [b for b in sorted(cells) if b not in small]
    found = []
    for start in _starts(small, free):
        needed = {moment for buurt in start for moment in cells[buurt]}
        pool, joining = list(start), _joining(start, free, cells, needed)
        while True:
            refused = {m for m in needed if not _safe(pool, m, cells, owners)}
            if not any(moment in cells[buurt] for moment in refused for buurt in joining):
                break
            pool.append(joining.pop(0))
        free = [buurt for buurt in free if buurt not in pool]
        moments = {moment for buurt in pool for moment in cells[buurt]}
        shown = frozenset(m for m in moments if _safe(pool, m, cells, owners))
        found.append(Pool(tuple(sorted(pool)), shown))
    return found


def wide(values: Iterable[float]) -> bool:
    """Return whether a sum of counts may be published, also for who knows which ones are small.

    Known are then the sum, that a small count is 0 to 9 and that another is at least 10. The sum
    is itself no small count, and it lies more than `WIDTH` from what those bounds allow.
    """
    numbers = list(values)
    total, large = sum(numbers), sum(value >= FEW for value in numbers)
    if len(numbers) < 2 or total < FEW:
        return False
    if large:
        return total - FEW * large > WIDTH
    return (FEW - 1) * len(numbers) - total > WIDTH


def _safe(pool: list[str], moment: Hashable, cells: Cells, owners: Owners | None) -> bool:
    there = {buurt: cells[buurt][moment] for buurt in pool if moment in cells[buurt]}
    if not wide(there.values()):
        return False
    known = {buurt: owners[buurt][moment] for buurt in there} if owners else {}
    for owner in set(known.values()):
        rest = [value for buurt, value in there.items() if known[buurt] != owner]
        if any(value < FEW for value in rest) and not wide(rest):
            return False
    return True


def _starts(small: list[str], free: list[str]) -> list[list[str]]:
    """Return the small buurten that come together: per wijk, with the next wijk if none is safe."""
    safe = {regions.wijk_of(buurt) for buurt in free}
    starts: list[list[str]] = []
    whole = True  # the last start has a safe buurt in one of its wijken
    for wijk, group in groupby(small, regions.wijk_of):
        if whole:
            starts.append([])
        starts[-1] += group
        whole = wijk in safe
    if not whole and len(starts) > 1:
        starts[-2:] = [starts[-2] + starts[-1]]
    return starts


def _joining(start: list[str], free: list[str], cells: Cells, needed: set[Hashable]) -> list[str]:
    """Return the safe buurten as they join: most moments, own wijk, then on by code and round."""
    wijken, last = {regions.wijk_of(buurt) for buurt in start}, start[-1]

    def place(buurt: str) -> tuple[int, bool, bool, str]:
        lacks = len(needed - set(cells[buurt]))
        return lacks, regions.wijk_of(buurt) not in wijken, buurt < last, buurt

    return sorted(free, key=place)
