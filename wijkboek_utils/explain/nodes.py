"""A derivation as a tree of steps, and the arithmetic that works it out from raw cells.

A step has one number, or one per buurt of a gemeente, in the order of their codes. Nothing is
computed when a derivation is made: it can be told, drawn, and worked out again with other cells.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from wijkboek_utils.keys import fill_rows
from wijkboek_utils.spread import spread_cents

CLOSED = "gesloten"  # one amount of an account that was balanced
EURO, NUMBER, SHARE, FACTOR = "euro per jaar", "aantal", "deel", "factor"
ADDITIVE = (EURO, NUMBER, SHARE)  # what of some buurten may be added up
Value: TypeAlias = Any  # a float, or an array of one per buurt


class Cell(NamedTuple):
    """One cell of a raw file: the source, its row as the source names it, and its column."""

    bron: str
    rij: str
    kolom: str


@dataclass(frozen=True)
class Choice:
    """A number that we chose or took over: its id, value, unit, and why or from where."""

    id: str
    value: float
    unit: str
    where: str
    reason: str = ""


@dataclass(frozen=True, eq=False)
class Node:
    """One step: an operation on other steps, raw cells, or a choice of our own.

    `cells` are those of a step that reads, one per buurt (None: the source has no such row);
    `mask` says of a step that chooses per buurt where it takes the first of two, `weights` by how
    much buurten count in a sum. `place` is the part that a step takes of a division.
    """

    op: str
    args: tuple["Node", ...] = ()
    label: str = ""
    unit: str = ""
    cells: tuple[Cell | None, ...] = ()
    choice: Choice | None = None
    number: float = 0.0
    mask: np.ndarray | None = None
    place: int = 0
    solve: Callable[..., float] | None = None

    def named(self, label: str, unit: str = "") -> "Node":
        """Return the same step under a name."""
        return replace(self, label=label, unit=unit or self.unit)

    def __add__(self, other: Any) -> "Node":
        return Node("som", (self, of(other)), unit=self.unit)

    def __sub__(self, other: Any) -> "Node":
        return Node("verschil", (self, of(other)), unit=self.unit)

    def __rsub__(self, other: Any) -> "Node":
        return Node("verschil", (of(other), self), unit=self.unit)

    def __mul__(self, other: Any) -> "Node":
        return Node("product", (self, of(other)))

    def __truediv__(self, other: Any) -> "Node":
        return Node("quotiënt", (self, of(other)))

    def __rtruediv__(self, other: Any) -> "Node":
        return Node("quotiënt", (of(other), self))

    __radd__ = __add__
    __rmul__ = __mul__

    def at_least(self, least: float) -> "Node":
        """Return the step with what is below a bound put at it."""
        return Node("minstens", (self, of(least)), unit=self.unit)

    def at_most(self, most: float) -> "Node":
        """Return the step with what is above a bound put at it."""
        return Node("hoogstens", (self, of(most)), unit=self.unit)

    def cents(self) -> "Node":
        """Return the step rounded to the cent."""
        return Node("afgerond op de cent", (self,), unit=self.unit)

    def known(self) -> "Node":
        """Return the step with 0 for what is unknown."""
        return Node("nul waar onbekend", (self,), unit=self.unit)


def of(value: Any) -> Node:
    """Return a step as it is; a number of a formula as a step."""
    return value if isinstance(value, Node) else Node("getal", number=float(value))


def chosen(choice: Choice) -> Node:
    """Return a choice of our own as a step."""
    return Node("keuze", label=choice.id, unit=choice.unit, choice=choice)


def read(cells: list[Cell | None] | Cell, label: str, unit: str = NUMBER) -> Node:
    """Return the step that reads one cell, or one per buurt."""
    if isinstance(cells, Cell):
        return Node("cel", label=label, unit=unit, cells=(cells,))
    return Node("cellen", label=label, unit=unit, cells=tuple(cells))


def where(mask: np.ndarray, one: Any, other: Any) -> Node:
    """Return per buurt the first step where the mask holds, the second elsewhere."""
    one, other = of(one), of(other)
    return Node("per buurt gekozen", (one, other), unit=one.unit or other.unit, mask=mask)


def total(nodes: list[Node], label: str = "", unit: str = EURO) -> Node:
    """Return the sum of steps."""
    return Node("som", tuple(nodes), label, unit)


def over_buurten(node: Node, weights: np.ndarray, label: str = "") -> Node:
    """Return the sum of a step over buurten, each by its weight."""
    return Node("som over buurten", (node,), label or node.label, node.unit, mask=weights)


def all_buurten(node: Node) -> Node:
    """Return the sum of a step over all buurten of the gemeente."""
    return Node("som over de gemeente", (node,), node.label, node.unit)


def filled(node: Node, proxy: Node) -> Node:
    """Return a count with unknown buurten in the ratio of the others to `proxy`."""
    return Node("aangevuld naar", (node, proxy), node.label, node.unit)


def share(node: Node, label: str) -> Node:
    """Return the part of each buurt in the whole of its gemeente."""
    return Node("aandeel in de gemeente", (node,), label, SHARE)


def spread(amount: Node, shares: Node) -> Node:
    """Return an amount spread over buurten to the cent."""
    return Node("verdeeld tot op de cent", (amount, shares), unit=EURO)


def piece(amount: Node, shares: list[Node], place: int) -> Node:
    """Return one part of an amount (one, or one per buurt) that is divided to the cent."""
    return Node("deel van", (amount, *shares), unit=EURO, place=place)


def _spread(node: Node, amount: Value, shares: Value) -> Value:
    cents = np.rint(np.abs(np.atleast_1d(amount)) * 100)
    return spread_cents(cents, np.atleast_2d(shares))[0] / 100


def _piece(node: Node, amount: Value, *shares: Value) -> Value:
    cents = np.rint(np.abs(np.atleast_1d(amount)) * 100)
    groups = np.column_stack([np.broadcast_to(s, len(cents)) for s in shares])
    part = spread_cents(cents, groups)[:, node.place] / 100
    return part if np.ndim(amount) else float(part[0])


def _floor(node: Node, value: Value) -> Value:
    return np.floor(np.round(value * 100, 4)) / 100


_WORK: dict[str, Callable[..., Value]] = {
    "som": lambda node, *parts: sum(parts, 0.0),
    "verschil": lambda node, one, other: one - other,
    "product": lambda node, one, other: one * other,
    "quotiënt": lambda node, one, other: np.divide(one, other),
    "minstens": lambda node, one, bound: np.maximum(one, bound),
    "hoogstens": lambda node, one, bound: np.minimum(one, bound),
    "afgerond op de cent": lambda node, value: np.round(value, 2),
    "hele centen": _floor,
    "nul waar onbekend": lambda node, value: np.where(np.isnan(value), 0.0, value),
    "onbekend waar niet eindig": lambda node, value: np.where(np.isfinite(value), value, np.nan),
    "aangevuld naar": lambda node, values, proxy: fill_rows(values, proxy),
    "aandeel in de gemeente": lambda node, value: value / value.sum(),
    "per buurt gekozen": lambda node, one, other: np.where(node.mask, one, other),
    "som over buurten": lambda node, value: float((value * node.mask)[node.mask > 0].sum()),
    "som over de gemeente": lambda node, value: float(np.sum(value)),
    "verdeeld tot op de cent": _spread,
    "deel van": _piece,
}
_OF_ALL = {  # what one buurt gets here depends on all others
    "aangevuld naar",
    "aandeel in de gemeente",
    "som over de gemeente",
    "verdeeld tot op de cent",
}


class Work:
    """Derivations worked out from raw cells: `value_of` reads one, and each step is done once."""

    def __init__(self, value_of: Callable[[Cell], float]) -> None:
        self._read = value_of
        self._found: dict[int, tuple[Node, Value]] = {}  # with the node, so that its id stays its

    def __call__(self, node: Node) -> Value:
        """Return what a step gives; missing is NaN."""
        if id(node) not in self._found:
            with np.errstate(divide="ignore", invalid="ignore"):
                self._found[id(node)] = node, self._work(node)
        return self._found[id(node)][1]

    def _work(self, node: Node) -> Value:
        if node.op == "getal":
            return node.number
        if node.choice is not None:
            return node.choice.value
        if node.solve is not None:
            return node.solve(*(self(arg) for arg in node.args))
        if node.cells:
            values = [self._read(cell) if cell else np.nan for cell in node.cells]
            return values[0] if node.op == "cel" else np.array(values, dtype=float)
        return _WORK[node.op](node, *(self(arg) for arg in node.args))


def walk(node: Node) -> Iterator[Node]:
    """Yield a step and all below it, each once."""
    seen: set[int] = set()
    todo = [node]
    while todo:
        one = todo.pop()
        if id(one) not in seen:
            seen.add(id(one))
            yield one
            todo += reversed(one.args)


def cells_of(node: Node) -> list[Cell]:
    """Return the raw cells that a derivation rests on, each once.

    Of a step that is only added up over some buurten, those of the other buurten do not count.
    """
    found: dict[Cell, None] = {}
    seen: set[tuple[int, bytes]] = set()
    todo: list[tuple[Node, np.ndarray | None]] = [(node, None)]
    while todo:
        one, here = todo.pop()
        key = id(one), b"" if here is None else here.tobytes()
        if key in seen:
            continue
        seen.add(key)
        wanted = here if here is not None and len(here) == len(one.cells) else None
        for place, cell in enumerate(one.cells):
            if cell and (wanted is None or wanted[place]):
                found[cell] = None
        todo += [(arg, _needed(one, here, n)) for n, arg in reversed([*enumerate(one.args)])]
    return list(found)


def _needed(node: Node, here: np.ndarray | None, place: int) -> np.ndarray | None:
    """Return of which buurten a step needs what goes into it; None for all of them."""
    if node.op == "som over buurten" and node.mask is not None:
        return node.mask > 0
    if node.op in _OF_ALL:
        return None
    if node.op == "per buurt gekozen" and node.mask is not None:
        side = node.mask if place == 0 else ~node.mask
        return side if here is None or len(here) != len(side) else side & here
    return here


def choices_of(node: Node) -> Mapping[str, Choice]:
    """Return the choices of our own in a derivation, by id."""
    return {one.choice.id: one.choice for one in walk(node) if one.choice}
