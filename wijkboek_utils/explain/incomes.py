"""Income of households per buurt, and the kinds of it: from raw cells to the boekingen."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from wijkboek_utils import cbs, households, income_kinds
from wijkboek_utils.explain.municipal import Flow, Flows
from wijkboek_utils.explain.nodes import (
    EURO,
    FACTOR,
    NUMBER,
    SHARE,
    Cell,
    Node,
    of,
    over_buurten,
    read,
    total,
    where,
)
from wijkboek_utils.explain.raw import THOUSAND, Figures, table_of
from wijkboek_utils.regions import INHABITANTS

_PUBLISHED = "inkomen volgens CBS"


@dataclass(frozen=True)
class Income:
    """Income of the buurten of a gemeente: `table` as `households.income`, for what was filled."""

    f: Figures

    @cached_property
    def year(self) -> int:
        """Return the year of the figures of CBS."""
        return households.income_year(self.f.indicatoren)

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Return the figures of CBS of that year."""
        return households.of_income_year(
            cbs.figures(self.f.gemeente, self.f.jaar), self.f.indicatoren
        )

    @cached_property
    def people(self) -> Node:
        """Return the inhabitants of each buurt, of the year of the income."""
        return self._column(INHABITANTS)

    @cached_property
    def factor(self) -> Node:
        """Return what makes income of CBS that of all inhabitants in the year of the books."""
        f = self.f
        found, growth = f.unit("inkomen_alle_inwoners"), f.unit("inkomen_groei_per_jaar")
        step = growth if f.jaar > self.year else of(1.0) / growth
        for _ in range(abs(f.jaar - self.year)):
            found = found * step
        return found.named("van inkomen van CBS naar dat van alle inwoners in dit jaar", FACTOR)

    @cached_property
    def published(self) -> Node:
        """Return income of each buurt as CBS has it, or what its wijk or gemeente leaves."""
        table = households.income(self.rows).set_index("buurt").reindex(self.f.buurten)
        each = self.people * (self._column(households.INCOME) * THOUSAND)
        found = each.cents().named(_PUBLISHED, EURO)
        # A buurt in which nobody lives earns nothing.
        nobody = table["bedrag"].eq(0) & table["inwoners"].eq(0)
        for level in ("WK", "GM"):
            before = found
            for sleutel in table["sleutel"].dropna().unique():
                area = str(sleutel).partition(":")[2]
                if area.startswith(level):
                    found = self._rest(found, before, area, table["sleutel"].eq(sleutel).to_numpy())
        found = where(nobody.to_numpy(), 0.0, found) if nobody.any() else found
        return found.named(_PUBLISHED, EURO)

    def _rest(self, found: Node, before: Node, area: str, mask: np.ndarray) -> Node:
        """Return income with what the known buurten leave of an area for those in the mask."""
        cells = [self._cell(area, topic) for topic in (INHABITANTS, households.INCOME)]
        whole = (cells[0] * (cells[1] * THOUSAND)).cents().named(f"inkomen van {area}", EURO)
        inside = self.f.buurten.str.startswith("BU" + area[2:]).astype(float)
        known = over_buurten(before.known(), inside, "inkomen van de buurten met een cijfer")
        crowd = over_buurten(self.people, mask.astype(float), "inwoners van de andere buurten")
        part = (self.people / crowd).named("deel van de inwoners", SHARE)
        rest = (whole - known).named("rest van het inkomen", EURO)
        return where(mask, (rest * part).cents(), found)

    @cached_property
    def booked(self) -> Node:
        """Return income of each buurt in the year of the books."""
        return (self.published * self.factor).cents().named("inkomen in dit jaar", EURO)

    @cached_property
    def national(self) -> Node:
        """Return the income of an average Dutch household in the year of the books."""
        land = cbs.read_country()
        wide = land.pivot(index="jaar", columns="onderwerp", values="waarde")
        topics = [INHABITANTS, households.INCOME, "HuishoudensTotaal"]
        years = wide.reindex(columns=topics).dropna().index
        if years.empty:
            return of(np.nan)
        year = self.year if self.year in years else years.max()
        rows = land[land["jaar"] == year].set_index("onderwerp")["bron"]
        people, income, number = (
            read(Cell(str(rows[topic]), cbs.COUNTRY, topic), f"{topic} van Nederland")
            for topic in topics
        )
        mean = people * income * THOUSAND / number
        return (mean * self.factor).named("inkomen van een gemiddeld huishouden", EURO)

    def _column(self, topic: str) -> Node:
        rows = self.rows[self.rows["onderwerp"] == topic]
        unit = "duizend euro" if topic == households.INCOME else NUMBER
        return self.f.cells(rows, topic, self.f.buurten).named(topic, unit)

    def _cell(self, area: str, topic: str) -> Node:
        rows = self.rows[(self.rows["onderwerp"] == topic) & (self.rows["gebied"] == area)]
        bron = table_of(rows["bron"].iloc[0])
        unit = "duizend euro" if topic == households.INCOME else NUMBER
        return read(Cell(bron, area, topic), f"{topic} van {area}", unit)


def left(income: Income, municipal: Flows) -> Node:
    """Return income without the benefits that the gemeente pays, as `households.book_income`."""
    paid = [
        node
        for flow, node in municipal.items()
        if (flow.van, flow.naar) == ("gemeente", "huishoudens") and not flow.rest
    ]
    rest = income.booked - total(paid, "uitkeringen van de gemeente") if paid else income.booked
    return rest.at_least(0.0).cents().named("inkomen zonder uitkeringen van de gemeente", EURO)


def kinds(f: Figures, whole: Node, estimated: Flows) -> Flows:
    """Return the income of households by kind, as `income_kinds.split_income`.

    `whole` as `left`; `estimated` are the kinds before they are made to fit in it.
    """
    every = total([node.known() for node in estimated.values()], "alle soorten inkomen")
    most, wanted = f.work(whole), f.work(every)
    cuts = ~np.isnan(most) & (wanted > 0)
    cut = where(cuts, (whole / every).at_most(1.0), 1.0).named("deel dat past", FACTOR)
    found: Flows = {}
    for flow, node in estimated.items():
        part = Node("hele centen", (node * cut,), flow.post, EURO)
        found[flow] = part
        if flow.post in income_kinds.ELSEWHERE and (f.work(cut) < 1).any():
            post = income_kinds.ELSEWHERE[flow.post]
            away = (node - part).at_least(0.0).cents().named(post, EURO)
            found[flow._replace(post=post, naar="buitenwereld")] = away
    taken = total([found[flow].known() for flow in estimated], "soorten inkomen, passend")
    rest = (whole - taken).at_least(0.0).cents().named("loon en winst van buiten", EURO)
    found[Flow("inkomen:loon_en_winst", "buitenwereld", "huishoudens", "werk en inkomen")] = rest
    return found
