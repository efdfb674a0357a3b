"""What households get and pay that is estimated: from counts, income and kengetallen."""

from typing import Any

import numpy as np

from wijkboek_utils import household_flows, sources
from wijkboek_utils.explain.incomes import Income
from wijkboek_utils.explain.municipal import Flow, Flows
from wijkboek_utils.explain.nodes import (
    EURO,
    FACTOR,
    NUMBER,
    Node,
    filled,
    of,
    total,
    where,
)
from wijkboek_utils.explain.raw import Figures


def flows(f: Figures, income: Income) -> Flows:
    """Return the estimated flows of households, as `household_flows.all_flows`."""
    number = _households(f, income)
    relative = income.booked / (where(f.work(number) > 0, number, np.nan) * income.national)
    relative = relative.named("inkomen naast dat van een gemiddeld huishouden", FACTOR)
    average = _known(f, relative)
    found = counted(f, "huishoudens")
    pension = [flow for flow in found if flow.post == "inkomen:pensioen"]
    for flow in pension:
        more = 1 + f.unit("pensioen_elasticiteit") * (average - 1)
        more = more.at_least(0.0).at_most(household_flows.MOST_PENSION)
        found[flow] = (found[flow] * more.named("pensioen naar inkomen", FACTOR)).named(flow.post)
    found |= _taxes(f, income)
    found |= _spending(f, number, average)
    found |= _saving(f, income, found, relative)
    return found


def booked(found: Flows) -> Flows:
    """Return flows as they stand in the books: to the cent, and none below zero."""
    return {
        flow: node.at_least(0.0).cents().named(node.label or flow.post, EURO)
        for flow, node in found.items()
    }


def counted(f: Figures, soort: str) -> Flows:
    """Return the flows of `geldstromen.csv` of one kind: a count times its kengetallen."""
    table = sources.read_project_table("geldstromen")
    rules: dict[str, list[Any]] = {}
    for rule in table[table["soort"] == soort].itertuples():
        rules.setdefault(str(rule.post), []).append(rule)
    found: Flows = {}
    for post, rows in rules.items():
        rule = next((r for r in rows if f.formula(r.aantal) is not None), None)
        if rule is None:
            continue
        amount = _full(f, rule.aantal)
        for name in rule.kengetallen.split(";"):
            amount = amount * f.unit(name)
        amount = amount.named(post, EURO)
        if not rule.aandeel:
            found[Flow(post, rule.van, rule.naar, rule.domein)] = amount
            continue
        share = f.unit(rule.aandeel)
        parts = {rule.deel_naar: share, rule.naar: 1 - share}
        for naar, part in parts.items():
            found[Flow(post, rule.van, naar, rule.domein)] = (amount * part).named(post, EURO)
    return found


def _full(f: Figures, formula: str) -> Node:
    """Return a count per buurt; where one lacks it, by its inhabitants."""
    count = f.formula(formula)
    assert count is not None
    if not np.isnan(f.work(count)).any():
        return count
    return filled(count, f.people()).named(f"{count.label}, aangevuld", NUMBER)


def _households(f: Figures, income: Income) -> Node:
    """Return the households of each buurt, as `household_flows`."""
    counts = f.column(household_flows.HOUSEHOLDS)
    values = np.nan_to_num(f.work(counts)) if counts else np.zeros(1)
    if counts is None or not values.any():
        found = income.people / f.unit("personen_per_huishouden")
    else:
        found = filled(counts, income.people) if np.isnan(f.work(counts)).any() else counts
    return found.named("huishoudens", NUMBER)


def _known(f: Figures, relative: Node) -> Node:
    """Return relative income, with the average where it is unknown."""
    unknown = np.isnan(f.work(relative))
    return where(unknown, 1.0, relative).named(relative.label) if unknown.any() else relative


def _taxes(f: Figures, income: Income) -> Flows:
    rate, least = f.unit("inkomensheffing_aandeel"), f.unit("inkomensheffing_aandeel_laag")
    floor = f.unit("bijstand_per_persoon")
    mean = (income.national / f.unit("personen_per_huishouden")).named("gemiddeld inkomen", EURO)
    if f.work(mean) > f.work(floor):
        slope = (rate * mean - least * floor) / (mean - floor)
        fixed = (least - rate) * (mean * floor / (mean - floor))
        amount = income.booked * slope.named("belasting per euro inkomen", FACTOR)
        amount = amount + fixed.named("vast bedrag per inwoner", "euro per inwoner") * income.people
    else:
        amount = income.booked * rate
    flow = Flow("belasting:inkomen", "huishoudens", "rijk", "overig")
    return {flow: amount.at_least(0.0).named(flow.post, EURO)}


def _spending(f: Figures, number: Node, average: Node) -> Flows:
    fixed = f.unit("besteding_vast_deel")
    level = (fixed + (1 - fixed) * average).named("bestedingsniveau", FACTOR)
    vat, excise = f.unit("btw_aandeel_besteding"), f.unit("accijns_aandeel_alcohol_tabak")
    groups = household_flows.GROUPS
    low, high = ({g: f.unit(f"besteding_{g}_{end}") for g in groups} for end in ("laag", "boven"))
    mix = _mixture(f, low, high, level)
    found: Flows = {}
    taxed = []
    for group, (domein, near) in groups.items():
        basket = (high[group] + mix * (low[group] - high[group])).at_least(0.0)
        scale = f.unit(f"besteding_schaal_{household_flows.SCALES.get(group, 'overig')}")
        amount = basket.named(f"{group} per huishouden", "euro per huishouden") * scale * number
        amount = amount.named(f"besteding aan {group}", EURO)
        levies = vat + excise if group == "alcohol_tabak" else vat
        taxed.append((amount * levies).named(f"belasting in {group}", EURO))
        share = f.unit(f"aandeel_wijk_{near}") if near else of(0.0)
        places = {"buitenwereld": amount * (1 - levies) * (1 - share)}
        if near:
            places["bedrijven"] = amount * (1 - levies) * share
        for naar, part in places.items():
            flow = Flow(f"besteding:{group}", "huishoudens", naar, domein)
            found[flow] = part.named(flow.post, EURO)
    flow = Flow("belasting:btw", "huishoudens", "rijk", "overig")
    return found | {flow: total(taxed, flow.post)}


def _mixture(f: Figures, low: dict[str, Node], high: dict[str, Node], level: Node) -> Node:
    """Return how much of the basket of low incomes is in that of each buurt."""
    share = f.unit("aandeel_laag_inkomen")
    a, b = (total([*basket.values()], unit="euro per huishouden") for basket in (low, high))
    if f.work(a) == f.work(b):
        return share + 0.0 * level
    average = share * a + (1 - share) * b
    mix = (level * average - b) * (1 / (a - b))
    return mix.named("deel van het mandje van lage inkomens", FACTOR)


def _saving(f: Figures, income: Income, parts: Flows, relative: Node) -> Flows:
    more = [node for flow, node in parts.items() if flow.post.startswith("toeslag:")]
    less = [
        node
        for flow, node in parts.items()
        if flow.post.startswith(("belasting:inkomen", "premie:zorg"))
    ]
    net = income.booked + total(more, "toeslagen") - total(less, "belasting en premie")
    share = f.unit("spaarquote") + f.unit("spaarquote_helling") * (relative - 1)
    share = share.at_least(0.0).at_most(household_flows.MOST_SAVED).named("deel gespaard", FACTOR)
    flow = Flow("sparen:huishoudens", "huishoudens", "vermogen", "overig")
    amount = net.named("inkomen na belasting", EURO) * share
    return {flow: amount.at_least(0.0).named(flow.post, EURO)}
