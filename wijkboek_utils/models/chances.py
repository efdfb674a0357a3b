"""Chances: what leaves the wijk by domain, what of it people can influence, and plans to do so.

A plan is arithmetic: lines of a quantity of the books times kengetallen, as `tables/kansen.yml`
has them. A line that keeps money here names the post from which it comes, and never counts more
than what of that post can be influenced. Money leaves where the last hand inside the wijk, or the
gemeente or Rijk on its behalf, pays somebody outside it: no euro leaves twice.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import yaml

from wijkboek_utils import dutch, estimates, flows, keys, ledger, regions, sources
from wijkboek_utils.kengetallen import Kengetal, Kengetallen
from wijkboek_utils.models import chance_plans, ranges
from wijkboek_utils.models.chance_plans import ONE, RENT, Values, band, frame
from wijkboek_utils.models.ranges import Estimate

OUTFLOW, REACH, PER_HOUSEHOLD, COUNT = "uitstroom", "invloed", "per huishouden", "telling"
YEARLY = "euro per jaar"


@cache
def definitions() -> Mapping[str, Any]:
    """Return `tables/kansen.yml`: tellingen, domeinen and modellen by their id, in its order.

    Read once and shared: do not change it.
    """
    return dict(yaml.load((sources.TABLES / "kansen.yml").read_text("utf-8"), sources.YAML))


def compute(
    grootboek: pd.DataFrame,
    weights: ledger.Weights,
    indicatoren: pd.DataFrame,
    getallen: Kengetallen,
    defined: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Return the table `kansen`: a row for each figure, with the arithmetic that gives it.

    `waarde` is `hoeveelheid` times `factor` (the product of `kengetallen`, divided by those in
    `gedeeld`), unless it is `begrensd`: then it is what can be influenced of the post in `raakt`.
    `laag` to `hoog` holds it nine times out of ten. `onderdeel` is a post, a plan, or empty for a
    domain as a whole. What rests on an unknown figure is missing. Raises Fout for a definition that
    names what is not there, or whose units do not give its own.
    """
    defined = defined or definitions()
    known = kengetallen_of(defined, getallen)
    left = outflow(grootboek, weights, defined)
    counted = counts(indicatoren, weights, defined)
    basis = {ONE: ranges.WHOLE} | {r.van: _estimate(r) for r in counted.itertuples()}
    basis |= {r.onderdeel: _estimate(r) for r in left[left["onderdeel"] != ""].itertuples()}
    all_ = basis | {id: ranges.of(k) for id, k in known.items()}
    both = ranges.central(all_), ranges.draws(all_)
    reach = _reachable(defined, both[0]), _reachable(defined, both[1])
    chance_plans.check(defined, known)
    plans = [
        row
        for id, plan in defined["modellen"].items()
        for row in chance_plans.rows_of(id, plan, known, both, reach)
    ]
    frames = [counted, left, _reach(defined, left, both), frame(plans)]
    frames.append(_per_household(left, counted))
    return pd.concat(frames, ignore_index=True)[[*chance_plans.COLUMNS]]


def outflow(
    grootboek: pd.DataFrame, weights: ledger.Weights, defined: Mapping[str, Any]
) -> pd.DataFrame:
    """Return what leaves the wijk: rows of `COLUMNS` per domain (empty `onderdeel`) and post.

    Every boeking stands in one post at most; a post without any boeking has no row.
    """
    rows = grootboek.assign(onderdeel=post_of(grootboek, defined))
    rows = rows[rows["onderdeel"] != ""].astype({"domein": "str"})
    found = []
    for by in (["domein"], ["domein", "onderdeel"]):
        total = ledger.totals(rows, weights, by)
        told = _sources(rows, by)
        total["bron"] = [told.get(tuple(pair), "") for pair in total[by].to_numpy().tolist()]
        found.append(total)
    table = pd.concat(found, ignore_index=True).fillna({"onderdeel": ""})
    margin = dutch.Z90 * table["se"]
    names = _names(defined)
    order = {key: n for n, key in enumerate(names)}
    table = table.assign(
        soort=OUTFLOW,
        naam=[names[key] for key in zip(table["domein"], table["onderdeel"], strict=True)],
        waarde=table["bedrag"],
        laag=(table["bedrag"] - margin).clip(lower=0),
        hoog=table["bedrag"] + margin,
        eenheid=YEARLY,
    )
    place = [order[key] for key in zip(table["domein"], table["onderdeel"], strict=True)]
    return frame(table.iloc[np.argsort(place, kind="stable")].to_dict("records"))


def post_of(grootboek: pd.DataFrame, defined: Mapping[str, Any]) -> pd.Series:
    """Return of each boeking the post of `defined` that it leaves by; empty where it stays."""
    words = ["van", "naar", "post", "domein"]
    # Few boekingen differ in these from all others: each kind is looked up once.
    kind = grootboek.groupby(words, observed=True, sort=False).ngroup().to_numpy()
    kinds = grootboek.loc[~pd.Series(kind, grootboek.index).duplicated(), words]
    posts = [_leaves_by(defined, *one) for one in kinds.to_numpy().tolist()]
    return pd.Series(pd.array(posts, dtype="str").take(kind), index=grootboek.index)


def _leaves_by(defined: Mapping[str, Any], van: str, naar: str, post: str, domein: str) -> str:
    # What the Rijk gets from the gemeente is no service to the wijk.
    leaves = naar == "buitenwereld" or (naar == "rijk" and van != "gemeente")
    below_zero = van == "gemeente" and post.endswith(":baten")  # a receipt below zero
    facts = defined["domeinen"].get(domein)
    if not leaves or below_zero or not facts or post.startswith(tuple(facts.get("zonder", ()))):
        return ""
    fits = (i for i, r in facts["posten"].items() if post.startswith(tuple(r.get("uit", [""]))))
    item = next(fits, "")
    return item if item != "rest" else f"rest_{domein}"


def counts(
    indicatoren: pd.DataFrame, weights: ledger.Weights, defined: Mapping[str, Any]
) -> pd.DataFrame:
    """Return the counts of the area, a row of `COLUMNS` for each; missing where nobody knows."""
    formulas = [one["is"] for rule in defined["tellingen"].values() for one in rule["formules"]]
    topics = {regions.INHABITANTS}.union(*map(keys.topics_of, formulas))
    buurten, figures = keys.per_buurt(indicatoren[indicatoren["onderwerp"].isin(topics)])
    rows = []
    for id, rule in defined["tellingen"].items():
        row = {"soort": COUNT, "van": id, "naam": rule["naam"], "eenheid": rule["eenheid"]}
        for one in rule["formules"]:
            found = flows.counted(one["is"], figures, one["fout"], id)
            value, error = _total(found, weights) if found else (np.nan, np.nan)
            if np.isfinite(value):
                low, high = max(value - dutch.Z90 * error, 0.0), value + dutch.Z90 * error
                row |= {"waarde": value, "laag": low, "hoog": high}
                row |= {"bron": flows.origin(one["is"], buurten)[0]}
                break
        rows.append(row)
    return frame(rows)


def _total(count: estimates.Estimate, weights: ledger.Weights) -> tuple[float, float]:
    """Return a count of the area with its standard error; what all buurten share adds up."""
    share, unsure = ledger.weights_of(weights)
    # In what belongs to no buurt nobody is counted.
    share = share[(share > 0) & ~regions.is_rest(share.index.to_series())]
    each = count.value.reindex(share.index)
    shared = [float((e.reindex(share.index) * share).sum()) for e in count.errors.values()]
    moved = (each * unsure.reindex(share.index)).to_numpy()
    error = float(np.linalg.norm([*shared, *moved]))
    return float((each * share).sum(skipna=False)), error


def _names(defined: Mapping[str, Any]) -> dict[tuple[str, str], str]:
    """Return domains and posts in order, with their names; a rest carries its domain's name."""
    names = {}
    for domain, facts in defined["domeinen"].items():
        names[domain, ""] = facts["naam"]
        for item, rule in facts["posten"].items():
            names[domain, item if item != "rest" else f"rest_{domain}"] = rule["naam"]
    return names


def _sources(rows: pd.DataFrame, by: list[str]) -> dict[tuple[str, ...], str]:
    """Return the sources of some boekingen for each combination of the columns `by`."""
    cells: dict[tuple[str, ...], list[str]] = {}
    for *key, bron in rows[[*by, "bron"]].drop_duplicates().dropna().to_numpy().tolist():
        cells.setdefault(tuple(key), []).append(bron)
    return {key: ";".join(sources.ids(found)) for key, found in cells.items()}


def _estimate(row: Any) -> Estimate:
    return Estimate(row.waarde, row.laag, row.hoog, f"boeken:{row.onderdeel or row.van}")


def kengetallen_of(defined: Mapping[str, Any], getallen: Kengetallen) -> dict[str, Kengetal]:
    """Return every kengetal that a definition names, asked for in its own unit."""
    ids = {RENT: None}
    for facts in defined["domeinen"].values():
        ids |= dict.fromkeys(r["invloed"] for r in facts["posten"].values() if "invloed" in r)
    for plan in defined["modellen"].values():
        for line in plan["regels"]:
            ids |= dict.fromkeys([*line.get("maal", ()), *line.get("door", ())])
            ids |= {line["jaren"]: None} if "jaren" in line else {}
        ids[plan["draait"]] = None
    units = {id: getallen.known[id].eenheid if id in getallen.known else "" for id in ids}
    return {id: getallen.get(id, unit) for id, unit in units.items()}


def _reachable(defined: Mapping[str, Any], values: Values) -> dict[str, np.ndarray]:
    """Return by post what can be influenced of it; unknown where the books have no such post."""
    unknown = np.full(1, np.nan)
    rules = {p: r for facts in defined["domeinen"].values() for p, r in facts["posten"].items()}
    return {
        p: values.get(p, unknown) * values[r["invloed"]] for p, r in rules.items() if "invloed" in r
    }


def _reach(
    defined: Mapping[str, Any], left: pd.DataFrame, both: tuple[Values, Values]
) -> pd.DataFrame:
    """Return what can be influenced, per post and for the domain; nothing of a rest."""
    rows = []
    found = [row for row in left.itertuples() if row.onderdeel]
    for domain, facts in defined["domeinen"].items():
        sums = [np.zeros(1), np.zeros(1)]
        posts = [row for row in found if row.domein == domain]
        for post in posts:
            rule = facts["posten"].get(post.onderdeel, {})
            share = rule.get("invloed")
            if not share:
                continue
            parts = [v[post.onderdeel] * v[share] for v in both]
            sums = [a + b for a, b in zip(sums, parts, strict=True)]
            row = {"onderdeel": post.onderdeel, "naam": post.naam, "van": post.onderdeel}
            row |= {"hoeveelheid": post.waarde, "kengetallen": share, "factor": both[0][share][0]}
            rows.append({"domein": domain, "bron": post.bron, **row, **band(*parts)})
        if len(posts):
            rows.append({"domein": domain, "naam": facts["naam"], **band(*sums)})
    return frame([row | {"soort": REACH, "eenheid": YEARLY} for row in rows])


def _per_household(left: pd.DataFrame, counted: pd.DataFrame) -> pd.DataFrame:
    """Return what leaves by domain for one household."""
    homes = float(counted.loc[counted["van"] == "huishoudens", "waarde"].iloc[0])
    each = 1 / homes if homes > 0 else np.nan
    rows = left[left["onderdeel"] == ""].copy()
    rows = rows.assign(soort=PER_HOUSEHOLD, hoeveelheid=rows["waarde"], factor=each)
    rows[["waarde", "laag", "hoog"]] *= each
    return rows.assign(van=OUTFLOW, eenheid="euro per huishouden per jaar")
