"""Green and trees in the report: what is there, and what a tree does, in words and tables."""

from typing import Any

import numpy as np
import pandas as pd

from wijkboek_utils import dutch, show, sources, views
from wijkboek_utils.area_flows import Flows
from wijkboek_utils.dutch import is_known, number
from wijkboek_utils.show import Html

NORM = 75  # m2 of green per dwelling: guidance of the Nota Ruimte (2004), never a law
POST = "iv3:5.7:lasten"  # openbaar groen en (openlucht)recreatie
_EFFECTS = ["werking", "baten", "onderhoud"]
_NOT_COUNTED = "nog niet geteld"


def spending(flows: Flows, found: pd.DataFrame) -> pd.Series:
    """Return what the gemeente spends on green: `bedrag`, `se`, `per_inwoner`, `per_hectare`, EUR.

    From the grootboek, taakveld 5.7 with recreation; `found` as `green.totals`. `sleutels` are the
    keys that spread it. It is shown beside the stock: nothing is added to it.
    """
    total = views.spent_on(flows, POST)
    keys = flows.gemeenten.loc[flows.gemeenten["post"] == POST, "sleutel"]
    amount, se = (total[c].sum(min_count=1) for c in ("bedrag", "se"))
    people, land = _whole(found, "Inwoners"), _whole(found, "Land")
    return pd.Series(
        {
            "bedrag": amount,
            "se": se,
            "per_inwoner": amount / people if people >= views.FEW else np.nan,
            "per_hectare": amount / land if land > 0 else np.nan,
            "sleutels": ";".join(sources.ids(keys)),
        }
    )


def _whole(found: pd.DataFrame, naam: str) -> float:
    """Return how much there is of something that is known in every buurt; else missing."""
    row = found[(found["naam"] == naam) & (found["onbekend"] == 0)]
    return float(row["hoeveelheid"].sum(min_count=1))


def sentence(found: pd.DataFrame, spent: pd.Series, naam: str) -> str:
    """Say what is there of green, what is not known, and what the gemeente spends on it."""
    people, land, water = (_whole(found, name) for name in ("Inwoners", "Land", "Water"))
    text = []
    if land > 0:
        also = f" en {number(water)} hectare water" if water > 0 else ""
        text.append(f"{naam} heeft {number(land)} hectare land{also}.")
        if people >= views.FEW:
            each = _round(land * 10_000 / people)
            text.append(
                f"Dat is {each} vierkante meter land per inwoner, straten en gebouwen meegeteld."
            )
    text.append("Hoeveel daarvan groen is, is nog niet gemeten." if land > 0 else "")
    text += [_trees_sentence(found, naam), _norm_sentence(found), _spending_sentence(spent, naam)]
    return " ".join(part for part in text if part)


def _trees_sentence(found: pd.DataFrame, naam: str) -> str:
    rows = found[(found["soort"] == "bomen") & (found["hoeveelheid"] > 0)]
    if rows.empty:
        return f"Hoeveel bomen er in {naam} staan, is nog niet geteld."
    parts = [f"{r.naam.lower()} ({number(r.hoeveelheid)})" for r in rows.itertuples()]
    others = (found["soort"] == "bomen") & (found["onbekend"] > 0)
    rest = " Andere bomen zijn nog niet geteld." if others.any() else ""
    return f"Ter plaatse geteld zijn {dutch.join(parts)}.{rest}"


def _norm_sentence(found: pd.DataFrame) -> str:
    """Compare with the norm: what it would ask here, which says nothing of what is there."""
    homes, land = _whole(found, "Woningen"), _whole(found, "Land")
    if not (homes > 0 and land > 0):
        return ""
    se = found.loc[found["naam"] == "Woningen", "se"].iloc[0]
    asked, share = ([n * NORM / 10_000 * k for n in (homes, se)] for k in (1, 100 / land))
    return (
        f"Een richtgetal van het Rijk (2004) is {NORM} vierkante meter groen per woning. Hier zou "
        f"dat ongeveer {likely(*asked)} hectare zijn: {likely(*share)} procent van het land. "
        "Dat is een vergelijking: het zegt niet hoeveel groen er is."
    )


def _spending_sentence(spent: pd.Series, naam: str) -> str:
    if not (is_known(spent["bedrag"]) and spent["bedrag"] > 0):
        return ""
    error = spent["se"] / spent["bedrag"]
    rates = [("per_inwoner", "per inwoner"), ("per_hectare", "per hectare land")]
    each = [
        f"{dutch.about(spent[k], error * spent[k])} {words}"
        for k, words in rates
        if is_known(spent[k])
    ]
    text = (
        f"De gemeente geeft voor {naam} {dutch.interval(spent['bedrag'], spent['se'])} per jaar "
        "uit aan groen en recreatie."
    )
    text += f" Naar schatting is dat {dutch.join(each)}." if each else ""
    if spent["sleutels"] == "land":
        text += " Wij verdeelden het naar land: per hectare is het overal in de gemeente gelijk."
    return text


def likely(value: float, se: float) -> str:
    """Return a number, or its 90 % interval where the error shows."""
    margin = dutch.Z90 * se
    low, high = _round(max(value - margin, 0)), _round(value + margin)
    return number(value) if margin < 0.05 * value or low == high else f"{low} tot {high}"


def effects(found: pd.DataFrame, kengetallen: pd.DataFrame, naam: str) -> Html:
    """Return what a tree does and costs, and all counted trees; `kengetallen` as `used`.

    Ranges only. Nothing is added up: the values count different things, and overlap.
    """
    units = kengetallen.set_index("id")
    rules = sources.read_project_table("groen")
    rules = rules[rules["soort"].isin(_EFFECTS) & rules["kengetal"].isin(units.index)]
    amounts = found.dropna(subset="kengetal").set_index("kengetal").reindex(rules["kengetal"])
    rows = list(zip(rules.itertuples(), amounts.itertuples(), strict=True))
    frame = pd.DataFrame(
        {
            "Wat een boom doet of kost": rules["naam"],
            "Eén boom": [_one_tree(units.loc[rule.kengetal]) for rule, _ in rows],
            "Alle getelde bomen": [
                _all_trees(row, units.loc[rule.kengetal]) if rule.aantal else "niet op te tellen"
                for rule, row in rows
            ],
        }
    )
    return show.table(
        frame,
        f"Wat bomen doen en kosten in {naam}",
        {"Eén boom": str, "Alle getelde bomen": str},
        note=_explained(units),
    )


def _one_tree(unit: pd.Series) -> str:
    """Return the range of a kengetal in words."""
    if unit["eenheid"].startswith("euro"):
        yearly = " per jaar" if unit["eenheid"].endswith("per jaar") else ""
        return _euros(unit["laag"], unit["hoog"]) + yearly
    words = unit["eenheid"].replace(" per boom", "")
    return f"{number(unit['laag'])} tot {number(unit['hoog'])} {words}"


def _all_trees(row: Any, unit: pd.Series) -> str:
    """Return what all counted trees do together, within the bounds of one tree."""
    if not is_known(row.hoeveelheid):
        return _NOT_COUNTED
    if is_known(row.laag):
        return f"{_euros(row.laag, row.hoog)} per jaar"
    low, high = (row.hoeveelheid * unit[side] / unit["waarde"] for side in ("laag", "hoog"))
    return f"{_round(low)} tot {_round(high)} {row.eenheid}"


def _euros(low: float, high: float) -> str:
    """Return a range in EUR. Its ends lie so far apart that each is rounded on its own."""
    return f"€{dutch.NBSP}{_round(low)} tot €{dutch.NBSP}{_round(high)}"


def _explained(units: pd.DataFrame) -> str:
    """Say why the values lie so far apart, and what may not be done with them."""
    text = ["Getallen per boom komen uit andere steden; jonge bomen doen minder dan oude."]
    ids = ["boom_baten_smal", "boom_baten_breed"]
    if units.index.isin(ids).sum() == len(ids):
        narrow, wide = units.loc[ids, "waarde"]
        text.append(
            f"De tweede waarde is ongeveer {number(wide / narrow)} keer de eerste: zij telt ook "
            "huizenprijzen en energie mee. Die prijzen zitten al in de WOZ-waarde."
        )
    text.append(
        "Tel de bedragen niet op: zij overlappen. Onderhoud zit al in de uitgaven van de gemeente. "
        "Niets hiervan telt mee in de rekening."
    )
    return " ".join(text)


def _round(value: float) -> str:
    """Return a number to two digits: no more is known."""
    unit = dutch.rounding_unit(value, None)
    return number(round(value / unit) * unit)
