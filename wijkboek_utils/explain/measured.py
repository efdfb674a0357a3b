"""What stands in a report as CBS counts it: a topic of the area, or the income of its residents."""

from collections.abc import Iterable

import numpy as np

from wijkboek_utils import dutch, places
from wijkboek_utils.explain.books import Books
from wijkboek_utils.explain.nodes import Node, over_buurten, total
from wijkboek_utils.explain.rebuilt import Rebuilt
from wijkboek_utils.explain.report import CBS, Report

INCOME = "inkomen"


def node(every: Iterable[Books], report: Report, measure: str, naam: str) -> Node | None:
    """Return the derivation of a measure of the area; None where it is not known."""
    topic, codes = measure.removeprefix(CBS), report.pilot.codes
    added: list[Node] = []
    for books in every:
        f = books.f
        if measure == INCOME:
            column: Node | None = books.income
        elif (own := f.of_area(topic, codes[0])) is not None and len(codes) == 1:
            if not np.isnan(f.work(own)):  # an area that CBS publishes itself
                return own.named(naam, own.unit)
            column = f.column(topic)
        else:
            column = f.column(topic)
        if column is None or np.isnan(f.work(column)[books.inside > 0]).all():
            return None  # a sum without one of its gemeenten says nothing of the area
        added.append(over_buurten(column.known(), books.inside, naam))
    return total(added, naam, added[0].unit)


def error(rebuilt: Rebuilt, report: Report, measure: str) -> float:
    """Return the standard error of a measure, from the figures read again."""
    if measure == INCOME:
        found = places.household_income(rebuilt.boekingen, rebuilt.gebied, rebuilt.inkomen)
        return float(found["se"])
    topic = measure.removeprefix(CBS)
    gebied = rebuilt.gebied.reset_index()
    counts = places.counts(rebuilt.figures, gebied, report.pilot.codes, {topic: (topic, topic)})
    return float(counts["se"].iloc[0])


def printed(measure: str, value: float, se: float) -> str:
    """Return a measure as a report prints it."""
    return dutch.about(value, se) if measure == INCOME else dutch.estimate(value, se)
