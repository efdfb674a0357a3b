"""Work that people of the wijk wrote down takes the place of as many estimated hours."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import ledger
from wijkboek_utils.show import slug

QUESTIONS = ["schaal_omlaag", "schaal_omhoog", "met_de_wijk", "vermogen"]
_KEY = ["naam", "domein", "betaald", "wie", "taakveld"]
_SHARES = ["deel", "deel_laag", "deel_hoog"]
_ANY = "onbetaald:vrijwilligerswerk"  # what people do for nothing and for no kind in particular
_NO = "nee"


def spread(
    items: pd.DataFrame, grootboek: pd.DataFrame, onbetaald: pd.DataFrame, weights: ledger.Weights
) -> pd.DataFrame:
    """Return which share of the hours of each item is done in each buurt of the area.

    A row per `id`, a column per buurt; missing where the hours are unknown.
    """
    share = ledger.shares(weights)
    share = share[share > 0]
    unpaid = onbetaald.assign(post="onbetaald:" + onbetaald["soort"].astype("str"))
    both = pd.concat(
        [
            grootboek[["buurt", "post", "bedrag"]],
            unpaid[["buurt", "post", "hoeveelheid"]].rename(columns={"hoeveelheid": "bedrag"}),
        ]
    )
    sums = both.groupby(["post", "buurt"])["bedrag"].sum().unstack(fill_value=0.0)
    sums = sums.reindex(columns=share.index, fill_value=0.0) * share
    known = items[items["uren"].notna()]
    posts = [str(cell).split(";") for cell in known["post"]]
    # A row per item, with a 1 for each of its posts.
    of = np.zeros((len(known), len(sums)))
    for nr, one in enumerate(posts):
        place = sums.index.get_indexer(pd.Index(one, dtype=sums.index.dtype))
        of[nr, place[place >= 0]] = 1.0
    table = pd.DataFrame(of @ sums.to_numpy(), known["id"].tolist(), share.index)
    return table.div(table.sum(axis=1), axis=0)


def replace(
    items: pd.DataFrame, parts: pd.DataFrame, lokaal: pd.DataFrame, weights: ledger.Weights
) -> pd.DataFrame:
    """Return items with contributed work in the place of as many estimated hours.

    `items` and `parts` as `work.inventory` and `spread`; `lokaal` as `register.work`. Hours go off
    the estimate of the same taakveld, or else of the same domein and doer; unpaid hours that fit
    nowhere go off volunteer work. In the same buurten, and not below nothing: the sum stays as it
    was, unless more was counted than estimated. The euros go along with the hours.
    """
    counted = present(lokaal, weights)
    if counted.empty:
        return items
    known = items.set_index("id", drop=False)
    room = parts.mul(known["uren"].reindex(parts.index), axis=0)
    before = room.sum(axis=1)
    found = []
    for row in counted.to_dict("records"):
        cells = room.loc[matching(items, row), row["buurten"]]
        taken = _taken(cells, row["uren"])
        room.loc[taken.index, taken.columns] -= taken
        found.append(_item(row, known, taken.sum(axis=1), before))
    left = (room.sum(axis=1) / before).reindex(items["id"]).fillna(1.0).to_numpy()
    ranged = [c for c in items if c.startswith("uren")] + ["euro", "se"]
    kept = items.assign(**{c: items[c] * left for c in ranged})[left > 1e-9]
    return pd.concat([kept, _one_per_kind(found)], ignore_index=True)


def present(lokaal: pd.DataFrame, weights: ledger.Weights) -> pd.DataFrame:
    """Return contributed work inside the area, its newest year, with the `buurten` it is done in.

    A row for several buurten together (`samen`) is as much inside as they are on average.
    """
    share = ledger.shares(weights)
    newest = lokaal.sort_values("jaar", kind="stable").drop_duplicates(
        [*_KEY, "buurt", "samen"], keep="last"
    )
    told = newest["samen"].where(newest["samen"].notna(), newest["buurt"]).astype("object")
    members = [[b for b in str(cell).split(";")] for cell in told]
    inside = pd.Series([share.reindex(m).fillna(0.0).mean() for m in members], index=newest.index)
    rows = newest.assign(
        uren=newest["uren"] * inside,
        kosten=newest["kosten"] * inside,
        buurten=[[b for b in m if share.get(b, 0.0) > 0] for m in members],
    )
    return rows[inside.to_numpy() > 0]


def matching(items: pd.DataFrame, row: dict[str, Any]) -> list[str]:
    """Return the ids of the estimates that contributed work is a part of."""
    fits = items["uren"].notna()
    if row["betaald"] != "beide":
        fits &= items["betaald"] == row["betaald"]
    same = (items["domein"] == row["domein"]) & (items["wie"] == row["wie"])
    if pd.notna(row["taakveld"]) and (items["taakveld"] == row["taakveld"])[fits].any():
        same = items["taakveld"] == row["taakveld"]
    elif row["betaald"] != "betaald" and not (fits & same).any():
        same = items["id"] == _ANY
    return list(items.loc[fits & same, "id"])


def _taken(cells: pd.DataFrame, hours: float) -> pd.DataFrame:
    """Return what some hours take off each cell: alike, and not more than there is."""
    whole = float(cells.to_numpy().sum())
    if pd.isna(hours) or whole <= 0:
        return cells * 0.0
    return cells * min(hours / whole, 1.0)


def _item(
    row: dict[str, Any], known: pd.DataFrame, taken: pd.Series, before: pd.Series
) -> dict[str, Any]:
    """Return contributed work as an item, with the euros and the judgement of what it replaces."""
    like = known.loc[taken.idxmax()] if len(taken) else pd.Series(dtype="object")
    share = (taken / before.reindex(taken.index)).fillna(0.0)
    euro = (known["euro"].reindex(share.index) * share).sum(min_count=1)
    error = (known["se"].reindex(share.index) * share).sum(min_count=1)
    answers = {q: row[q] if pd.notna(row[q]) else like.get(q) for q in QUESTIONS}
    no = answers["met_de_wijk"] == _NO
    hours = row["uren"]
    return {
        **{name: row[name] for name in _KEY},
        **answers,
        **{name: 0.0 if no else like.get(name) for name in _SHARES},
        "id": f"lokaal:{slug(row['naam'])}",
        **dict.fromkeys(["uren", "uren_laag", "uren_hoog"], hours),
        "euro": euro if len(taken) and pd.notna(hours) else row["kosten"],
        "se": error if len(taken) else None,
        "grond": _ground(row, like),
        "methode": row["methode"],
        "uitvoerder": row["wie"],
        **{name: like.get(name) for name in ("post", "schaal")},
        **{name: row[name] for name in ("bron", "bronjaar")},
    }


def _ground(row: dict[str, Any], like: pd.Series) -> str:
    told = f"{row['toelichting']} " if pd.notna(row["toelichting"]) else ""
    what = "De antwoorden komen uit de wijk." if pd.notna(row["met_de_wijk"]) else ""
    from_us = f" Het deel is onze inschatting: {like.get('grond')}" if len(like) else ""
    return f"{told}{what or 'De antwoorden zijn van ons.'}{from_us}"


def _one_per_kind(found: Iterable[dict[str, Any]]) -> pd.DataFrame:
    """Return contributed work with its buurten added up.

    What is secret in one buurt stands in a sum with another: the methode is that of the sum.
    """
    rows = pd.DataFrame(found).sort_values("uren", key=lambda h: h.isna(), kind="stable")
    amounts = ["uren", "uren_laag", "uren_hoog", "euro", "se"]
    first = [c for c in rows if c not in (*amounts, "id", "bron")]
    groups = rows.groupby(["id", *_KEY], dropna=False, sort=False)
    sums = groups[amounts].sum(min_count=1)
    facts = groups[[c for c in first if c not in _KEY]].first()
    owners = groups["bron"].agg(lambda cells: ";".join(dict.fromkeys(cells.dropna())))
    table = pd.concat([sums, facts, owners], axis=1).reset_index()
    again = table.groupby("id").cumcount()  # work of one name by two kinds of people
    table["id"] += ("-" + (again + 1).astype("str")).where(again > 0, "")
    return table
