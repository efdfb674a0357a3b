"""Amounts of the account that closes: before and after, solved again over all lines."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import wijkrekening
from wijkboek_utils.errors import Fout
from wijkboek_utils.explain.municipal import Flow
from wijkboek_utils.explain.nodes import CLOSED, EURO, Node
from wijkboek_utils.explain.rebuilt import Rebuilt

Line = tuple[str, str, str]  # who pays, who gets, and the line of the account


def lines_of(flows: list[Flow]) -> dict[Line, dict[Flow, int]]:
    """Return the lines of the account that closes, each with the flows that it adds up (1, -1)."""
    table = pd.DataFrame([flow[:3] for flow in flows], columns=["post", "van", "naar"])
    rows, sign = wijkrekening.with_landing(wijkrekening.named(table.assign(flow=flows)))
    found: dict[Line, dict[Flow, int]] = {}
    for row, way in zip(rows.itertuples(), sign, strict=True):
        line = (str(row.van), str(row.naar), str(row.regel))
        found.setdefault(line, {})[row.flow] = int(way)
    return found


@dataclass(frozen=True)
class Account:
    """The account of an area that closes, as far as the books made again say how it moves."""

    rebuilt: Rebuilt

    @cached_property
    def lines(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Return the lines with their errors, as `wijkrekening.lines`."""
        return wijkrekening.lines(self.rebuilt.boekingen, self.rebuilt.gebied)

    @cached_property
    def closed(self) -> pd.DataFrame:
        """Return the account as it closes, by line."""
        return wijkrekening.close(*self.lines).set_index(wijkrekening.LINE)

    def line(self, line: Line) -> pd.Series:
        """Return before and after of one line. Raises Fout when the account does not have it."""
        if line not in self.closed.index:
            raise Fout(f"«{line[2]}» staat niet in de sluitende rekening: het bedrag is onbekend.")
        return self.closed.loc[line]

    def error(self, node: Node) -> float:
        """Return the standard error of a balanced amount before it was balanced."""
        return float(self.lines[0]["se"].iloc[node.place])

    @cached_property
    def rest(self) -> float:
        """Return the largest difference that is left in an account that must close, in EUR."""
        after = self.closed["sluitend"].to_numpy()
        rules = wijkrekening.constraints(self.lines[0])
        return max(abs(float(rule.factors @ after) - rule.total) for rule in rules)

    def node(self, line: Line, before: dict[Line, Node]) -> Node:
        """Return the derivation of a balanced amount: least squares over all lines.

        `before` are the derivations of all lines. The errors by which they are weighed are those of
        the books made again.
        """
        flows, loadings = self.lines
        order = [tuple(map(str, key)) for key in flows.index]
        place = order.index(line)

        def solve(*values: Any) -> float:
            own = [*values[1 : place + 1], values[0], *values[place + 1 :]]
            moved = flows.assign(bedrag=np.array(own, dtype=float).round(2))
            return float(wijkrekening.close(moved, loadings)["sluitend"].iloc[place])

        others = [before[other] for n, other in enumerate(order) if n != place]  # type: ignore[index]
        return Node(CLOSED, (before[line], *others), line[2], EURO, place=place, solve=solve)
