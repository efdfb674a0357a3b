"""The derivations of all boekingen of an area."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from wijkboek_utils.explain import firms, incomes, municipal, residents
from wijkboek_utils.explain.municipal import Flows
from wijkboek_utils.explain.nodes import Node
from wijkboek_utils.explain.raw import Figures


@dataclass(frozen=True)
class Books:
    """The boekingen of one gemeente as derivations, and what of them lies in the area."""

    f: Figures
    weights: pd.Series  # by buurt

    @cached_property
    def flows(self) -> Flows:
        """Return the derivation of each flow: per buurt, or one number for the rest."""
        f = self.f
        public = municipal.flows(f)
        income = incomes.Income(f)
        own = residents.booked(residents.flows(f, income))
        made = residents.booked(firms.flows(f, own, public))
        private = own | made
        kinds = {flow: n for flow, n in private.items() if flow.post.startswith("inkomen:")}
        others = {flow: n for flow, n in private.items() if flow not in kinds}
        split = incomes.kinds(f, incomes.left(income, public), kinds)
        return public | others | split

    @cached_property
    def income(self) -> Node:
        """Return the income of each buurt as CBS publishes it."""
        return incomes.Income(self.f).published

    @cached_property
    def inside(self) -> np.ndarray:
        """Return the weight of each buurt in the area."""
        return self.weights.reindex(self.f.buurten).fillna(0.0).to_numpy(float)
