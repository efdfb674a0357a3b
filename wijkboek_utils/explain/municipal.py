"""The money of a gemeente: from the filed account, by overhead and keys, to each buurt."""

from collections import defaultdict
from typing import NamedTuple

import numpy as np
import pandas as pd

from wijkboek_utils import allocate, iv3, keys, sources
from wijkboek_utils.explain.nodes import (
    EURO,
    SHARE,
    Node,
    filled,
    of,
    piece,
    share,
    spread,
    total,
    where,
)
from wijkboek_utils.explain.raw import Figures

_OWNERS = {
    "huishoudens": "Koopwoningen",
    "instellingen": "InBezitWoningcorporatie",
    "buitenwereld": "InBezitOverigeVerhuurders",
}


class Flow(NamedTuple):
    """Which boekingen: all of one post between two sectors, for one domein.

    `rest` is what belongs to the gemeente as a whole and to none of its buurten.
    """

    post: str
    van: str
    naar: str
    domein: str
    rest: bool = False


class Amount(NamedTuple):
    """An amount of the account: what `allocate.amounts` has in a row."""

    taakveld: str
    kant: str
    domein: str
    sleutel: str
    cluster: str
    van: str
    naar: str
    euro: Node


Flows = dict[Flow, Node]


def flows(f: Figures) -> Flows:
    """Return the derivation of all municipal boekingen: per buurt, or one number for the rest."""
    found: dict[Flow, list[Node]] = defaultdict(list)
    every = [one for one in amounts(f) if f.work(one.euro) != 0]
    used = keys_of(f, every)
    shares: dict[str, Node] = {}
    for one, sleutel in zip(every, used, strict=True):
        post = f"iv3:{one.taakveld}:{one.kant}"
        sign = f.work(one.euro) < 0
        rest = sleutel == keys.NO_KEY
        if rest:
            value = (one.euro * -1.0 if sign else one.euro).cents().named(post, EURO)
        else:
            if sleutel not in shares:
                shares[sleutel] = key(f, sleutel)
            value = spread(one.euro, shares[sleutel]).named(post)
        payers = {one.van: value}
        if one.van == "eigenaren" and rest:
            payers = {"buitenwereld": value}
        elif one.van == "eigenaren":
            parts = owners(f)
            payers = {
                who: piece(value, [*parts.values()], n).named(f"{post}, deel van {who}")
                for n, who in enumerate(parts)
            }
        for payer, amount in payers.items():
            # A published amount below zero goes the other way.
            van, naar = (one.naar, payer) if sign else (payer, one.naar)
            found[Flow(post, van, naar, one.domein, rest)].append(amount)
    return {
        flow: total(nodes, flow.post) if nodes[1:] else nodes[0] for flow, nodes in found.items()
    }


def amounts(f: Figures) -> list[Amount]:
    """Return the amounts of the account, as `allocate.amounts`."""
    rules = sources.read_project_table("taakvelden").set_index("taakveld")
    filed = iv3.read(f.gemeente, f.jaar).set_index("taakveld")
    found = []
    for taakveld in filed.index:
        if taakveld == allocate.OVERHEAD:
            continue
        rule = rules.loc[taakveld]
        kind = (rule["domein"], rule["sleutel"], rule["cluster"])
        lasten = f.filed(taakveld, "lasten")
        if rule["ontvanger"] == "huishoudens" and not np.isnan(filed["salarissen"][taakveld]):
            wages = f.filed(taakveld, "salarissen").at_least(0.0)
            wages = Node("hoogstens", (wages, lasten.at_least(0.0)), "salarissen", EURO)
            paid = (taakveld, "lasten", *kind, "gemeente", "buitenwereld", wages)
            found.append(Amount(*paid))
            lasten = (lasten - wages).named("uitgaven zonder salarissen", EURO)
        lasten = lasten if lasten.label else lasten.named("uitgaven", EURO)
        baten = f.filed(taakveld, "baten").named("inkomsten", EURO)
        found.append(Amount(taakveld, "lasten", *kind, "gemeente", rule["ontvanger"], lasten))
        found.append(Amount(taakveld, "baten", *kind, rule["betaler"], "gemeente", baten))
    return found + (_overhead(f, filed, rules) if allocate.OVERHEAD in filed.index else [])


def _overhead(f: Figures, filed: pd.DataFrame, rules: pd.DataFrame) -> list[Amount]:
    """Return overhead as amounts of the taakvelden that it supports."""
    others = filed.drop([allocate.OVERHEAD, *allocate.RESERVES], errors="ignore")
    side = "salarissen" if others["salarissen"].clip(lower=0).sum() > 0 else "lasten"
    kinds: dict[tuple[str, str, str], list[Node]] = defaultdict(list)
    for taakveld in others.index[others[side] > 0]:
        rule = rules.loc[taakveld, ["domein", "sleutel", "cluster"]]
        kinds[tuple(rule)].append(f.filed(taakveld, side))
    if not kinds:
        rule = rules.loc[allocate.OVERHEAD]
        kinds[rule["domein"], keys.NO_KEY, rule["cluster"]].append(of(1.0))
    names = sorted(kinds)
    basis = [total(kinds[kind], f"{side} van de taken", EURO) for kind in names]
    whole = total(basis, f"{side} van alle taken", EURO)
    parts = [(one / whole).named(f"deel van de {side}", SHARE) for one in basis]
    found = []
    for kant, van, naar in (
        ("lasten", "gemeente", "buitenwereld"),
        ("baten", "buitenwereld", "gemeente"),
    ):
        euro = f.filed(allocate.OVERHEAD, kant).named(f"overhead, {kant}", EURO)
        sign = -1.0 if f.work(euro) < 0 else 1.0
        for place, kind in enumerate(names):
            part = piece(euro, parts, place).named(f"overhead voor {kind[0]}")
            amount = part * sign if sign < 0 else part
            found.append(Amount(allocate.OVERHEAD, kant, *kind, van, naar, amount))
    return found


def keys_of(f: Figures, every: list[Amount]) -> list[str]:
    """Return the key that each amount gets in the set of the report."""
    table = pd.DataFrame([one[:-1] for one in every], columns=Amount._fields[:-1])
    return allocate.key_of_set(table, f.sleutelset, f.sleutels).tolist()


def key(f: Figures, sleutel: str) -> Node:
    """Return the share of each buurt under a verdeelsleutel."""
    row = f.sleutels.table.loc[sleutel]
    name = f"sleutel «{row['naam']}»"
    if row["formule"]:
        counted = f.formula(row["formule"])
        assert counted is not None
        if np.isnan(f.work(counted)).any():
            counted = filled(counted, f.people()).named(f"{counted.label}, aangevuld")
        return share(counted, name)
    mixture = [part.split(":") for part in row["mengsel"].split(";")]
    parts = [key(f, part) * float(weight) for part, weight in mixture]
    return total(parts, name, SHARE)


def owners(f: Figures) -> dict[str, Node]:
    """Return per buurt the part of its dwellings that each kind of owner has."""
    buurten = {who: f.column(topic) for who, topic in _OWNERS.items()}
    whole = {who: f.of_area(topic, f.gemeente) or of(np.nan) for who, topic in _OWNERS.items()}
    nothing = np.full(len(f.buurten), np.nan)
    known = {w: nothing if n is None else f.work(n) for w, n in buurten.items()}
    lacking = np.zeros(len(f.buurten), dtype=bool)
    for who in _OWNERS:
        lacking |= np.isnan(known[who]) & ~np.isnan(f.work(whole[who]))
    # All percentages of one buurt or none: a mixture does not add up to 100.
    percent = {
        who: where(lacking, whole[who], of(np.nan) if node is None else node).known()
        for who, node in buurten.items()
    }
    missing = (100 - total([*percent.values()])).at_least(0.0)
    percent["buitenwereld"] = percent["buitenwereld"] + missing
    every = total([*percent.values()])
    return {who: (one / every).named(f"woningen van {who}", SHARE) for who, one in percent.items()}
