"""A printed figure derived: its steps, worked out again from raw cells, beside its digits."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from wijkboek_utils import area_flows, dutch
from wijkboek_utils.explain import closed, measured, rebuilt
from wijkboek_utils.explain.books import Books
from wijkboek_utils.explain.municipal import Flow
from wijkboek_utils.explain.nodes import EURO, Cell, Node, Work, cells_of, over_buurten, total
from wijkboek_utils.explain.raw import Figures, Files
from wijkboek_utils.explain.report import CLOSING, Figure, Report
from wijkboek_utils.regions import is_rest, rest_of

_BY = ["post", "van", "naar", "domein"]
_CLOSE = 0.02  # EUR: half a cent more or less in the order of adding


@dataclass(frozen=True)
class Derived:
    """A figure with its derivation: `waarde` and `se` are made anew, `digits` as the page prints.

    `node` is None where the figure is not one that can be derived yet.
    """

    figure: Figure
    node: Node | None
    waarde: float | None = None
    se: float | None = None
    digits: str = ""

    @property
    def agrees(self) -> bool:
        """Return whether the digits made anew are those that were printed."""
        return self.digits == self.figure.cijfer


class Deriver:
    """The derivations of one report."""

    def __init__(self, report: Report) -> None:
        self.report, self.files = report, Files()

    @cached_property
    def rebuilt(self) -> rebuilt.Rebuilt:
        """Return the books made again from the raw files as they are."""
        return rebuilt.books(self.report.pilot, self.report.sleutelset)

    @cached_property
    def books(self) -> dict[str, Books]:
        """Return the derivations of each gemeente."""
        weights = self.rebuilt.gebied["gewicht"]
        p, keys = self.report.pilot, self.report.sleutelset
        return {g: Books(Figures(p, g, keys, self.files), weights) for g in p.gemeenten}

    def of(self, figure: Figure, changed: Mapping[Cell, float] | None = None) -> Derived:
        """Return a figure derived; its digits follow from the value and the error made anew.

        `changed` are raw cells to read otherwise than they are, to see what then moves.
        """
        if not figure.derivable:
            return Derived(figure, None)
        node = self.node(figure)
        if node is None:
            return Derived(figure, None)
        work = Work(self.files.but(changed)) if changed else self.work
        value = round(float(work(node)), 2)
        if figure.measure.startswith(CLOSING):
            se = float(self.account.line(self._line(figure))["se_sluitend"])
            return Derived(figure, node, value, se, dutch.about(value, se))
        if figure.measure:
            se = measured.error(self.rebuilt, self.report, figure.measure)
            return Derived(figure, node, value, se, measured.printed(figure.measure, value, se))
        se = self.error(figure)
        told = None if figure.facts and figure.se is None else se
        return Derived(figure, node, value, told, dutch.about(value, told))

    @property
    def work(self) -> Work:
        """Return what works out steps from the raw files as they are."""
        return next(iter(self.books.values())).f.work

    def node(self, figure: Figure) -> Node | None:
        """Return the derivation of a figure, or None where it rests on what has none yet."""
        if figure.measure.startswith(CLOSING):
            lines = self._before
            there = all(tuple(map(str, line)) in lines for line in self.account.lines[0].index)
            return self.account.node(self._line(figure), lines) if there else None
        if figure.measure:
            every = self.books.values()
            return measured.node(every, self.report, figure.measure, figure.naam)
        return self._sum(figure.flows, figure.naam)

    def _sum(self, flows: dict[Flow, int], naam: str) -> Node | None:
        """Return the sum of flows in the area; None where a step is not worked out."""
        added: list[Node] = []
        for flow, sign in flows.items():
            for gemeente, books in self.books.items():
                if flow not in books.flows:
                    continue
                if flow in self.local:
                    return None
                amount = books.flows[flow]
                if not flow.rest:
                    amount = over_buurten(amount, books.inside)
                elif not self.rebuilt.gebied["gewicht"][rest_of(gemeente)]:
                    continue
                added.append((amount if sign > 0 else amount * -1.0).named(told(flow), EURO))
        return total(added, naam) if added else None

    @cached_property
    def account(self) -> closed.Account:
        """Return the account of the area that closes, made again."""
        return closed.Account(self.rebuilt)

    def _line(self, figure: Figure) -> closed.Line:
        """Return the line of a balanced figure."""
        van, naar, regel = figure.measure.removeprefix(CLOSING).split("|")
        return van, naar, regel

    @cached_property
    def _before(self) -> dict[closed.Line, Node]:
        """Return the derivation of every line of the account before it is closed."""
        every = [*dict.fromkeys(flow for books in self.books.values() for flow in books.flows)]
        found = {line: self._sum(flows, line[2]) for line, flows in closed.lines_of(every).items()}
        return {line: node for line, node in found.items() if node is not None}

    @cached_property
    def local(self) -> set[Flow]:
        """Return the flows that contributions of the wijk changed: their steps are not told yet."""
        if self.rebuilt.lokaal.empty:
            return set()
        return {flow for flow in self._totals if abs(self._apart(flow)) > _CLOSE}

    @cached_property
    def _totals(self) -> dict[Flow, float]:
        """Return the sum over the gemeenten of each flow in the books made again."""
        rows = self.rebuilt.boekingen
        sums = rows.assign(rest=is_rest(rows["buurt"])).groupby([*_BY, "rest"], observed=True)
        return {Flow(*key): amount for key, amount in sums["bedrag"].sum().items()}

    def _apart(self, flow: Flow) -> float:
        found = [(b.f, b.flows[flow]) for b in self.books.values() if flow in b.flows]
        return self._totals[flow] - sum(float(np.nansum(f.work(node))) for f, node in found)

    def error(self, figure: Figure) -> float:
        """Return the standard error of a figure, from the books made again."""
        rows = self._area.rows
        keys = zip(*(rows[c].astype(str) for c in _BY), rows["buurt"] != "", strict=True)
        sign = np.array([figure.flows.get(Flow(*key), 0) for key in keys])
        chosen = rows[sign != 0]
        found = self._area.totals(chosen, [], pd.Series(sign[sign != 0], chosen.index))
        return float(found["se"].iloc[0]) if len(found) else float("nan")

    @cached_property
    def _area(self) -> area_flows.Flows:
        """Return the flows of the area in the books made again, with what makes them unsure."""
        return area_flows.of(self.rebuilt.boekingen, self.rebuilt.gebied)


def told(flow: Flow) -> str:
    """Return a flow in words."""
    return f"{flow.post}, {flow.van} aan {flow.naar}" + (
        ", gemeente als geheel" if flow.rest else ""
    )


def cells(derived: Derived) -> list[Cell]:
    """Return the raw cells behind a figure."""
    return cells_of(derived.node) if derived.node else []
