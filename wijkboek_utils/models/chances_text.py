"""The chances of a wijk in words: the outcome, a picture, and a section for each domain.

All functions read the table `kansen` (`chances.compute`); none computes a figure that is not in it.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from wijkboek_utils import charts, dutch, passports, show, sources
from wijkboek_utils.charts import Bar
from wijkboek_utils.dutch import is_known
from wijkboek_utils.models import chance_plans as plans
from wijkboek_utils.models import chances
from wijkboek_utils.models.chance_plan_text import Row, fold, range_of, records, span, verdict
from wijkboek_utils.passports import Passport
from wijkboek_utils.show import Html

_WIJK = (2_000, 50_000)  # inhabitants between which an area is about as large as a wijk


def opening(rows: pd.DataFrame, naam: str) -> Html:
    """Say which plan promises most, with its range, and how many may cost money.

    Wages are no saving: where they come first, the largest saving follows.
    """
    balances = of(rows, plans.BALANCE).dropna(subset="waarde").sort_values("waarde")
    balances = balances[balances[["laag", "hoog"]].ne(0).any(axis=1)]  # there is something to do
    if balances.empty:
        return show.text(f"Voor {naam} is te weinig bekend om een plan door te rekenen.")
    best = balances.iloc[-1]
    loss = int((balances["laag"] < 0).sum())
    lead = f"De grootste kans die wij zien, is {_promise(rows, best['onderdeel'])}"
    saving = balances[~balances["onderdeel"].isin(of(rows, plans.KEPT)["onderdeel"])]
    if best["waarde"] <= 0:
        lead = f"Geen plan komt hier uit. Het dichtst erbij is {_promise(rows, best['onderdeel'])}"
    elif best.name not in saving.index:
        lead += " Het is loon voor mensen uit de wijk: zij werken ervoor."
        if (saving["waarde"] > 0).any():
            lead += f" Het meest bespaart {_promise(rows, saving.iloc[-1]['onderdeel'])}"
    else:
        lead += " Dat is geld dat niet meer wordt uitgegeven."
    return show.text(
        lead,
        f"Wij rekenden {len(balances)} plannen door. Bij {loss} daarvan kan het ook geld kosten. "
        "De bereiken zijn breed, want veel hangt af van hoeveel mensen meedoen.",
        _size(rows),
    )


def _size(rows: pd.DataFrame) -> str:
    """Say where the fixed costs of the plans do not fit: they are those of a wijk."""
    people = float(of(rows, chances.COUNT).set_index("van")["waarde"].get("inwoners", float("nan")))
    told = "De vaste kosten van een plan horen bij een wijk van 5.000 tot 20.000 mensen. "
    if people < _WIJK[0]:
        return told + "Hier wonen er veel minder: voor zo weinig mensen zijn die kosten te hoog."
    if people > _WIJK[1]:
        return told + "Hier wonen er veel meer: dan vallen die kosten hoger uit dan hier staat."
    return ""


def _promise(rows: pd.DataFrame, id: str) -> str:
    """Return the name of a plan with what it comes to."""
    name = chances.definitions()["modellen"][id]["naam"]
    words = verdict(rows[rows["onderdeel"] == id])
    return f"«{name}». Dat {words}."


def picture(rows: pd.DataFrame, naam: str, jaar: int) -> Html:
    """Return the picture of what leaves by domain and what of it can be influenced."""
    title = "Wat er weggaat, en wat mensen kunnen beïnvloeden"
    left, reach = (_whole(rows, kind) for kind in (chances.OUTFLOW, chances.REACH))
    each = _whole(rows, chances.PER_HOUSEHOLD)
    bars, lines = [], []
    for domain, out in left.sort_values("waarde", ascending=False).iterrows():
        part = reach.loc[domain]
        bars.append(_bar("Gaat weg", out, out["naam"], "1"))
        bars.append(_bar("Te beïnvloeden", part, out["naam"], "3"))
        lines.append(
            {
                "Domein": out["naam"],
                "Gaat weg": span(out),
                "Per huishouden": span(each.loc[domain]),
                "Te beïnvloeden": span(part),
            }
        )
    domains = chances.definitions()["domeinen"]
    unknown = [facts["naam"] for name, facts in domains.items() if name not in left.index]
    note = f"Onbekend: {dutch.join(unknown)}." if unknown else ""
    caption = f"Geld dat {naam} uit gaat, in euro per jaar, {jaar}"
    right: dict[str, show.Format] = {name: str for name in [*lines[0]][1:]} if lines else {}
    twin = show.table(pd.DataFrame(lines), caption, right, note=note)
    what = "Per domein: wat de wijk uit gaat, en wat mensen daarvan samen kunnen beïnvloeden."
    return show.figure(title, what, charts.bars(bars, title, what), twin, shape="narrow")


def _bar(name: str, row: pd.Series, group: str, tone: str) -> Bar:
    amount, low, high = (row[c] if is_known(row[c]) else None for c in ("waarde", "laag", "hoog"))
    return Bar(name, dutch.about(amount, _se(row)), amount, low, high, group, tone)


def domain(rows: pd.DataFrame, units: pd.DataFrame, domein: str, naam: str, jaar: int) -> Html:
    """Return the section of a domain: its money, its posts and its plans, each in a fold.

    `units` as `Kengetallen.used`.
    """
    defined = chances.definitions()
    all_, known = records(rows), {row["id"]: row for row in records(units)}
    here = [row for row in all_ if row["domein"] == domein]
    facts = defined["domeinen"][domein]
    if not any(row["soort"] == chances.OUTFLOW for row in here):
        return show.text(f"Hierover staat niets in de boeken van {naam}. Het is dus onbekend.")
    parts = show.text(_lead(here, facts)) + _posts(here, facts, naam, jaar)
    for id, plan in defined["modellen"].items():
        if plan["domein"] == domein:
            parts += fold(all_, id, plan, known)
    return parts


def _lead(here: list[Row], facts: Mapping[str, Any]) -> str:
    whole = [row for row in here if not row["onderdeel"]]
    left, reach, each = (
        next(row for row in whole if row["soort"] == kind)
        for kind in (chances.OUTFLOW, chances.REACH, chances.PER_HOUSEHOLD)
    )
    told = (
        f"Aan {dutch.lower_first(facts['naam'])} gaat {range_of(left)} per jaar de wijk uit. Per "
        f"huishouden is dat {range_of(each)}. "
    )
    if not is_known(reach["waarde"]) or not reach["hoog"]:
        return told + "Wat mensen daarvan kunnen beïnvloeden, is onbekend."
    return told + f"Mensen kunnen daarvan {range_of(reach)} samen beïnvloeden."


def _posts(here: list[Row], facts: Mapping[str, Any], naam: str, jaar: int) -> Html:
    """Return the posts of a domain: what leaves, which share can be influenced, and why."""
    posts = [row for row in here if row["onderdeel"]]
    reach = {row["onderdeel"]: row for row in posts if row["soort"] == chances.REACH}
    lines, reasons = [], []
    for row in posts:
        if row["soort"] != chances.OUTFLOW:
            continue
        rule = facts["posten"].get(row["onderdeel"], facts["posten"]["rest"])
        told, share = "niets gerekend", ""
        if part := reach.get(row["onderdeel"]):
            told, share = span(part), f", {dutch.percent(part['factor'])}"
        lines.append((row["naam"], span(row), told))
        reasons.append(f"{row['naam']}{share}: {dutch.lower_first(rule['grond'])}")
    columns = ["Post", "Gaat weg", "Te beïnvloeden"]
    table = show.table(
        pd.DataFrame(lines, columns=columns),
        f"{facts['naam']}: wat {naam} uit gaat, per jaar, {jaar}",
        {"Gaat weg": str, "Te beïnvloeden": str},
    )
    table += show.text("Waarom dit deel?") + show.bullets(reasons)
    table += show.text(facts.get("niet", ""))
    return show.fold(f"{facts['naam']} per post", table)


def _whole(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the rows of domains as a whole, by domain."""
    found = rows[(rows["soort"] == kind) & (rows["onderdeel"] == "")]
    return found.set_index("domein")


def of(rows: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Return the rows of one kind."""
    return rows[rows["soort"] == kind]


def _se(row: pd.Series) -> float:
    return float((row["hoog"] - row["laag"]) / (2 * dutch.Z90))


def passport(rows: pd.DataFrame, units: pd.DataFrame, domein: str) -> Passport:
    """Return the passport of all figures of a domain; of `""`, of what leaves by every domain."""
    here = rows[(rows["domein"] == domein) | (rows["domein"] == "")] if domein else rows
    here = here if domein else here[here["soort"].isin([chances.OUTFLOW, chances.REACH])]
    used = {id for c in ("kengetallen", "gedeeld") for cell in here[c] for id in cell.split(";")}
    defined = chances.definitions()["domeinen"]
    name = defined[domein]["naam"] if domein else "Wat er weggaat"
    made = "Som van boekingen, maal wat te beïnvloeden is"
    made += "; plannen zijn hoeveelheid maal kengetallen" if domein else ""
    known = units[units["id"].isin(used)]
    return passports.of_model(f"Kansen: {name}", made, known, sources.ids(here["bron"]))
