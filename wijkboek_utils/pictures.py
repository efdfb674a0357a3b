"""From figures of `views` to what `charts` draws: bars, flows and the classes of a map."""

from typing import Any

import pandas as pd

from wijkboek_utils import charts, dutch, views
from wijkboek_utils.charts import Bar, Node
from wijkboek_utils.checks import CENT
from wijkboek_utils.show import Html

# In a picture a name has one short line.
_SHORT = {"instellingen": "Woningcorporaties", "buitenwereld": "Buiten of onbekend"}


def money_picture(
    boekingen: pd.DataFrame, weights: pd.Series, most: int = 7
) -> tuple[list[Node], list[Node]]:
    """Return payers and goals of municipal money as two lists that add up to the same amount.

    Goals beyond `most` are taken together. Negative lasten and the balance have a bar of their own.
    """
    spent, got = views.expenses(boekingen, weights), views.receipts(boekingen, weights)
    negative = views.negative_expenses(boekingen, weights)["bedrag"].sum()
    paid = got[got["bedrag"] > 0]
    left = [
        _node(_SHORT.get(str(r.van), views.SECTOR_NAMES[str(r.van)]), r.bedrag, r.se, "1")
        for r in paid.itertuples()
    ]
    left += [_node("Correcties", negative, None, "3")] if negative > 0 else []
    right = [
        _node(str(r.domein).capitalize(), r.bedrag, r.se, "2") for r in spent[:most].itertuples()
    ]
    if len(spent) > most:
        right.append(_node("Andere doelen", spent[most:]["bedrag"].sum(), None, "2"))
    returned = -got.loc[got["bedrag"] < 0, "bedrag"].sum()
    right += [_node("Correcties", returned, None, "3")] if returned > 0 else []
    gap = sum(n.amount for n in left) - sum(n.amount for n in right)
    if gap < -CENT:
        left.append(_node("Komt tekort", -gap, None, "4"))
    elif gap > CENT:
        right.append(_node("Komt meer binnen", gap, None, "4"))
    return left, right


def _node(name: str, amount: float, se: float | None, tone: str) -> Node:
    return Node(name, dutch.about(amount, se), float(amount), tone)


def bar(row: Any) -> Bar:
    """Return a row of `expenses` as a bar with its 90 % range."""
    ranged = dutch.is_known(row.se) and row.se > 0
    margin = dutch.Z90 * row.se
    low, high = (max(row.bedrag - margin, 0), row.bedrag + margin) if ranged else (None, None)
    name = str(row.domein).capitalize()
    return Bar(name, dutch.about(row.bedrag, row.se), row.bedrag, low, high)


def map_shapes(kaart: pd.DataFrame, rows: pd.DataFrame) -> tuple[pd.DataFrame, Html]:
    """Return the shapes of the map with their class, and the legend that says what classes mean.

    `kaart` has `buurt` and `geometry`, `rows` as `views.per_inhabitant`.
    """
    shapes = kaart[["buurt", "geometry"]].merge(rows, on="buurt", how="inner", validate="1:1")
    shapes["klasse"] = charts.classes(shapes["per_inwoner"])
    shapes["binnen"] = shapes["gewicht"] > 0
    shapes["uitleg"] = [
        f"{r.naam}: "
        + (
            f"{dutch.about(r.per_inwoner)} per inwoner"
            if r.per_inwoner == r.per_inwoner
            else "te weinig inwoners"
        )
        for r in shapes.itertuples()
    ]
    items: list[tuple[int | None, str]] = []
    for step, group in shapes.dropna(subset="klasse").groupby("klasse")["per_inwoner"]:
        low, high = dutch.about(group.min()), dutch.about(group.max())
        items.append((int(step), low if low == high else f"{low} tot {high}"))
    if shapes["klasse"].isna().any():
        items.append((None, "minder dan 50 inwoners"))
    return shapes, charts.legend(items)
