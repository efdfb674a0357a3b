"""A plan of the chapter of chances in a fold: its sum line by line, and what must be true.

All functions read the table `kansen` (`chances.compute`); none computes a figure that is not in it,
except what is divided among those who pay and those who gain.
"""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

import pandas as pd

from wijkboek_utils import dutch, show, unpaid
from wijkboek_utils.dutch import is_known
from wijkboek_utils.models import chance_plans as plans
from wijkboek_utils.models import chances
from wijkboek_utils.show import Html

Row: TypeAlias = Mapping[str, Any]  # of the table `kansen`, or a kengetal
_HOLE = re.compile(r"{(\w+)}")
_SIGNS = {plans.SAVED: 1, plans.KEPT: 1, plans.COST: -1, plans.LOAN: -1}
_BOUNDED = "Dit plan loopt tegen de grens aan van wat te beïnvloeden is. Groter helpt dan niet."
_LIKELY = 0.6  # from this chance of a gain we call it likely


def verdict(own: pd.DataFrame) -> str:
    """Return what a plan comes to in a year; a loss that may come is said.

    `own` are the rows of the plan.
    """
    return _verdict(own.to_dict("records"))


def _verdict(own: list[Row]) -> str:
    balance, chance = _one(own, plans.BALANCE), _one(own, plans.CHANCE)["waarde"]
    low, high = balance["laag"], balance["hoog"]
    if not is_known(balance["waarde"]):
        return "is niet te berekenen: een cijfer uit de boeken is onbekend"
    if low == high == 0:
        return "is hier niet te maken: er is niets waar het plan mee kan beginnen"
    if _pays_wages(own):
        return _wages(low, high)
    if low >= 0:
        return f"levert naar schatting {between(low, high)} per jaar meer op dan het kost"
    if high <= 0:
        return f"kost naar schatting {between(-high, -low)} per jaar meer dan het oplevert"
    likely = "kan winst geven of verlies"
    if chance >= _LIKELY:
        likely = "levert waarschijnlijk meer op dan het kost, maar zeker is dat niet"
    elif chance <= 1 - _LIKELY:
        likely = "kost waarschijnlijk meer dan het oplevert"
    return f"{likely}: {dutch.result(low, high)} per jaar"


def _pays_wages(own: list[Row]) -> bool:
    """Return whether what a plan keeps here is pay for work: no surplus that pays anything back."""
    return any(row["soort"] == plans.KEPT for row in own)


def _one(own: list[Row], kind: str) -> Row:
    """Return the first row of a kind."""
    return next(row for row in own if row["soort"] == kind)


def _wages(low: float, high: float) -> str:
    """Return what a plan pays to people of the wijk beyond what it costs extra."""
    if low >= 0:
        return f"geeft naar schatting {between(low, high)} per jaar meer loon dan het extra kost"
    if high <= 0:
        return f"kost naar schatting {between(-high, -low)} per jaar meer dan het aan loon geeft"
    told = "geeft misschien minder en misschien meer loon dan het extra kost"
    return f"{told}: {dutch.result(low, high)} per jaar"


def records(table: pd.DataFrame) -> list[Row]:
    """Return the rows of a table; column by column, which for words is many times as fast."""
    names = [*table]
    cells = zip(*(table[name].tolist() for name in names), strict=True)
    return [dict(zip(names, row, strict=True)) for row in cells]


def fold(rows: list[Row], id: str, plan: Mapping[str, Any], known: Mapping[str, Row]) -> Html:
    """Return a plan in a fold: for whom it is, its sum line by line, and what must be true.

    `known` are kengetallen, by id.
    """
    own = [row for row in rows if row["onderdeel"] == id and row["soort"] != chances.OUTFLOW]
    balance = _one(own, plans.BALANCE)
    content = show.text(plan["wie"], f"Dit plan {_verdict(own)}.", *_extra(own))
    content += _sum(own, plan, known)
    content += show.text("Wie betaalt en wie wint, per jaar:") + show.bullets(_parties(own))
    content += show.text("Wat moet dan waar zijn:")
    content += show.bullets([_tipping(own, known), *(_filled(w, known) for w in plan["waar"])])
    if any(row["begrensd"] for row in own):
        content += show.text(_BOUNDED)
    content += show.text(*shared(rows, id))
    return show.fold(f"Plan: {dutch.lower_first(plan['naam'])}, {_balance(balance)}", content)


def _extra(own: list[Row]) -> list[str]:
    """Say of a plan how long until it pays back and how much work it is."""
    told = []
    invested = _one(own, "investering samen")["waarde"]
    years = _one(own, plans.PAYBACK)["waarde"]
    if is_known(invested) and invested and not _pays_wages(own):
        told.append(
            f"Gaat het zo, dan is {_after(years)} terug wat vooraf nodig is, zonder rente."
            if is_known(years)
            else "Wat vooraf nodig is, komt niet terug voordat het versleten is."
        )
    for kind, words in ((plans.HOURS, "betaald"), (plans.VOLUNTEER, "onbetaald")):
        for row in own:
            if row["soort"] == kind and is_known(row["waarde"]):
                jobs = _jobs(*(row[end] / unpaid.FULL_TIME for end in ("laag", "hoog")))
                told.append(f"Het is {words} werk voor {jobs} met een volle werkweek.")
    return told


def _balance(row: Row) -> str:
    if not is_known(row["laag"]):
        return "uitkomst onbekend"
    return f"{dutch.result(row['laag'], row['hoog'])} per jaar"


def _after(years: float) -> str:
    return "binnen een jaar" if years < 1 else f"na ongeveer {dutch.number(years)} jaar"


def _jobs(low: float, high: float) -> str:
    """Return a range of people in whole numbers: nobody is a tenth of a person."""
    if dutch.number(high) == "0":
        return "minder dan één mens"
    first, last = dutch.number(low), dutch.number(high)
    if first == "0":
        return f"hoogstens {dutch.plural(high, 'mens', 'mensen')}"
    return dutch.plural(high, "mens", "mensen") if first == last else f"{first} tot {last} mensen"


def _sum(own: list[Row], plan: Mapping[str, Any], known: Mapping[str, Row]) -> Html:
    """Return the sum of a plan, line by line."""
    asked = {row["regel"]: row for row in own if row["regel"]}
    lines = []
    for row in asked.values():
        made = f"{row['naam']} = {_done(row, asked, known)}"
        lines.append((_with_range(made, row), _exact(row)))
    totals = {"investering samen": "Vooraf nodig", plans.GAINED: "Levert op per jaar"}
    totals |= {plans.SPENT: "Kost per jaar", plans.BALANCE: "Blijft over per jaar"}
    for kind, name in totals.items():
        row = _one(own, kind)
        if row["hoog"] == 0:  # nothing is asked beforehand
            continue
        lines.append((_with_range(name, row), dutch.euro(row["waarde"])))
    columns = ["Regel, met het bereik", "Uitkomst"]
    return show.table(
        pd.DataFrame(lines, columns=columns),
        f"De som van «{plan['naam']}»",
        {"Uitkomst": str},
        note="De uitkomst staat er helemaal, zodat u haar kunt narekenen. Zo precies weten wij het "
        "niet: in negen van de tien gevallen valt zij in het bereik tussen haken.",
        totals=tuple(told for told, _ in lines if " = " not in told),
    )


def _with_range(words: str, row: Row) -> str:
    """Return a line with its range behind it: a column of its own would not fit on a phone."""
    return f"{words} [{span(row)}]"


def _done(row: Row, asked: Mapping[str, Row], known: Mapping[str, Row]) -> str:
    """Return how a line was made: `8.146 woningen × 25 procent`."""
    words = [_quantity(row, asked)] if row["van"] != plans.ONE else []
    if row["soort"] == plans.LOAN:
        rate, years = (known[id] for id in row["kengetallen"].split(";"))
        return (
            f"{words[0]}, geleend tegen {dutch.percent(rate['waarde'], 1)} en afgelost in "
            f"{dutch.number(years['waarde'])} jaar: maal {_full(row['factor'], 6)}"
        )
    words += [_value(known[id]) for id in row["kengetallen"].split(";") if id]
    told = " × ".join(words)
    for id in filter(None, row["gedeeld"].split(";")):
        told += f" ÷ {_value(known[id])}"
    return told + (", tot wat te beïnvloeden is" if row["begrensd"] else "")


def _quantity(row: Row, asked: Mapping[str, Row]) -> str:
    if row["van"] in asked:
        name, unit = (asked[row["van"]][fact] for fact in ("naam", "eenheid"))
    else:  # a count or a post of the books
        defined = chances.definitions()
        posts = {p: r for d in defined["domeinen"].values() for p, r in d["posten"].items()}
        rule = {**posts, **defined["tellingen"]}[row["van"]]
        name, unit = rule["naam"], rule.get("eenheid", plans.YEARLY)
    value = dutch.euro if unit.startswith("euro") else _full
    return f"{value(row['hoeveelheid'])} ({dutch.lower_first(name)})"


def _plain(value: float) -> str:
    return dutch.number(value, 0 if abs(value) >= 100 else 1)


def _full(value: float, digits: int = 4) -> str:
    """Return a number with the decimals that somebody needs who does the sum again."""
    return dutch.number(value, digits).rstrip("0").rstrip(",") if is_known(value) else dutch.UNKNOWN


def _exact(row: Row) -> str:
    if row["eenheid"].startswith("euro"):
        return dutch.euro(row["waarde"])
    unit, *_ = row["eenheid"].split(" per ")
    value = _full if row["soort"] == plans.QUANTITY else _plain
    return f"{value(row['waarde'])} {dutch.many(unit)}" if is_known(row["waarde"]) else "onbekend"


def _value(known: Row, figure: float | None = None) -> str:
    """Return a kengetal, or another figure in its unit, as a reader expects it."""
    value = known["waarde"] if figure is None else figure
    unit = str(known["eenheid"])
    if unit == plans.SHARE:
        return dutch.percent(value, 0 if value >= 0.1 or not value else 1)
    digits = 0 if abs(value) >= 100 or value == int(value) else 2
    if unit.startswith("euro") and figure is not None and abs(figure) >= 1000:
        return dutch.about(figure) + unit.removeprefix("euro")  # what we work out is no price
    if unit.startswith("euro"):
        return f"€{dutch.NBSP}{dutch.number(value, digits)}{unit.removeprefix('euro')}"
    if figure is not None and abs(figure) >= 1:
        digits = 0  # what we work out is no count
    counted, *per = unit.split(" per ")
    counted = counted if dutch.is_one(value) else dutch.many(counted)
    return f"{dutch.number(value, digits)} {' per '.join([counted, *per])}"


def _filled(words: str, known: Mapping[str, Row]) -> str:
    """Return an assumption with the value of its kengetal and its range in place of the hole."""

    def value(found: re.Match[str]) -> str:
        one = known[found[1]]
        if one["eenheid"] == plans.SHARE:
            return f"{_value(one)} ({dutch.percents(one['laag'], one['hoog'])})"
        ends = [dutch.number(one[e], 0 if one["hoog"] >= 10 else 2) for e in ("laag", "hoog")]
        return f"{_value(one)} ({' tot '.join(ends)})"

    return _HOLE.sub(value, words)


def _tipping(own: list[Row], known: Mapping[str, Row]) -> str:
    """Say at which value of one kengetal a plan just pays."""
    row = _one(own, plans.BREAK)
    turns = known[row["kengetallen"]]
    name = dutch.lower_first(turns["naam"])
    counted = f"Wij rekenen met {_value(turns)}."
    if not is_known(_one(own, plans.BALANCE)["waarde"]):
        return f"Het breekpunt is onbekend. {counted}"
    if not is_known(row["waarde"]):
        return f"Bij geen enkele waarde van «{name}» komt het plan uit. {counted}"
    side = "minstens" if row["factor"] > 0 else "hoogstens"
    point = _value(turns, row["waarde"])
    return f"Het plan komt net uit als «{name}» {side} {point} is. {counted}"


def _parties(own: list[Row]) -> list[str]:
    """Return what each party pays or gains in a year."""
    each: dict[str, float] = {}
    for row in own:
        if sign := _SIGNS.get(row["soort"]):
            each[row["wie"]] = each.get(row["wie"], 0.0) + sign * row["waarde"]
    told = []
    for name, amount in each.items():
        words = f"{dutch.about(abs(amount))} {'voordeel' if amount > 0 else 'kosten'}"
        words = words if not is_known(amount) or abs(amount) >= 1 else "betaalt niets en wint niets"
        told.append(f"{name.capitalize()}: {words if is_known(amount) else 'onbekend'}.")
    return told


def shared(rows: list[Row], id: str) -> list[str]:
    """Say with which other plans a plan counts the same money: they do not add up."""
    touched = [(row["onderdeel"], row["domein"], row["raakt"]) for row in rows if row["raakt"]]
    defined = chances.definitions()
    told = []
    for plan, domein, raakt in touched:
        if plan != id:
            continue
        home = next(d for d in defined["domeinen"].values() if raakt in d["posten"])
        post = home["posten"][raakt]["naam"]
        others = dict.fromkeys(o for o, _, same in touched if same == raakt and o != id)
        names = [f"«{defined['modellen'][o]['naam']}»" for o in others]
        if home is not defined["domeinen"][domein]:
            told.append(f"Dit geld staat in de boeken bij {dutch.lower_first(home['naam'])}.")
        if names:
            told.append(
                f"Dit plan en {dutch.join(names)} raken hetzelfde geld: {dutch.lower_first(post)}. "
                "Tel ze niet bij elkaar op."
            )
    return told


def range_of(row: Row) -> str:
    """Return the range of a row in euros, for in a sentence."""
    return between(row["laag"], row["hoog"])


def span(row: Row) -> str:
    """Return the range of a row, in euros or in its unit, for in a table."""
    if not is_known(row["laag"]):
        return dutch.UNKNOWN
    value = dutch.about if str(row["eenheid"]).startswith("euro") else _plain
    first, last = value(row["laag"]), value(row["hoog"])
    return last if first == last else f"{first} tot {last}"


def between(low: float | None, high: float | None) -> str:
    """Return two ends that may lie far apart, each to its own two digits."""
    if not is_known(low) or not is_known(high):
        return dutch.UNKNOWN
    first, last = dutch.about(low), dutch.about(high)
    return f"ongeveer {last}" if first == last else f"tussen {first} en {last}"
