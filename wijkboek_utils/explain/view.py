"""A derivation as a reader sees it: without steps that only round, for the buurten that count."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from wijkboek_utils import dutch
from wijkboek_utils.explain.derive import Deriver
from wijkboek_utils.explain.nodes import ADDITIVE, EURO, FACTOR, NUMBER, SHARE, Node

_SILENT = {
    "afgerond op de cent",
    "hele centen",
    "nul waar onbekend",
    "onbekend waar niet eindig",
}  # what one step does that no reader needs told


@dataclass(frozen=True, eq=False)
class Seen:
    """A step seen for some buurten, by their weight, under the name of what it rounds."""

    node: Node
    weights: np.ndarray
    label: str = ""
    unit: str = ""

    @property
    def key(self) -> tuple[int, bytes]:
        """Return what is the same for the same step seen for the same buurten."""
        return id(self.node), self.weights.tobytes()


class View:
    """What a reader sees of the derivations of one report."""

    def __init__(self, deriver: Deriver) -> None:
        self.deriver = deriver

    @property
    def inside(self) -> np.ndarray:
        """Return the weights of the area in the first of its gemeenten; a sum has its own."""
        return next(iter(self.deriver.books.values())).inside

    def values(self, node: Node) -> np.ndarray:
        """Return what a step gives: one number, or one per buurt."""
        return np.asarray(self.deriver.work(node), dtype=float)

    def bare(self, seen: Seen) -> Seen:
        """Return what stands behind a step that only rounds, or that chooses one for all here."""
        node, weights = seen.node, seen.weights
        label, unit = seen.label or node.label, seen.unit or node.unit
        while node.args:
            inner = node.args[0]
            if node.op == "per buurt gekozen" and node.mask is not None:
                first = node.mask[weights > 0] if len(weights) == len(node.mask) else node.mask
                if first.any() and not first.all():
                    break
                inner = node.args[0] if first.all() else node.args[1]
            elif not (
                node.op in _SILENT
                or (node.op == "minstens" and node.args[1].number == 0.0)
                or (node.op == "som" and len(node.args) == 1)
            ):
                break
            node = inner
            label, unit = label or node.label, unit or node.unit
        return Seen(node, weights, label, unit)

    def inputs(self, seen: Seen) -> list[Seen]:
        """Return what goes into a step; sums of sums and products of products as one."""
        return list(self._inputs(seen))

    def _inputs(self, seen: Seen) -> Iterator[Seen]:
        node = seen.node
        for place, arg in enumerate(node.args):
            inner = self.bare(Seen(arg, self._weights(seen, place)))
            if inner.node.op == node.op and not inner.label and node.op in ("som", "product"):
                yield from self._inputs(inner)
            else:
                yield inner

    def _weights(self, seen: Seen, place: int) -> np.ndarray:
        """Return for which buurten a reader looks at what goes into a step."""
        node, weights = seen.node, seen.weights
        if node.op == "som over buurten" and node.mask is not None:
            return node.mask
        if node.op == "per buurt gekozen" and node.mask is not None:
            if len(node.mask) != len(weights):
                return weights
            return weights * (node.mask if place == 0 else ~node.mask)
        return weights

    def size(self, seen: Seen) -> float:
        """Return a step as one number: of one per buurt the sum over those that count."""
        value = self.values(seen.node)
        if not value.ndim:
            return float(value)
        weights = seen.weights if len(seen.weights) == len(value) else np.ones(len(value))
        return float(np.nansum(value * weights))

    def whole(self, node: Node) -> str:
        """Return a count over all buurten of the gemeente, in words."""
        return written(float(np.nansum(self.values(node))), node.unit)

    def value(self, seen: Seen) -> str:
        """Return what a step gives in words; of one per buurt the sum, or from what to what."""
        value = self.values(seen.node)
        if not value.ndim:
            return written(float(value), seen.unit)
        if seen.unit in ADDITIVE:
            return written(self.size(seen), seen.unit)
        here = seen.weights > 0 if len(seen.weights) == len(value) else np.ones(len(value), bool)
        known = value[here & ~np.isnan(value)]
        if not known.size:
            return dutch.UNKNOWN
        low, high = (written(float(v), seen.unit) for v in (known.min(), known.max()))
        return low if low == high else f"{low.removesuffix(seen.unit).rstrip()} tot {high}"


def written(value: float, unit: str) -> str:
    """Return a value in its unit as Dutch writes it."""
    if np.isnan(value):
        return dutch.UNKNOWN
    if unit == EURO:
        return dutch.euro(value) if abs(value) >= 10 else f"€{dutch.NBSP}{dutch.number(value, 2)}"
    if unit == SHARE:
        return dutch.percent(value, 2)
    return f"{figure(value)} {'' if unit in (FACTOR, NUMBER) else unit}".strip()


def figure(value: float) -> str:
    """Return a number with the decimals that it needs, at most four."""
    if np.isnan(value):
        return dutch.UNKNOWN
    size = abs(value)
    decimals = 0 if size >= 1000 or value == round(value) else 2 if size >= 10 else 4
    text = dutch.number(value, decimals)
    return text.rstrip("0").rstrip(",") if "," in text else text
